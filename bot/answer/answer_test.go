package answer

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"stimmbote/i18n"
	"stimmbote/voting"
)

// said are the words that the program understands, in every language at once.
func said(tb testing.TB) Phrases {
	tb.Helper()
	all := make(map[string][]string)
	for _, language := range i18n.Languages {
		texts, err := i18n.Load(language)
		if err != nil {
			tb.Fatal(err)
		}
		for key, list := range texts.Prefix("") {
			if strings.Contains(key, ".words.") {
				all[key] = append(all[key], strings.Split(list, ",")...)
			}
		}
	}
	return Known(all)
}

// lines gives each line of a file: what is meant, a blank, and a Go string or the bare text.
func lines(t *testing.T, name string, each func(want, text string)) int {
	t.Helper()
	file, err := os.ReadFile("testdata/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		n++
		want, text, _ := strings.Cut(line, " ")
		if unquoted, err := strconv.Unquote(text); err == nil {
			text = unquoted
		}
		each(want, text)
	}
	return n
}

var questions = map[string]voting.Question{
	"motion":  {Kind: voting.KindMotion, Options: []string{"Ja", "Nein", "Enthaltung"}},
	"choice":  {Kind: voting.KindChoice, Options: []string{"Pizza Margherita", "Pasta", "Salat mit Ei", "Nicht essen", "2 Suppen", "Enthaltung"}, Abstain: true},
	"several": {Kind: voting.KindSeveral, Options: []string{"Anna Maurer", "Bernd Lenz", "Clara Ott", "Deniz Kaya", "Eva Lenz"}, Least: 1, Most: 3, Invalid: true},
	"singly":  {Kind: voting.KindSingly, Options: []string{"Maurer", "Lenz", "Ott"}, Answers: []string{"Ja", "Nein", "Enthaltung"}},
}

// in writes a choice as the files do.
func in(q voting.Question, c voting.Choice, f Finding) string {
	switch {
	case f == Many:
		return "many"
	case f == Few:
		return "few"
	case f == Gaps:
		return "gaps"
	case f != Clear:
		return "-"
	case c.Invalid:
		return "invalid"
	}
	var all []string
	for _, n := range c.Options {
		if q.Kind == voting.KindSingly {
			all = append(all, []string{"y", "n", "a"}[n])
		} else {
			all = append(all, strconv.Itoa(n+1))
		}
	}
	return strings.Join(all, ",")
}

func TestAnswers(t *testing.T) {
	p, n := said(t), 0
	for name, q := range questions {
		if err := q.Check(); err != nil {
			t.Fatal(name, err)
		}
		sheet := NewSheet(q, p)
		n += lines(t, name, func(want, text string) {
			c, f := sheet.Read(text)
			if got := in(q, c, f); got != want {
				t.Errorf("%s, %q: got %s, want %s", name, text, got, want)
			}
			if _, err := q.Vote(c); f == Clear && err != nil {
				t.Errorf("%s, %q gives no ballot: %v", name, text, err)
			}
		})
	}
	if n < 400 {
		t.Errorf("only %d answers", n)
	}
}

// One candidate is asked about like a motion; an invalid ballot and no option at all are answers
// only where the question offers them; own options may have the words of a motion.
func TestOtherSheets(t *testing.T) {
	p := said(t)
	for _, test := range []struct {
		q          voting.Question
		text, want string
	}{
		{voting.Question{Kind: voting.KindSingly, Options: []string{"Maurer"}, Answers: []string{"Ja", "Nein", "Enthaltung"}}, "1", "y"},
		{voting.Question{Kind: voting.KindSingly, Options: []string{"Maurer"}, Answers: []string{"Ja", "Nein", "Enthaltung"}}, "nein", "n"},
		{voting.Question{Kind: voting.KindMotion, Options: []string{"Ja", "Nein", "Enthaltung"}, Invalid: true}, "4", "invalid"},
		{voting.Question{Kind: voting.KindMotion, Options: []string{"Ja", "Nein", "Enthaltung"}, Invalid: true}, "ungültig", "invalid"},
		{voting.Question{Kind: voting.KindSeveral, Options: []string{"A", "B"}, Most: 2}, "keine", ""},
		{voting.Question{Kind: voting.KindSeveral, Options: []string{"A", "B"}, Most: 2}, "0", ""},
		{voting.Question{Kind: voting.KindSeveral, Options: []string{"A", "B"}, Most: 2}, "beide", "-"},
		{voting.Question{Kind: voting.KindSeveral, Options: []string{"A", "B"}, Most: 2}, "alle", "1,2"},
		{voting.Question{Kind: voting.KindChoice, Options: []string{"Nein", "Ja"}}, "yes", "2"},
		{voting.Question{Kind: voting.KindChoice, Options: []string{"Nein", "Ja"}}, "2 nein", "-"},
		{voting.Question{Kind: voting.KindChoice, Options: []string{"Ja zum Neubau", "Nein zum Neubau"}}, "ja", "1"},
		{voting.Question{Kind: voting.KindChoice, Options: []string{"2027", "2028"}}, "2028", "2"},
		{voting.Question{Kind: voting.KindChoice, Options: []string{"2 Räume", "1 Raum"}}, "1", "1"},
		{voting.Question{Kind: voting.KindChoice, Options: []string{"2 Räume", "1 Raum"}}, "1 Raum", "2"},
	} {
		c, f := NewSheet(test.q, p).Read(test.text)
		if got := in(test.q, c, f); got != test.want {
			t.Errorf("%q to %v: got %q, want %q", test.text, test.q.Options, got, test.want)
		}
	}
	if _, f := NewSheet(questions["motion"], p).Read("1 oder 2"); f != Unclear {
		t.Errorf("an or is no list: %v", f)
	}
	if _, f := NewSheet(questions["motion"], p).Read("1, 2"); f != Two {
		t.Errorf("two answers are %v", f)
	}
}

func TestSays(t *testing.T) {
	thanks := []string{"ok", "danke", "👍", "thank you"}
	for text, want := range map[string]bool{
		"ok": true, "OK!": true, "Danke": true, "👍": true, "👍🏽": true, "thank you.": true,
		"": false, ".": false, "ok?": false, "ok 2": false, "danke, aber nein": false, "👎": false, "o k": false,
	} {
		if got := Says(text, thanks); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// Nothing that is typed makes the reader guess or fall over.
func FuzzRead(f *testing.F) {
	for _, s := range []string{"1", "1️⃣", "ja nein", "１", "\xff", "ä", "1 ja 2 nein 3 ja", "alle ja", "1 und 3"} {
		f.Add(s)
	}
	p := said(f)
	sheets := make(map[string]*Sheet)
	for name, q := range questions {
		sheets[name] = NewSheet(q, p)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, q := range questions {
			c, found := sheets[name].Read(text)
			if _, err := q.Vote(c); found == Clear && err != nil {
				t.Errorf("%s, %q: %v", name, text, err)
			}
			if again, twice := sheets[name].Read(" " + text + ". "); found == Clear && len(text) < maxReply-10 && (twice != Clear || fmt.Sprint(again) != fmt.Sprint(c)) {
				t.Errorf("%s, %q: %v, with a stop %v, %v", name, text, c, again, twice)
			}
		}
	})
}
