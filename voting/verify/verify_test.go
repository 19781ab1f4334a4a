package verify

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"stimmbote/voting/belenios"
)

const (
	testdata      = "../belenios/testdata/"
	wholeElection = testdata + "ZFVjR4vdaD787z.bel"
	fingerprint   = "dM_ibdXkuZEzBG0xT4pX__8Z0nB4MLAmDNdIq3w5SqM"
	closedHash    = "6c0d05e0ff55e757615072160877bf9b3ad67ebf026c637e49238153368a7043"
)

// run runs the command and returns what it says.
func run(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = Program{Name: "verify", Stdout: &o, Stderr: &e}.Run(args)
	return code, o.String(), e.String()
}

func written(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.bel")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// forgery is one of the archives that package belenios refuses in its tests.
func forgery(t *testing.T, name string) []byte {
	t.Helper()
	z, err := zip.OpenReader(testdata + "forgeries.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name + ".bel")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	raw, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestExitCodes(t *testing.T) {
	raw := read(t, wholeElection)
	// The last 4 records are share, its owner, the event, and so on; before them the tally ends.
	before, _, _ := bytes.Cut(raw, []byte("dcab7902811c9e92c0aa54e278aa019675df6cd0d4b659dc467d78b673561100.data.json"))
	forged := bytes.Clone(raw)
	forged[len(forged)/2] ^= 1
	for _, c := range []struct {
		name string
		file []byte
		want belenios.Status
		says []string
	}{
		{"complete", raw, belenios.Complete, []string{
			"ok    ballots: 6,", "election fingerprint: " + fingerprint + "\n", "roll hash: none\n", "closed hash: " + closedHash + "\n",
			"not marked as edited", `"Yes": 4`, `"No": 0`, `"Abstain": 1`, "valid and complete\n",
		}},
		{"forged", forged, belenios.Invalid, []string{"FAIL  ", "invalid\n"}},
		{"forged ballot", forgery(t, "03-inflated"), belenios.Invalid, []string{
			"FAIL  event ", "(Ballot): ballot ", "proof that a choice is 0 or 1 is false (Belenios specification 4.12)\n", "invalid\n",
		}},
		{"without a result", before, belenios.Incomplete, []string{"closed hash: 6c0d05e0", "without a result\n"}},
		{"no archive", []byte("%PDF-1.7"), belenios.Unsupported, []string{"FAIL  not a Belenios archive", "cannot be checked\n"}},
		{"empty", nil, belenios.Unsupported, []string{"cannot be checked\n"}},
		{"shuffles", read(t, testdata+"unsupported/shuffles-ed25519.bel"), belenios.Unsupported, []string{
			"not supported: NonHomomorphic", "cannot be checked\n",
		}},
		{"several questions", read(t, testdata+"questions-ed25519.bel"), belenios.Complete, []string{
			"roll hash: none, but a name: \"Registrar\"", `"Björn": 1`, "blank: 1", "1 and 2 of 3 together", "valid and complete\n",
		}},
		{"weights", read(t, testdata+"weights-ed25519.bel"), belenios.Complete, []string{"counted: 3, weight: 6\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errs := run(t, written(t, c.file))
			if code != int(c.want) || errs != "" {
				t.Errorf("exit code is %d, want %d; %s%s", code, c.want, out, errs)
			}
			for _, s := range c.says {
				if !strings.Contains(out, s) {
					t.Errorf("%q is missing in:\n%s", s, out)
				}
			}
		})
	}
}

func TestUsage(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.bel")
	for _, args := range [][]string{
		nil,
		{"a.bel", "b.bel"},
		{"--help"},
		{""},
		{missing},
		{t.TempDir()},
		{wholeElection, "--unknown"},
		{wholeElection, "--roll", "x", "--roll-file", wholeElection},
		{wholeElection, "--roll-file", missing},
		{"--tracker", "x"},
		{wholeElection, "--language", "fr"},
	} {
		if code, _, errs := run(t, args...); code != 2 || errs == "" {
			t.Errorf("verify %q: exit code %d, stderr %q", args, code, errs)
		}
	}
}

func TestComparisons(t *testing.T) {
	raw := read(t, wholeElection)
	report, err := belenios.Verify(raw)
	if err != nil {
		t.Fatal(err)
	}
	tracker := report.Trackers[2]
	code := belenios.Code(tracker)
	before, _, _ := bytes.Cut(raw, []byte("dcab7902811c9e92c0aa54e278aa019675df6cd0d4b659dc467d78b673561100.data.json"))
	for i, c := range []struct {
		name string
		args []string
		want int
		says string
	}{
		{"tracker", []string{"--tracker", tracker}, 0, "is counted"},
		{"code", []string{"--tracker", code}, 0, "is counted"},
		{"code in small letters", []string{"--tracker", strings.ToLower(code)}, 0, "is counted"},
		{"code as it is read out", []string{"--tracker", " " + strings.ReplaceAll(code, "-", " ")}, 0, "is counted"},
		{"several", []string{"--tracker", tracker, "--tracker", code}, 0, "is counted"},
		{"one of several is not there", []string{"--tracker", tracker, "--tracker", "x"}, 1, `"x" is not among`},
		{"half a code", []string{"--tracker", code[:9]}, 1, "is not among"},
		{"election", []string{"--election", fingerprint}, 0, "ok    election fingerprint: as you gave it"},
		{"election as other tools write it", []string{"--election", strings.NewReplacer("-", "+", "_", "/").Replace(fingerprint) + "="}, 0, "as you gave it"},
		{"another election", []string{"--election", "x" + fingerprint[1:]}, 1, "FAIL  election fingerprint: you gave"},
		{"closed", []string{"--closed", strings.ToUpper(closedHash)}, 0, "ok    closed hash"},
		{"closed otherwise", []string{"--closed", fingerprint}, 1, "FAIL  closed hash"},
		{"a roll where there is none", []string{"--roll", closedHash}, 1, "the archive has none"},
		{"JSON", []string{"--json", "--election", "x"}, 1, `"ok": false`},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{wholeElection}, c.args...)
			if i%2 == 1 { // options may stand before the file and after it
				args = append(slices.Clone(c.args), wholeElection)
			}
			if got, out, errs := run(t, args...); got != c.want || !strings.Contains(out, c.says) || errs != "" {
				t.Errorf("verify %q: exit code %d, want %d; %s%s", args, got, c.want, out, errs)
			}
		})
	}
	if got, out, _ := run(t, written(t, before), "--election", "x"); got != 1 {
		t.Errorf("without a result, and another election: exit code %d\n%s", got, out)
	}
	if got, out, _ := run(t, written(t, []byte("x")), "--election", "x"); got != 2 {
		t.Errorf("no archive: exit code %d\n%s", got, out)
	}
}

