package bot

import "testing"

// Whoever is elected says in the group whether they accept; the result says so from then on.
func TestTheElectedAccept(t *testing.T) {
	w := newWorld(t, "en")
	w.says("anna", "I accept")
	w.silent()
	w.says("chair", "!election Board? Anna Maurer | Bernd | Ott --choose 3 --seats 3")
	w.says("chair", "start")
	for _, name := range people {
		w.tells(name, "1, 2, 3")
	}
	w.says("chair", "!close")
	w.expect(`Anna Maurer, Bernd, Ott: do you accept the election\? Please each write here I accept or I decline\.`, "group")
	for _, talk := range []string{"I accept that", "yes", "I accept the blame", "Do I accept the election?", "Ich nehme an, dass wir fertig sind"} {
		w.says("anna", talk)
	}
	w.says("clara", "I accept") // was not elected
	w.silent()
	w.says("anna", "Ja, ich nehme die Wahl an, danke euch!")
	w.expect(`^✅ Anna Maurer accepts the election: Board\?$`, "group")
	w.says("anna", "I decline") // that was answered
	w.silent()
	w.says("bernd", "Sorry, I do not accept the election this time.")
	w.expect(`^Bernd declines the election: Board\?\nThe seat stays free\. !election asks anew\.$`, "group")
	w.says("chair", "!result")
	w.expect(`Anna Maurer has accepted the election\.\nBernd has declined the election\.\nOtt, do you accept the election\?`, "group")

	w.join("ott")
	late := w.message("ott", "I accept", false)
	late.Encrypted = false
	w.hear(late)
	w.expect(`^Your message was not encrypted`, "group")
	w.now = w.now.Add(acceptWithin + 1)
	w.says("ott", "I accept")
	w.silent()
}

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"Anna Maurer", "anna", true},
		{"Maurer", "Anna  MAURER", true},
		{"Anna Maurer", "Anna Ott", false},
		{"Anna", "Annabell", false},
		{"", "Anna", false},
		{"Anna Maurer", "Maurer Anna", true},
	} {
		if got := sameName(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: %v", c.a, c.b, got)
		}
	}
}
