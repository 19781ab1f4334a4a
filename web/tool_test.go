package web

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"stimmbote/voting"
)

// Whoever trusts no page of ours casts with belenios-tool, as docs/poll-protocol.md says: the very
// options that stand there.
func TestBallotByBeleniosTool(t *testing.T) {
	page, err := os.ReadFile("../docs/poll-protocol.md")
	must(t, err)
	command := regexp.MustCompile(`(?s)\nbelenios-tool (archive init)\n.*\nbelenios-tool (election generate-ballot [^>]*) > ballot\.json\n`).FindSubmatch(page)
	if command == nil {
		t.Fatal("the page does not say how belenios-tool casts")
	}
	tools, err := filepath.Glob(filepath.Join(os.Getenv("BELENIOS_TOOLS"), "belenios-tool-*"))
	must(t, err)
	if os.Getenv("BELENIOS_TOOLS") == "" || len(tools) == 0 {
		t.Log("newer versions of belenios-tool are not there: those of Debian 12 know neither our tokens nor Ed25519")
		return
	}
	o := newOffice(t, voting.Terms{})
	dir := t.TempDir()
	for _, name := range []string{"election.json", "trustees.json", "public_creds.json"} {
		_, body, _ := ask(t, o.Server, "GET", "/v/"+string(o.poll.ID)+"/"+name, "", "")
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(body), 0o600))
	}
	must(t, os.WriteFile(filepath.Join(dir, "choice.json"), []byte("[[0,1,0]]"), 0o600))
	for i, tool := range tools {
		old, err := filepath.Glob(filepath.Join(dir, "*.bel"))
		must(t, err)
		for _, archive := range old {
			must(t, os.Remove(archive))
		}
		begin := exec.CommandContext(t.Context(), tool, strings.Fields(string(command[1]))...)
		begin.Dir = dir
		if said, err := begin.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", tool, err, said)
			continue
		}
		token, err := o.Token(t.Context(), o.poll.ID, people()[i])
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, "token"), []byte(token), 0o600))
		run := exec.CommandContext(t.Context(), tool, strings.Fields(string(command[2]))...)
		run.Dir = dir
		var errs strings.Builder
		run.Stderr = &errs
		ballot, err := run.Output()
		if err != nil {
			t.Errorf("%s: %v: %s", tool, err, errs.String())
			continue
		}
		if status, got := o.send(strings.TrimSpace(string(ballot))); status != http.StatusOK || got["again"] != false {
			t.Errorf("%s: %d %v", tool, status, got)
		}
	}
}
