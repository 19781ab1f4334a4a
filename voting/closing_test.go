package voting_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// start opens a motion of n people on some terms.
func (w *world) start(n int, terms voting.Terms) *voting.Poll {
	w.t.Helper()
	d := motion(group, members(n)...)
	d.Terms = terms
	p, err := w.Draft(w.t.Context(), d)
	check(w.t, err)
	p, err = w.Start(w.t.Context(), w.prepare(p.ID), opening)
	check(w.t, err)
	return p
}

// What is kept at the close is the beginning of the archive, with the time of the opening on every
// record; who voted is read from it.
func TestTheCloseKeepsTheBallots(t *testing.T) {
	w := newWorld(t)
	p := w.open(7)
	w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.Abstain, voting.No)
	if _, err := w.Voted(t.Context(), p.ID); !errors.Is(err, voting.ErrNotClosed) {
		t.Errorf("who voted, while it is open: %v", err)
	}
	closed := w.close(p.ID)
	ballots, err := w.store.Paper(t.Context(), p.ID, "ballots")
	check(t, err)
	w = w.again()
	for range 2 {
		report, err := belenios.Verify(ballots)
		if err != nil || report.Status != belenios.Incomplete || report.ClosedHash != closed.ClosedHash || report.Counted != 5 {
			t.Errorf("the closed ballots: %+v, %v", report, err)
		}
		voted, err := w.Voted(t.Context(), p.ID)
		if err != nil || !slices.Equal(voted, members(5)) {
			t.Errorf("voted: %v, %v", voted, err)
		}
		for i, m := range members(7) {
			code, ok, err := w.Outcome(t.Context(), p.ID, m)
			if err != nil || ok != (i < 5) || ok != (code != "") {
				t.Errorf("%s: %q, %v, %v", m, code, ok, err)
			}
		}
		counted, archive := w.tally(p.ID)
		if !counted.Result.At.Equal(closing) {
			t.Errorf("counted at %v", counted.Result.At)
		}
		if !bytes.HasPrefix(archive, ballots) || !bytes.Contains(archive[:1024], []byte(`"timestamp":"1800000000"`)) {
			t.Error("the archive does not begin with the ballots, or has another time")
		}
	}
	check(t, w.Forget(t.Context(), p.ID))
	if left, err := w.store.Paper(t.Context(), p.ID, "ballots"); left != nil || err != nil {
		t.Errorf("at the end there are the archive and the ballots, %v", err)
	}
}

// What was read of a close that was not committed says nothing about the close that was.
func TestACloseThatWasNotCommitted(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
	w.failing(func(ctx context.Context) error {
		check(t, second(w.Close(ctx, p.ID, closing)))
		return second(w.Voted(ctx, p.ID))
	})
	w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
	w.close(p.ID)
	if voted, err := w.Voted(t.Context(), p.ID); err != nil || len(voted) != 6 {
		t.Errorf("voted: %v, %v", voted, err)
	}
}

// A ballot that belongs to nobody on the roll was stuffed: there is no verdict.
func TestAsManyVotersAsBallots(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
	w.close(p.ID)
	key := "poll-" + string(p.ID)
	tokens, err := w.store.Tokens(t.Context(), string(p.ID))
	check(t, err)
	plain, err := w.vault.Open(key, "tokens", tokens)
	check(t, err)
	first, err := w.Token(t.Context(), p.ID, members(6)[0])
	check(t, err)
	last, err := w.Token(t.Context(), p.ID, members(6)[5])
	check(t, err)
	plain = bytes.Replace(plain, []byte(first), []byte(last), 1) // who voted is now said to be somebody who did not
	tokens, err = w.vault.Seal(key, "tokens", plain)
	check(t, err)
	check(t, second(w.store.DB().Exec(t.Context(), `UPDATE token SET sealed = $1`, tokens)))
	if voted, err := w.Voted(t.Context(), p.ID); !errors.Is(err, voting.ErrNumbers) {
		t.Errorf("voted: %v, %v", voted, err)
	}
	if _, _, err := w.Tally(t.Context(), p.ID, closing); !errors.Is(err, voting.ErrNumbers) || !errors.Is(err, voting.ErrChanged) {
		t.Errorf("counted: %v", err)
	}
}

