package voting_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// told is what the group and its members were told, by a process that lived long enough to.
type told struct {
	id       voting.ID
	codes    map[voting.Member]string
	hash     string
	archive  []byte
	outcomes int
}

// deed is one thing that is done about a poll, and what is told then.
type deed func(ctx context.Context, w *world, t *told) error

// course is the whole life of a poll of n people, in steps that each may be done again.
func course(n int, terms voting.Terms) []deed {
	deeds := []deed{
		func(ctx context.Context, w *world, t *told) error {
			if w.voted(t) { // the draft or the opening was committed, and nobody was told
				return nil
			}
			d := motion(group, members(n)...)
			d.Terms = terms
			p, err := w.Draft(ctx, d)
			if err == nil {
				t.id = p.ID
			}
			return err
		},
		func(ctx context.Context, w *world, t *told) error {
			p, err := w.Poll(ctx, t.id)
			if err != nil || p.State != voting.StateDraft {
				return err
			}
			s, err := w.Prepare(ctx, t.id)
			if err != nil {
				return err
			}
			return second(w.Start(ctx, s, opening))
		},
	}
	vote := func(m voting.Member, answer int) {
		deeds = append(deeds, func(ctx context.Context, w *world, t *told) error {
			e, err := w.Fold(ctx, t.id, m, answer)
			if err != nil {
				return err
			}
			r, err := w.Cast(ctx, e)
			if errors.Is(err, voting.ErrVoted) { // it was in the box already
				r, _, err = w.Receipt(ctx, t.id, m)
			}
			if err == nil {
				t.codes[m] = r.Code
			}
			return err
		})
	}
	all := members(n)
	if !terms.NoRevote {
		vote(all[0], voting.No)
	}
	for _, m := range all[:n-1] {
		vote(m, voting.Yes)
	}
	return append(deeds, closeAndCount...)
}

// voted says whether there is a poll already.
func (w *world) voted(t *told) bool {
	w.t.Helper()
	live, err := w.store.LivePolls(w.t.Context())
	check(w.t, err)
	if len(live) > 0 {
		t.id = live[0].ID
	}
	return t.id != ""
}

var closeAndCount = []deed{
	func(ctx context.Context, w *world, t *told) error {
		p, err := w.Close(ctx, t.id, closing)
		if err == nil {
			t.hash = p.ClosedHash
		}
		return err
	},
	func(ctx context.Context, w *world, t *told) error {
		p, err := w.Close(ctx, t.id, closing.Add(1))
		if err == nil && p.ClosedHash != t.hash {
			return errors.New("another closed hash than the group was told")
		}
		return err
	},
	func(ctx context.Context, w *world, t *told) error {
		voted, err := w.Voted(ctx, t.id)
		if err == nil && len(voted) != len(t.codes) {
			return errors.New("others voted than were told")
		}
		return err
	},
	func(ctx context.Context, w *world, t *told) error {
		_, archive, err := w.Tally(ctx, t.id, closing)
		if err == nil {
			t.archive = archive
		}
		return err
	},
	func(ctx context.Context, w *world, t *told) error {
		_, archive, err := w.Tally(ctx, t.id, closing)
		if err == nil && !bytes.Equal(archive, t.archive) {
			return errors.New("another archive than the group was told")
		}
		return err
	},
	func(ctx context.Context, w *world, t *told) error {
		for m, code := range t.codes {
			got, ok, err := w.Outcome(ctx, t.id, m)
			if err != nil {
				return err
			}
			if !ok || got != code {
				return errors.New("another ballot counts than its voter was told")
			}
			t.outcomes++
		}
		return nil
	},
	func(ctx context.Context, w *world, t *told) error { return w.Forget(ctx, t.id) },
	func(ctx context.Context, w *world, _ *told) error { return w.Sweep(ctx) },
}

// live does the deeds from one on, and says where it stopped and why.
func live(ctx context.Context, w *world, deeds []deed, from int, t *told) (int, error) {
	for i := from; i < len(deeds); i++ {
		if err := deeds[i](ctx, w, t); err != nil {
			return i, err
		}
	}
	return len(deeds), nil
}

// small polls have three people who vote.
func small(w *world, m *mortal) {
	cfg := voting.Defaults()
	cfg.MinBallots = 3
	w.Polls = voting.New(dyingLedger{w.store, m}, dyingVault{w.vault, m}, rand.Reader, cfg)
}

// A process that dies at any step of a poll's life, before or after it, leaves what the next one
// can go on with: nothing that anybody was told becomes untrue.
func TestDeathAtEveryStep(t *testing.T) {
	for _, c := range []struct {
		name  string
		terms voting.Terms
	}{
		{"sealed", voting.Terms{}},
		{"open, the first counts", voting.Terms{Level: voting.Open, NoRevote: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			deeds, died := course(4, c.terms), true
			at := 0
			for ; died; at++ {
				died = dieAt(t, deeds, at+1, c.terms)
			}
			if at < 25 {
				t.Errorf("only %d steps", at)
			}
		})
	}
}

// dieAt lives until a step, dies there, and lives on; it says whether there was such a step.
func dieAt(t *testing.T, deeds []deed, at int, terms voting.Terms) bool {
	t.Helper()
	w, m := newWorld(t), &mortal{at: at}
	small(w, m)
	said := &told{codes: make(map[voting.Member]string)}
	from, err := live(t.Context(), w, deeds, 0, said)
	if err != nil && !errors.Is(err, errDied) {
		t.Fatalf("step %d, deed %d: %v", at, from, err)
	}
	w = w.again()
	small(w, &mortal{})
	check(t, w.Sweep(t.Context()))
	if ended, err := live(t.Context(), w, deeds, from, said); err != nil {
		t.Fatalf("dead at step %d in deed %d; later, in deed %d: %v", at, from, ended, err)
	}
	p, err := w.Poll(t.Context(), said.id)
	check(t, err)
	if p.State != voting.StateDone || !slices.Equal(p.Result.Sums, []int{3, 0, 0}) || len(said.codes) != 3 || said.outcomes < 3 || len(w.keyFiles()) != 0 {
		t.Fatalf("dead at step %d in deed %d: %s, %+v, told %+v, key files %v", at, from, p.State, p.Result, said, w.keyFiles())
	}
	if terms.Level == voting.Open {
		return m.dead()
	}
	if report, err := belenios.Verify(said.archive); err != nil || report.ClosedHash != said.hash {
		t.Fatalf("dead at step %d in deed %d: %+v, %v", at, from, report, err)
	}
	return m.dead()
}
