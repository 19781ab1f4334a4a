package voting_test

import (
	"context"
	"errors"
	"testing"

	"stimmbote/voting"
)

// commands are all that may be done to a poll.
var commands = []struct {
	name string
	do   func(ctx context.Context, w *world, s subject) error
}{
	{"cancel", func(ctx context.Context, w *world, s subject) error { return w.Cancel(ctx, s.id) }},
	{"prepare", func(ctx context.Context, w *world, s subject) error { return second(w.Prepare(ctx, s.id)) }},
	{"start", func(ctx context.Context, w *world, s subject) error { return second(w.Start(ctx, s.setup, opening)) }},
	{"fold", func(ctx context.Context, w *world, s subject) error {
		return second(w.Fold(ctx, s.id, asker, voting.Yes))
	}},
	{"cast", func(ctx context.Context, w *world, s subject) error { return second(w.Cast(ctx, s.envelope)) }},
	{"close", func(ctx context.Context, w *world, s subject) error { return second(w.Close(ctx, s.id, closing)) }},
	{"tally", func(ctx context.Context, w *world, s subject) error {
		_, _, err := w.Tally(ctx, s.id, closing)
		return err
	}},
	{"outcome", func(ctx context.Context, w *world, s subject) error {
		_, _, err := w.Outcome(ctx, s.id, asker)
		return err
	}},
	{"discard", func(ctx context.Context, w *world, s subject) error { return w.Discard(ctx, s.id) }},
	{"forget", func(ctx context.Context, w *world, s subject) error { return w.Forget(ctx, s.id) }},
	{"abandon", func(ctx context.Context, w *world, s subject) error { return w.Abandon(ctx, s.id) }},
}

// subject is a poll and what was made for it in time.
type subject struct {
	id       voting.ID
	setup    *voting.Setup
	envelope *voting.Envelope
}

func second[T any](_ T, err error) error { return err }

// step is what a command has to lead to: an error or, without one, a state.
type step struct {
	err error
	to  voting.State
}

func refused(err error) step       { return step{err: err} }
func becomes(to voting.State) step { return step{to: to} }
func transitions() map[voting.State][]step {
	draft, open, closed, counted, done, cancelled := becomes(voting.StateDraft), becomes(voting.StateOpen),
		becomes(voting.StateClosed), becomes(voting.StateCounted), becomes(voting.StateDone), becomes(voting.StateCancelled)
	noDraft, notOpen, notClosed, notCounted := refused(voting.ErrNotDraft), refused(voting.ErrNotOpen),
		refused(voting.ErrNotClosed), refused(voting.ErrNotCounted)
	return map[voting.State][]step{ // cancel prepare start fold cast close tally outcome discard forget abandon
		voting.StateDraft:     {cancelled, draft, open, notOpen, notOpen, notOpen, notClosed, notClosed, notOpen, notCounted, notOpen},
		voting.StateOpen:      {noDraft, noDraft, noDraft, open, open, closed, notClosed, notClosed, cancelled, notCounted, cancelled},
		voting.StateClosed:    {noDraft, noDraft, noDraft, notOpen, notOpen, closed, counted, closed, notOpen, notCounted, cancelled},
		voting.StateCounted:   {noDraft, noDraft, noDraft, notOpen, notOpen, counted, counted, counted, notOpen, done, notOpen},
		voting.StateDone:      {noDraft, noDraft, noDraft, notOpen, notOpen, done, done, notClosed, notOpen, done, done},
		voting.StateCancelled: {cancelled, noDraft, noDraft, notOpen, notOpen, notOpen, notClosed, notClosed, cancelled, notCounted, cancelled},
	}
}

func TestTransitions(t *testing.T) {
	w := newWorld(t)
	s := subject{id: w.draft(6).ID}
	used := w.prepare(s.id)
	s.setup = w.prepare(s.id)
	holds := func(state voting.State) {
		t.Helper()
		if got := w.state(s.id); got != state {
			t.Fatalf("the poll is %s, want %s", got, state)
		}
		check(t, w.store.Close()) // everything is in the files now
		for i, want := range transitions()[state] {
			t.Run(string(state)+" "+commands[i].name, func(t *testing.T) { tryStep(t, w.dir, s, commands[i].do, state, want) })
		}
		w = openWorld(t, w.dir)
	}
	s.envelope = elsewhere(w, s.id)
	holds(voting.StateDraft)
	s.setup = w.prepare(s.id) // the one before is used up
	check(t, second(w.Start(t.Context(), used, opening)))
	s.envelope = w.fold(s.id, asker, voting.No)
	w.vote(s.id, voting.Yes, voting.Yes, voting.No, voting.Abstain, voting.Yes)
	holds(voting.StateOpen)
	w.close(s.id)
	holds(voting.StateClosed)
	w.tally(s.id)
	holds(voting.StateCounted)
	check(t, w.Forget(t.Context(), s.id))
	holds(voting.StateDone)
	s = subject{id: w.draft(5).ID}
	s.setup = w.prepare(s.id)
	check(t, second(w.Start(t.Context(), w.prepare(s.id), opening)))
	s.envelope = w.fold(s.id, asker, voting.No)
	check(t, w.Discard(t.Context(), s.id))
	holds(voting.StateCancelled)
}

// tryStep does one command to a copy of the folder.
func tryStep(t *testing.T, dir string, s subject, do func(context.Context, *world, subject) error, from voting.State, want step) {
	w := openWorld(t, copied(t, dir))
	err := do(t.Context(), w, s)
	if !errors.Is(err, want.err) {
		t.Fatalf("got %v, want %v", err, want.err)
	}
	if want.err != nil {
		want.to = from
	}
	if got := w.state(s.id); got != want.to {
		t.Errorf("the poll is %s now, want %s", got, want.to)
	}
}

// elsewhere is an envelope for a poll that is a draft still: opened in a copy of the folder.
func elsewhere(w *world, id voting.ID) *voting.Envelope {
	w.t.Helper()
	check(w.t, w.store.Scrub(w.t.Context()))
	other := openWorld(w.t, copied(w.t, w.dir))
	check(w.t, second(other.Start(w.t.Context(), other.prepare(id), opening)))
	return other.fold(id, asker, voting.No)
}