func TestObjections(t *testing.T) {
	w := newWorld(t)
	p := w.start(6, voting.Terms{Objection: 10 * time.Minute})
	object := func(m voting.Member, why string) error {
		return second(w.Object(t.Context(), p.ID, m, why, closing.Add(time.Minute+time.Millisecond)))
	}
	count := func(after time.Duration) error {
		_, _, err := w.Tally(t.Context(), p.ID, closing.Add(after))
		return err
	}
	held := func(want bool, n int) {
		t.Helper()
		w = w.again()
		got, err := w.Poll(t.Context(), p.ID)
		check(t, err)
		if got.Held() != want || len(got.Objections) != n {
			t.Errorf("held %v with %+v", got.Held(), got.Objections)
		}
	}
	w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.Abstain, voting.No)
	if closed := w.close(p.ID); !closed.OpensAt().Equal(closing.Add(10*time.Minute)) || closed.Held() {
		t.Errorf("opens at %v, held %v", closed.OpensAt(), closed.Held())
	}
	if err := count(10*time.Minute - time.Second); !errors.Is(err, voting.ErrTooEarly) {
		t.Errorf("counted too early: %v", err)
	}
	if err := object("@stranger:x", "why?"); !errors.Is(err, voting.ErrNotEntitled) {
		t.Errorf("a stranger: %v", err)
	}
	check(t, object(members(6)[2], " I was not let in.\n"))
	held(true, 1)
	if err := count(time.Hour); !errors.Is(err, voting.ErrHeld) {
		t.Errorf("counted in spite of an objection: %v", err)
	}
	check(t, second(w.Proceed(t.Context(), p.ID)))
	held(false, 1)
	check(t, object(members(6)[3], ""))
	held(true, 2)
	check(t, second(w.Proceed(t.Context(), p.ID)))
	check(t, second(w.Proceed(t.Context(), p.ID)))
	if err := count(time.Minute); !errors.Is(err, voting.ErrTooEarly) {
		t.Errorf("going on does not shorten the time: %v", err)
	}
	check(t, count(10*time.Minute))
	check(t, object(asker, "too late, but"))
	check(t, w.Forget(t.Context(), p.ID))
	check(t, object("@stranger:x", "whom nobody knows any more"))
	held(false, 4)
	got, err := w.Poll(t.Context(), p.ID)
	check(t, err)
	if want := (voting.Objection{Member: members(6)[2], Why: "I was not let in.", At: closing.Add(time.Minute)}); got.Objections[0] != want {
		t.Errorf("got %+v, want %+v", got.Objections[0], want)
	}
	if err := object(asker, string(make([]byte, 1001))); !errors.Is(err, voting.ErrLongQuestion) {
		t.Errorf("a long one: %v", err)
	}
}

func TestManyObjections(t *testing.T) {
	w := newWorld(t)
	p := w.start(6, voting.Terms{})
	for range 100 {
		check(t, second(w.Object(t.Context(), p.ID, asker, "no", opening)))
	}
	if _, err := w.Object(t.Context(), p.ID, asker, "no", opening); !errors.Is(err, voting.ErrObjections) {
		t.Errorf("one more: %v", err)
	}
	check(t, w.Abandon(t.Context(), p.ID))
	if _, err := w.Object(t.Context(), p.ID, asker, "no", opening); !errors.Is(err, voting.ErrNotOpen) {
		t.Errorf("to what was ended: %v", err)
	}
}

// A poll whose key file is gone is found at the start, and said to be so by whatever needs the key.
func TestKeylessPolls(t *testing.T) {
	w := newWorld(t)
	fine, open, closed, counted, public := w.open(5), w.open(5), w.open(5), w.open(5), w.start(5, voting.Terms{Level: voting.Open})
	w.draft(5)
	for _, p := range []*voting.Poll{closed, counted} {
		w.vote(p.ID, 0, 0, 0, 0, 0)
		w.close(p.ID)
	}
	w.tally(counted.ID)
	envelope := w.fold(open.ID, asker, voting.Yes)
	if gone, err := w.Keyless(t.Context()); len(gone) != 0 || err != nil {
		t.Fatalf("%d polls, %v", len(gone), err)
	}
	for _, p := range []*voting.Poll{open, closed, counted, public} {
		check(t, w.vault.Remove("poll-"+string(p.ID)))
	}
	w = w.again()
	gone, err := w.Keyless(t.Context())
	var ids []voting.ID
	for _, p := range gone {
		ids = append(ids, p.ID)
	}
	if want := []voting.ID{public.ID, closed.ID, open.ID}; err != nil || !slices.Equal(ids, want) {
		t.Fatalf("got %v, %v, want %v", ids, err, want)
	}
	_, _, tally := w.Tally(t.Context(), closed.ID, closing)
	_, fold := w.Fold(t.Context(), open.ID, asker, voting.Yes)
	_, token := w.Token(t.Context(), open.ID, asker)
	_, seal := w.Seal(t.Context(), open.ID, "x", nil)
	_, voted := w.Voted(t.Context(), closed.ID)
	_, _, turnout := w.Turnout(t.Context(), public.ID)
	for name, err := range map[string]error{"tally": tally, "fold": fold, "token": token, "seal": seal, "voted": voted, "turnout": turnout} {
		if !errors.Is(err, voting.ErrKeyLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
	check(t, second(w.Cast(t.Context(), envelope))) // was sealed in time
	for _, p := range gone {
		check(t, w.Abandon(t.Context(), p.ID))
	}
	check(t, w.Sweep(t.Context()))
	if gone, err := w.Keyless(t.Context()); len(gone) != 0 || err != nil || len(w.keyFiles()) != 1 || w.state(fine.ID) != voting.StateOpen {
		t.Errorf("after that: %d polls, %v, key files %v", len(gone), err, w.keyFiles())
	}
}

// meddling is a ledger in which something happens right before a transaction.
type meddling struct {
	*store.Store
	before func()
}

func (m *meddling) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	if before := m.before; before != nil {
		m.before = nil
		before()
	}
	return m.Store.Tx(ctx, fn)
}

// An objection while the sum is being opened comes in time: nothing is kept or said of it.
func TestAnObjectionInTheLastMoment(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.No, voting.No)
	w.close(p.ID)
	ledger := &meddling{Store: w.store}
	other := voting.New(ledger, w.vault, rand.Reader, voting.Defaults())
	ledger.before = func() { check(t, second(w.Object(t.Context(), p.ID, asker, "wait", closing))) }
	counted, archive, err := other.Tally(t.Context(), p.ID, closing)
	if !errors.Is(err, voting.ErrHeld) || counted != nil || archive != nil || w.state(p.ID) != voting.StateClosed {
		t.Errorf("got %+v, %v", counted, err)
	}
	check(t, second(w.Proceed(t.Context(), p.ID)))
	w.tally(p.ID)
}
