package voting_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"stimmbote/i18n"
	"stimmbote/voting"
)

// words are the ones that the program understands, in every language at once.
func words(t *testing.T, keys ...string) [][]string {
	t.Helper()
	all := make([][]string, len(keys))
	for _, language := range i18n.Languages {
		texts, err := i18n.Load(language)
		check(t, err)
		for i, key := range keys {
			all[i] = append(all[i], strings.Split(texts.Text(key), ",")...)
		}
	}
	return all
}

// Each line of the file is what is meant (1, 2, 3 or - for unclear), a blank, and a Go string
// or the bare text.
func TestParseAnswer(t *testing.T) {
	file, err := os.ReadFile("testdata/answers.txt")
	check(t, err)
	accepted := words(t, "ballot.words.yes", "ballot.words.no", "ballot.words.abstain")
	lines := 0
	for line := range strings.Lines(string(file)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		lines++
		want, text, _ := strings.Cut(line, " ")
		if unquoted, err := strconv.Unquote(text); err == nil {
			text = unquoted
		}
		got := "-"
		if answer, ok := voting.ParseAnswer(text, accepted); ok {
			got = strconv.Itoa(answer + 1)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	if lines < 100 {
		t.Errorf("only %d answers", lines)
	}
}

func TestSays(t *testing.T) {
	thanks := words(t, "ballot.words.thanks")[0]
	for text, want := range map[string]bool{
		"ok": true, "OK!": true, "Danke": true, "👍": true, "👍🏽": true, "thank you.": true,
		"": false, ".": false, "ok?": false, "ok 2": false, "danke, aber nein": false, "👎": false, "o k": false,
	} {
		if got := voting.Says(text, thanks); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

// Nothing that is typed makes the parser guess or fall over.
func FuzzParseAnswer(f *testing.F) {
	for _, s := range []string{"1", "1️⃣", "ja nein", "１", "\xff", "ä"} {
		f.Add(s)
	}
	list := [][]string{{"ja", "yes"}, {"nein", "no"}, {"enthaltung"}}
	f.Fuzz(func(t *testing.T, text string) {
		answer, ok := voting.ParseAnswer(text, list)
		if answer < 0 || answer >= len(list) || !ok && answer != 0 {
			t.Errorf("%q: %d, %v", text, answer, ok)
		}
		if again, twice := voting.ParseAnswer(" "+text+". ", list); ok && len(text) < 190 && (!twice || again != answer) {
			t.Errorf("%q: %d, with a stop %d, %v", text, answer, again, twice)
		}
		if other, both := voting.ParseAnswer(text+" 2", list); both && other != 1 {
			t.Errorf("%q and 2: %d", text, other)
		}
	})
}