func TestRollFile(t *testing.T) {
	f := &finding{Roll: belenios.RollHash([]string{"@anna:example.org", "name:Ötzi", "@anna:example.org"})}
	for name, c := range map[string]struct {
		content string
		ok      bool
	}{
		"as it is":              {"@anna:example.org\n@anna:example.org\nname:Ötzi\n", true},
		"in another order":      {"name:Ötzi\n@anna:example.org\n@anna:example.org\n", true},
		"with other line ends":  {"\ufeff@anna:example.org\r\n@anna:example.org\r\nname:Ötzi", true},
		"one vote less":         {"@anna:example.org\nname:Ötzi\n", false},
		"a space more":          {"@anna:example.org \n@anna:example.org\nname:Ötzi\n", false},
		"nothing":               {"", false},
		"somebody else as well": {"@anna:example.org\n@anna:example.org\n@bernd:example.org\nname:Ötzi\n", false},
	} {
		r, err := readRoll(written(t, []byte(c.content)))
		if err != nil {
			t.Fatal(err)
		}
		if (r.hash == f.Roll) != c.ok || c.ok && r.lines != 3 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestJSON(t *testing.T) {
	code, out, _ := run(t, "--json", testdata+"questions-ed25519.bel")
	var f finding
	if err := json.Unmarshal([]byte(out), &f); err != nil {
		t.Fatal(err)
	}
	if code != 0 || f.Exit != 0 || f.Status != "valid" || f.Format != 1 || f.Authority != "Registrar" || len(f.Trackers) != 3 ||
		len(f.Questions) != 2 || *f.Questions[0].Answers[1].Votes != 1 || f.Questions[0].Blank != nil || *f.Questions[1].Blank != 1 {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	_, out, _ = run(t, "--json", written(t, forgery(t, "02-stuffed-wrong-key")))
	if err := json.Unmarshal([]byte(out), &f); err != nil || f.Exit != 1 || f.Clause != "4.16" || f.Reason == "" {
		t.Errorf("error %v:\n%s", err, out)
	}
}
