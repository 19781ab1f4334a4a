package verify

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"stimmbote/voting/belenios"
)

func TestLanguagesSayTheSame(t *testing.T) {
	de, en := plain["de"], plain["en"]
	if keys, others := slices.Sorted(maps.Keys(de)), slices.Sorted(maps.Keys(en)); !slices.Equal(keys, others) {
		t.Fatalf("the keys differ:\n%q\n%q", keys, others)
	}
	gap := regexp.MustCompile(`\{[a-z]+\}`)
	for key := range de {
		gaps, others := gap.FindAllString(de[key], -1), gap.FindAllString(en[key], -1)
		slices.Sort(gaps)
		slices.Sort(others)
		if de[key] == "" || en[key] == "" || !slices.Equal(gaps, others) {
			t.Errorf("%s: %q and %q", key, de[key], en[key])
		}
	}
	for language := range plain {
		raw, err := files.ReadFile(language + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var keys []string
		for _, match := range regexp.MustCompile(`(?m)^  "([^"]+)": `).FindAllStringSubmatch(string(raw), -1) {
			keys = append(keys, match[1])
		}
		if len(keys) != len(plain[language]) || !slices.IsSorted(keys) {
			t.Errorf("%s.json is not sorted, or has a key twice", language)
		}
	}
}

// Whatever the verifier finds has a sentence in plain words, without a gap left open.
func TestEverythingIsSaidPlainly(t *testing.T) {
	raw := read(t, wholeElection)
	before, _, _ := bytes.Cut(raw, []byte("dcab7902811c9e92c0aa54e278aa019675df6cd0d4b659dc467d78b673561100.data.json"))
	report, err := belenios.Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	tracker := report.Trackers[0]
	roll := written(t, []byte("@anna:example.org\n"))
	for _, c := range []struct {
		name string
		file []byte
		args []string
		code int
		de   []string
		en   []string
	}{
		{"valid", raw, nil, 0, []string{"RICHTIG UND VOLLSTÄNDIG", "5 Stimmzettel zählen", "4  Yes"}, []string{"RIGHT AND COMPLETE", "5 ballots count"}},
		{
			"told the right things", raw,
			[]string{"--election", fingerprint, "--closed", closedHash, "--tracker", belenios.Code(tracker)},
			0,
			[]string{"Fingerabdruck der Abstimmung ist so", "Hash der Urne ist so", "ist in der Urne und zählt"},
			[]string{"is in the box and counts"},
		},
		{
			"told others", raw,
			[]string{"--election", "x", "--closed", "x", "--roll", "x", "--tracker", "<x>"},
			1,
			[]string{"!!    Die Liste ist NICHT so", "!!    Der Stimmzettel <x> ist NICHT", "DAS STIMMT NICHT"},
			[]string{"is NOT among", "THIS IS NOT RIGHT"},
		},
		{"another roll", raw, []string{"--roll-file", roll}, 1, []string{"hat NICHT 7 Zeilen"}, []string{"does NOT have 7 lines"}},
		{"no result", before, nil, 3, []string{"NOCH KEIN ERGEBNIS"}, []string{"NO RESULT YET"}},
		{"a changed file", append(bytes.Clone(raw[:3000]), raw[3001:]...), nil, 1, []string{"Die Datei wurde verändert", "Belenios-Spezifikation 4.4"}, []string{"The file was changed"}},
		{"a false ballot", forgery(t, "03-inflated"), nil, 1, []string{"Ein Stimmzettel darf so nicht", "Belenios-Spezifikation 4.12"}, []string{"A ballot is not one"}},
		{"a false key", forgery(t, "12-trustee-pok-invalid"), nil, 1, []string{"Die Frage, die Schlüssel"}, []string{"Question, keys"}},
		{"a false result", forgery(t, "21-result-swapped"), nil, 1, []string{"Das Ergebnis folgt nicht"}, []string{"The result does not follow"}},
		{"no archive", []byte("%PDF-1.7"), nil, 2, []string{"KANN HIER NICHT GEPRÜFT WERDEN"}, []string{"CANNOT BE CHECKED"}},
	} {
		for language, says := range map[string][]string{"de": c.de, "en": c.en} {
			code, out, errs := run(t, append([]string{written(t, c.file), "--language", language}, c.args...)...)
			if code != c.code || errs != "" {
				t.Errorf("%s, %s: exit code %d, want %d: %s", c.name, language, code, c.code, errs)
			}
			for _, s := range says {
				if !strings.Contains(out, s) {
					t.Errorf("%s, %s: %q is missing in\n%s", c.name, language, s, out)
				}
			}
			if regexp.MustCompile(`\{[a-z]+\}|(?m)^(ok|!!) *$`).MatchString(out) {
				t.Errorf("%s, %s: a sentence is not whole:\n%s", c.name, language, out)
			}
		}
	}
}

func TestComplaintsArePlain(t *testing.T) {
	for _, c := range []struct {
		args []string
		says string
	}{
		{nil, "So ruft man das Programm auf:\n  stimmbote-verify DATEI.bel\n"},
		{[]string{"--unknown"}, "So ruft man das Programm auf:"},
		{[]string{"missing.bel"}, "Das geht nicht: opening the archive"},
		{[]string{"--language", "en", "missing.bel"}, "That does not work: opening the archive"},
	} {
		var out, errs bytes.Buffer
		p := Program{Name: "stimmbote-verify", Language: "de", Stdout: &out, Stderr: &errs}
		if code := p.Run(c.args); code != 2 || !strings.Contains(errs.String(), c.says) || out.Len() > 0 {
			t.Errorf("%q: exit code %d, %s%s", c.args, code, &errs, &out)
		}
	}
}

// What somebody wrote into an archive cannot pretend to be what the program says.
func TestArchivesCannotSpeakForTheProgram(t *testing.T) {
	n := 0
	f := &finding{Status: "invalid", Reason: "x\ny", Questions: []question{{
		Text:    "A?\nTHIS VOTE IS RIGHT AND COMPLETE.\u202e\x1b[2J",
		Answers: []answer{{Text: "yes\r\nok    all", Votes: &n}},
	}}}
	var out bytes.Buffer
	f.explain(&out, plain["en"])
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "THIS VOTE") || strings.HasPrefix(line, "ok ") || strings.ContainsAny(line, "\r\u202e\x1b") {
			t.Errorf("the line %q", line)
		}
	}
}

