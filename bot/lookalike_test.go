package bot

import "testing"

// Names that look the same are the same at the door, whichever alphabet they come from; others are not.
func TestAlike(t *testing.T) {
	t.Parallel()
	for _, same := range [][2]string{
		{"Hans Meier", "Ηans Μeier"},                 // Greek capitals
		{"Nina", "Νina"},                             // and one whose small letter looks like another
		{"Anna", "Аnnа"},                             // Cyrillic
		{"Gisela", "ɡiseӏa"},                         // of other languages
		{"Anna", "𝗔𝘯𝓃𝐚"},                             // of mathematics
		{"Anna", "Ａｎｎａ"},                             // wide
		{"Anna", "ᴀɴɴᴀ"},                             // small capitals
		{"Andreas Schmidt", "Andreás  Schmıdt"},      // with marks
		{"Zoë", "Zoe\u0308"},                         // or marks of their own
		{"Bernd Werner", "Bemd Wemer"},               // two that look like one
		{"Lotte Jäger", "l0tte-Jaeger"},              // spelled otherwise
		{"@anna:example.org", "(anna, exampIe.org)"}, // an account
	} {
		if !alike(same[0], same[1]) {
			t.Errorf("%q and %q are %q and %q", same[0], same[1], outline(same[0]), outline(same[1]))
		}
	}
	for _, other := range [][2]string{{"Anna", "Anne"}, {"Anna", "Anna Meier"}, {"", ""}, {"Иван", "Олег"}, {"🙂", "🙃"}} {
		if alike(other[0], other[1]) {
			t.Errorf("%q and %q are %q", other[0], other[1], outline(other[0]))
		}
	}
}
