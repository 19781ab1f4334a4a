package main

import (
	"bytes"
	"strings"
	"testing"
)

// TestVerify: the command is there; package verify has its own tests.
func TestVerify(t *testing.T) {
	const archive = "../../voting/belenios/testdata/ZFVjR4vdaD787z.bel"
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"verify", archive}, 0, "valid and complete\n"},
		{[]string{"verify", archive, "--tracker", "AAAA-BBBB-CCCC-DDDD"}, 1, "not among the ballots that count"},
		{[]string{"verify"}, 2, "usage: stimmbote verify FILE.bel"},
	} {
		var out bytes.Buffer
		if code := dispatch(t.Context(), c.args, &out, &out); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%q: exit code %d, want %d:\n%s", c.args, code, c.code, &out)
		}
	}
}
