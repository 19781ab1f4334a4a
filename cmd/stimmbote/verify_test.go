package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stimmbote/voting/belenios"
)

const (
	wholeElection = "../../voting/belenios/testdata/ZFVjR4vdaD787z.bel"
	otherGroup    = "../../voting/belenios/testdata/unsupported/shuffles-ed25519.bel"
)

func TestVerifyExitCodes(t *testing.T) {
	raw, err := os.ReadFile(wholeElection)
	if err != nil {
		t.Fatal(err)
	}
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
			"ok    ballots: 6,", "election fingerprint: dM_ibdXkuZEzBG0xT4pX__8Z0nB4MLAmDNdIq3w5SqM\n", "roll hash: none\n",
			"closed hash: 6c0d05e0ff55e757615072160877bf9b3ad67ebf026c637e49238153368a7043\n",
			`"Yes": 4`, `"No": 0`, `"Abstain": 1`, "valid and complete\n",
		}},
		{"forged", forged, belenios.Invalid, []string{"FAIL  ", "invalid\n"}},
		{"without a result", before, belenios.Incomplete, []string{"closed hash: 6c0d05e0", "without a result\n"}},
		{"no archive", []byte("%PDF-1.7"), belenios.Unsupported, []string{"FAIL  not a Belenios archive", "cannot be checked\n"}},
		{"empty", nil, belenios.Unsupported, []string{"cannot be checked\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.bel")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			var out, errs bytes.Buffer
			if got := verify([]string{path}, &out, &errs); got != int(c.want) || errs.Len() > 0 {
				t.Errorf("exit code is %d, want %d; %s%s", got, c.want, &out, &errs)
			}
			for _, s := range c.says {
				if !strings.Contains(out.String(), s) {
					t.Errorf("%q is missing in:\n%s", s, &out)
				}
			}
		})
	}
}

func TestVerifyNamesWhatItCannotCheck(t *testing.T) {
	var out, errs bytes.Buffer
	if got := verify([]string{otherGroup}, &out, &errs); got != 2 {
		t.Errorf("exit code is %d, want 2", got)
	}
	if !strings.Contains(out.String(), `not supported: NonHomomorphic`) {
		t.Errorf("the kind of question is not named in:\n%s", &out)
	}
}

func TestVerifyUsage(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.bel")
	for _, args := range [][]string{nil, {"a.bel", "b.bel"}, {"--help"}, {""}, {missing}, {t.TempDir()}} {
		var out, errs bytes.Buffer
		if got := verify(args, &out, &errs); got != 2 || errs.Len() == 0 {
			t.Errorf("verify %q: exit code %d, stderr %q", args, got, &errs)
		}
	}
}
