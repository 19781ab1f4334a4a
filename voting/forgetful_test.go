package voting_test

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// record is what a process that lives on a forgetful disk has said so far.
type record struct {
	Done    int
	ID      voting.ID
	Codes   map[voting.Member]string
	Hash    string
	Archive []byte
}

// TestPowerCuts lives through a poll on a disk that keeps only what was synced, and pulls the plug
// after every single sync: what anybody had been told by the next one is true of what is left.
func TestPowerCuts(t *testing.T) {
	deeds := course(4, voting.Terms{})
	if dir := os.Getenv("FORGETFUL_DIR"); dir != "" {
		liveForgetfully(t, dir, deeds)
		return
	}
	scratch := t.TempDir()
	shim, dir, disk := filepath.Join(scratch, "forgetful.so"), filepath.Join(scratch, "dir"), filepath.Join(scratch, "disk")
	check(t, os.Mkdir(dir, 0o700))
	check(t, os.Mkdir(disk, 0o700))
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	if out, err := exec.Command(compiler, "-shared", "-fPIC", "-o", shim, "testdata/forgetful.c", "-lpthread").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestPowerCuts$", "-test.count=1")
	child.Env = append(os.Environ(), "LD_PRELOAD="+shim, "FORGETFUL_DIR="+dir, "FORGETFUL_DISK="+disk)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	syncs := 0
	for ; exists(filepath.Join(disk, strconv.Itoa(syncs+1))); syncs++ {
		left := filepath.Join(disk, strconv.Itoa(syncs+1))
		said := record{}
		if text, err := os.ReadFile(filepath.Join(left, "told")); err == nil {
			check(t, json.Unmarshal(text, &said))
		}
		afterThePowerCut(t, left, deeds, said)
	}
	if syncs < len(deeds) {
		t.Errorf("only %d syncs", syncs)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// liveForgetfully does all deeds and notes after each what was said, unsynced.
func liveForgetfully(t *testing.T, dir string, deeds []deed) {
	w, said := openWorld(t, dir), &told{codes: make(map[voting.Member]string)}
	small(w, &mortal{})
	for i := range deeds {
		if _, err := live(t.Context(), w, deeds[:i+1], i, said); err != nil {
			t.Fatalf("deed %d: %v", i, err)
		}
		text, err := json.Marshal(record{Done: i + 1, ID: said.id, Codes: said.codes, Hash: said.hash, Archive: said.archive})
		check(t, err)
		check(t, os.WriteFile(filepath.Join(dir, "told"), text, 0o600))
	}
}

// afterThePowerCut starts with what is left, and goes on from what was said.
func afterThePowerCut(t *testing.T, dir string, deeds []deed, r record) {
	t.Helper()
	said := &told{id: r.ID, codes: r.Codes, hash: r.Hash, archive: r.Archive}
	if said.codes == nil {
		said.codes = make(map[voting.Member]string)
	}
	w := openWorld(t, dir)
	cfg := voting.Defaults()
	cfg.MinBallots = 3
	w.Polls = voting.New(w.store, w.vault, rand.Reader, cfg)
	check(t, w.Sweep(t.Context()))
	if ended, err := live(t.Context(), w, deeds, r.Done, said); err != nil {
		t.Fatalf("%s, after deed %d; later, in deed %d: %v", filepath.Base(dir), r.Done, ended, err)
	}
	p, err := w.Poll(t.Context(), said.id)
	check(t, err)
	report, err := belenios.Verify(said.archive)
	if err != nil || report.ClosedHash != said.hash || p.State != voting.StateDone || !slices.Equal(p.Result.Sums, []int{3, 0, 0}) || len(w.keyFiles()) != 0 {
		t.Fatalf("%s, after deed %d: %s, %+v, key files %v, %v", filepath.Base(dir), r.Done, p.State, p.Result, w.keyFiles(), err)
	}
}
