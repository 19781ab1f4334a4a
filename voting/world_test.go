package voting_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/store"
	"stimmbote/voting"
)

const (
	group = voting.Place("!group:example.org")
	asker = voting.Member("@member0:example.org")
)

var (
	opening = time.Unix(1_800_000_000, 0).UTC()
	closing = opening.Add(time.Hour)
)

// world is polls on a real database in a folder of the test's own.
type world struct {
	*voting.Polls
	t     testing.TB
	dir   string
	store *store.Store
	vault *store.Vault
}

func newWorld(t testing.TB) *world { return openWorld(t, t.TempDir()) }

func openWorld(t testing.TB, dir string) *world {
	t.Helper()
	s, err := store.Open(t.Context(), dir, zerolog.Nop())
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	v, err := store.OpenVault(filepath.Join(dir, "keys"))
	check(t, err)
	return &world{Polls: voting.New(s, v, rand.Reader, voting.Defaults()), t: t, dir: dir, store: s, vault: v}
}

// again closes the database and opens it as the next process would.
func (w *world) again() *world {
	w.t.Helper()
	check(w.t, w.store.Close())
	return openWorld(w.t, w.dir)
}

// copied is a folder with the same files.
func copied(t testing.TB, dir string) string {
	t.Helper()
	to := t.TempDir()
	check(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, path[len(dir):])
		if d.IsDir() {
			return os.MkdirAll(target, 0o700)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o600)
	}))
	return to
}

// members are n people, in the order of their names.
func members(n int) []voting.Member {
	list := make([]voting.Member, n)
	for i := range list {
		list[i] = voting.Member(fmt.Sprintf("@member%d:example.org", i))
	}
	return list
}

func motion(place voting.Place, roll ...voting.Member) voting.Draft {
	return voting.Draft{
		Place: place, Asker: asker, Question: "Shall we adopt motion 12?",
		Answers: []string{"Yes", "No", "Abstain"}, Roll: roll,
	}
}

func (w *world) draft(n int) *voting.Poll {
	w.t.Helper()
	p, err := w.Draft(w.t.Context(), motion(group, members(n)...))
	check(w.t, err)
	return p
}

func (w *world) prepare(id voting.ID) *voting.Setup {
	w.t.Helper()
	s, err := w.Prepare(w.t.Context(), id)
	check(w.t, err)
	return s
}

// open is an open poll with n people on its roll.
func (w *world) open(n int) *voting.Poll {
	w.t.Helper()
	p, err := w.Start(w.t.Context(), w.prepare(w.draft(n).ID), opening)
	check(w.t, err)
	return p
}

func (w *world) fold(id voting.ID, m voting.Member, answer int) *voting.Envelope {
	w.t.Helper()
	e, err := w.Fold(w.t.Context(), id, m, answer)
	check(w.t, err)
	return e
}

// vote casts one answer each, in the order of the roll.
func (w *world) vote(id voting.ID, answers ...int) []voting.Receipt {
	w.t.Helper()
	receipts := make([]voting.Receipt, len(answers))
	for i, m := range members(len(answers)) {
		var err error
		receipts[i], err = w.Cast(w.t.Context(), w.fold(id, m, answers[i]))
		check(w.t, err)
	}
	return receipts
}

func (w *world) close(id voting.ID) *voting.Poll {
	w.t.Helper()
	p, err := w.Close(w.t.Context(), id, closing)
	check(w.t, err)
	return p
}

func (w *world) tally(id voting.ID) (*voting.Poll, []byte) {
	w.t.Helper()
	p, archive, err := w.Tally(w.t.Context(), id, closing)
	check(w.t, err)
	return p, archive
}

func (w *world) state(id voting.ID) voting.State {
	w.t.Helper()
	p, err := w.Poll(w.t.Context(), id)
	check(w.t, err)
	return p.State
}

func (w *world) turnout(id voting.ID) int {
	w.t.Helper()
	cast, _, err := w.Turnout(w.t.Context(), id)
	check(w.t, err)
	return cast
}

// failing runs fn in a transaction that is not committed, as when the process dies in it.
func (w *world) failing(fn func(ctx context.Context) error) {
	w.t.Helper()
	err := w.store.Tx(w.t.Context(), func(ctx context.Context) error {
		check(w.t, fn(ctx))
		return context.Canceled
	})
	if err != context.Canceled {
		w.t.Fatalf("the transaction ended with %v", err)
	}
}

// find names the files of the world that have text in them.
func (w *world) find(text string) []string {
	w.t.Helper()
	var found []string
	check(w.t, filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(text)) {
			found = append(found, filepath.Base(path))
		}
		return err
	}))
	return found
}

func (w *world) keyFiles() []string {
	w.t.Helper()
	names, err := w.vault.Names()
	check(w.t, err)
	return names
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
