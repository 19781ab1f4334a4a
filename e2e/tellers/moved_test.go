package tellers

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"stimmbote/e2e/world"
)

// TestMoved: in the middle of a vote the group moves into a newer room. The bot says there which machines are missing,
// and once they are invited the vote is closed and opened there.
func TestMoved(t *testing.T) {
	e := begin(t, quick)
	question := "Does the vote come along?"
	from := e.asks(question)
	e.says("chair", world.Group, "start")
	answers := e.everybodyVotes(question)
	before := e.Group()
	if err := e.Upgrade(e.ctx); err != nil {
		t.Fatal(err)
	}
	if e.Group() == before {
		t.Fatal("the group is where it was")
	}
	e.hears("chair", world.Group, `(?s)This group has moved.*not here yet: @kaya-keys:localhost, @lenz-keys:localhost\.`)
	for _, name := range world.Tellers {
		if err := e.InviteMachine(e.ctx, e.Keyholders[name]); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range world.Tellers { // each goes on there once all are
		e.saysThere(e.Keyholders[name], `I am the key machine of @`+name)
	}
	e.says("chair", world.Group, "!close")
	e.counts(question, e.archive(), from, answers)
	for _, name := range world.Tellers {
		e.saysThere(e.Keyholders[name], `gave my part of the opening, 8 ballots.*`+regexp.QuoteMeta(question))
	}
}

// saysThere waits for a message of a machine in the room where the group is now.
func (e *evening) saysThere(k *world.Keyholder, pattern string) {
	e.t.Helper()
	fits := matching(pattern)
	_, err := e.People[world.Chair].Inbox.Find(e.ctx, func(m world.Message) bool {
		return m.Sender == k.ID && m.Room == e.Group() && fits(m)
	}, forAWord)
	if err != nil {
		e.t.Fatalf("%s does not say %s in the newer room: %v", k.ID, pattern, err)
	}
}

// TestRestored: a machine that gave its part goes on from a copy of its folder that is older than that. It says so,
// gives no second part, and counts again.
func TestRestored(t *testing.T) {
	e := begin(t, quick)
	lenz, kaya := e.Keyholders["lenz"], e.Keyholders["kaya"]
	question := "Is it given once?"
	from := e.asks(question)
	e.says("chair", world.Group, "start")
	answers := e.everybodyVotes(question)
	copied := filepath.Join(t.TempDir(), "copied")
	if err := lenz.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(copied, os.DirFS(lenz.Store())); err != nil {
		t.Fatal(err)
	}
	if err := lenz.Start(e.ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kaya.Thaw() })
	if err := kaya.Freeze(); err != nil { // so that the vote is not over when lenz has given its part
		t.Fatal(err)
	}
	e.says("chair", world.Group, "!close")
	e.machineSays(lenz, `gave my part of the opening, 8 ballots.*`+regexp.QuoteMeta(question))
	lenz.Kill()
	e.restore(lenz.Store(), copied)
	if err := lenz.Start(e.ctx); err != nil {
		t.Fatal(err)
	}
	e.machineSays(lenz, `stands in the group already.*I give no second one: `+regexp.QuoteMeta(question))
	if err := kaya.Thaw(); err != nil {
		t.Fatal(err)
	}
	e.counts(question, e.archive(), from, answers)
	e.setUpAnew(lenz) // its sessions with everybody were turned back, which takes a while to heal
}

// restore puts a copy in the place of a machine's folder, for its owner alone.
func (e *evening) restore(folder, copied string) {
	t := e.t
	t.Helper()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(folder, os.DirFS(copied)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, os.Chmod(path, 0o700))
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}
