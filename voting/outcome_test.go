package voting_test

import (
	"context"
	"errors"
	"testing"

	"stimmbote/voting"
)

// Whoever asks after the first one costs no reading of the archive.
func TestOutcomeReadsTheArchiveOnce(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	receipts := w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.Abstain, voting.No)
	w.close(p.ID)
	w.tally(p.ID)
	check(t, second(first(w.Outcome(t.Context(), p.ID, asker))))
	check(t, w.store.DropPaper(t.Context(), p.ID, "ballots"))
	check(t, w.store.DropPlaces(t.Context(), string(p.ID)))
	for i, m := range members(6) {
		code, ok, err := w.Outcome(t.Context(), p.ID, m)
		if err != nil || ok != (i < 5) || ok && code != receipts[i].Code {
			t.Errorf("%s: %q, %v, %v", m, code, ok, err)
		}
	}
	if _, _, err := w.again().Outcome(t.Context(), p.ID, asker); err == nil {
		t.Error("the next process says what no archive says")
	}
}

func first(code string, _ bool, err error) (string, error) { return code, err }

// A key file that is gone is told apart from one that cannot be read now.
func TestTallyWithoutKey(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.Abstain, voting.No)
	w.close(p.ID)
	for _, c := range []struct {
		name string
		harm func(w *world) error
		lost bool
	}{
		{"no key file", func(w *world) error { return w.vault.Remove("poll-" + string(p.ID)) }, true},
		{"no sealed key", func(w *world) error { return w.store.DropPaper(t.Context(), p.ID, "key") }, true},
		{"another key", func(w *world) error {
			return w.store.Tx(t.Context(), func(ctx context.Context) error { return w.store.PutPaper(ctx, p.ID, "key", []byte("sealed")) })
		}, false},
	} {
		check(t, w.store.Close())
		harmed := openWorld(t, copied(t, w.dir))
		w = openWorld(t, w.dir)
		check(t, c.harm(harmed))
		_, _, err := harmed.Tally(t.Context(), p.ID, closing)
		if err == nil || errors.Is(err, voting.ErrKeyLost) != c.lost {
			t.Errorf("%s: got %v", c.name, err)
		}
		check(t, harmed.Abandon(t.Context(), p.ID))
		if got := harmed.state(p.ID); got != voting.StateCancelled {
			t.Errorf("%s: abandoned, the poll is %s", c.name, got)
		}
	}
}