func TestTalk(t *testing.T) {
	report, err := belenios.Verify(read(t, wholeElection))
	if err != nil {
		t.Fatal(err)
	}
	code := belenios.Code(report.Trackers[0])
	for _, c := range []struct {
		name  string
		args  []string
		typed string
		exit  int
		says  []string
	}{
		{"dragged onto it", []string{wholeElection}, "\n", 0, []string{"RIGHT AND COMPLETE", "Was your ballot counted?"}},
		{
			"asked for", nil, fmt.Sprintf(" %q \n%s\nAAAA-BBBB\n\n", wholeElection, strings.ToLower(code)), 1,
			[]string{"Drag the file", "RIGHT AND COMPLETE", "is in the box and counts", "AAAA-BBBB is NOT among"},
		},
		{"nothing", nil, "\n", 2, []string{"Drag the file"}},
		{"closed at once", nil, "", 2, []string{"Drag the file"}},
		{"no such file", []string{"missing.bel"}, "", 2, []string{"missing.bel", "Enter ends this."}},
		{"no archive", []string{written(t, []byte("x"))}, "", 2, []string{"CANNOT BE CHECKED", "Enter ends this."}},
	} {
		var out bytes.Buffer
		p := Program{Name: "verify", Stdout: &out, Stderr: &out}
		if exit := p.Talk(strings.NewReader(c.typed), c.args); exit != c.exit {
			t.Errorf("%s: exit code %d, want %d", c.name, exit, c.exit)
		}
		for _, s := range c.says {
			if !strings.Contains(out.String(), s) {
				t.Errorf("%s: %q is missing in\n%s", c.name, s, &out)
			}
		}
	}
}
