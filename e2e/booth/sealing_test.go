package booth

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting/belenios"
)

// TestBallotsOfABrowserAreCounted seals real ballots in each browser, has voting/belenios count them, and each
// belenios-tool that knows the group check the archive.
func TestBallotsOfABrowserAreCounted(t *testing.T) {
	t.Parallel()
	for name := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all []*sealing
			for _, group := range []string{belenios.Ed25519, belenios.Group2048} {
				all = append(all, newSealing(t, group))
			}
			done := t.Run("sealed", func(t *testing.T) { // the browser is others' as soon as that is done
				tab := bench(t, in(t, name))
				for _, s := range all {
					s.seals(t, tab)
				}
			})
			for _, s := range all {
				if done {
					s.counts(t)
				}
			}
		})
	}
}

// sealing is an election and the ballots that a browser made for it.
type sealing struct {
	group   string
	setup   belenios.Setup
	voters  []credential
	keys    []*belenios.Key
	ballots [][]byte // by voter
}

func newSealing(t *testing.T, group string) *sealing {
	t.Helper()
	s := &sealing{group: group}
	s.setup, s.voters, s.keys = setUp(t, group, "election "+t.Name(), everything()...)
	return s
}

// of is how a voter fills in the ballot.
func (s *sealing) of(voter int) []any { return choices[voter%len(choices)] }

func (s *sealing) seals(t *testing.T, tab *browser.Tab) {
	t.Helper()
	for i, voter := range s.voters {
		s.ballots = append(s.ballots, sealed(t, tab, s.setup.Election, voter.Secret, s.of(i)))
	}
}

func (s *sealing) counts(t *testing.T) {
	t.Helper()
	e := eyes.Must(belenios.Open(s.setup))(t)
	sums := [][]int{make([]int, 3), make([]int, 4), make([]int, 4)}
	for i, voter := range s.voters {
		if whose := eyes.Must(e.CheckBallot(s.ballots[i]))(t); whose != voter.Public {
			t.Errorf("%s: the ballot is of %s, want %s", s.group, whose, voter.Public)
		}
		for q, vote := range votes(t, everything(), s.of(i)) {
			for k, n := range vote {
				sums[q][k] += n
			}
		}
	}
	slices.SortFunc(s.ballots, bytes.Compare)
	tally := eyes.Must(e.Tally(rand.Reader, s.ballots, s.keys...))(t)
	var archive bytes.Buffer
	if err := e.WriteArchive(&archive, time.Unix(1795476838, 0), s.ballots, tally); err != nil {
		t.Fatal(err)
	}
	report := eyes.Must(belenios.Verify(archive.Bytes()))(t)
	if got, want := fmt.Sprint(report.Sums), fmt.Sprint(sums); report.Status != belenios.Complete || got != want {
		t.Errorf("%s: the result is %s, want %s", s.group, got, want)
	}
	recheck(t, s.group, e.UUID(), archive.Bytes())
}

// sealed is a ballot that the browser makes with random numbers of its own.
func sealed(t *testing.T, tab *browser.Tab, election []byte, credential string, chosen []any) []byte {
	t.Helper()
	script := fmt.Sprintf("belenios.cast(%q, %q, %s)", election, credential, eyes.Must(json.Marshal(chosen))(t))
	cast := eyes.Must(browser.Evaluate[ballot](tab, script))(t)
	if cast.Tracker != belenios.Tracker([]byte(cast.Ballot)) {
		t.Errorf("the tracker is %s, want %s", cast.Tracker, belenios.Tracker([]byte(cast.Ballot)))
	}
	return []byte(cast.Ballot)
}

// recheck asks every belenios-tool that there is and that knows the group.
func recheck(t *testing.T, group, uuid string, archive []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), uuid+".bel")
	if err := os.WriteFile(path, archive, 0o600); err != nil {
		t.Fatal(err)
	}
	tools := map[string]string{"the installed one": "belenios-tool"}
	for _, newer := range eyes.Must(filepath.Glob(filepath.Join(os.Getenv("BELENIOS_TOOLS"), "belenios-tool-*")))(t) {
		tools[filepath.Base(newer)] = newer
	}
	for _, name := range slices.Sorted(maps.Keys(tools)) {
		cmd := exec.CommandContext(t.Context(), "../../recheck.sh", path)
		cmd.Env = append(os.Environ(), "BELENIOS_TOOL="+tools[name])
		out, err := cmd.CombinedOutput()
		exit, _ := errors.AsType[*exec.ExitError](err)
		switch {
		case err == nil:
			t.Logf("%s: %s", name, strings.TrimSpace(string(out)))
		case exit != nil && exit.ExitCode() == 2 && group == belenios.Ed25519 && name == "the installed one":
			t.Logf("%s does not know %s", name, group)
		default:
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}
