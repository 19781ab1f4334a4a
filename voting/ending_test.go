package voting_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

func TestWhoMayDraft(t *testing.T) {
	w := newWorld(t)
	long := string(bytes.Repeat([]byte("ä"), 1001))
	for _, c := range []struct {
		name   string
		change func(d *voting.Draft)
		want   error
	}{
		{"fine", func(*voting.Draft) {}, nil},
		{"longest question", func(d *voting.Draft) { d.Question = long[2:] }, nil},
		{"no question", func(d *voting.Draft) { d.Question = " \n" }, voting.ErrNoQuestion},
		{"long question", func(d *voting.Draft) { d.Question = long }, voting.ErrLongQuestion},
		{"small group", func(d *voting.Draft) { d.Roll = d.Roll[:4] }, voting.ErrSmallGroup},
		{"somebody twice", func(d *voting.Draft) { d.Roll[4] = d.Roll[0] }, voting.ErrSmallGroup},
		{"no name", func(d *voting.Draft) { d.Roll[2] = "" }, voting.ErrMember},
		{"two names in one", func(d *voting.Draft) { d.Roll[2] = "@a:b\n@c:d" }, voting.ErrMember},
		{"two answers", func(d *voting.Draft) { d.Answers = d.Answers[:2] }, voting.ErrAnswer},
	} {
		d := motion(group, members(5)...)
		c.change(&d)
		if _, err := w.Draft(t.Context(), d); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

func TestNothingIsOpenedBelowFive(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
	_, err := w.Close(t.Context(), p.ID, closing)
	var refusal *voting.Refusal
	if !errors.Is(err, voting.ErrTooFew) || !errors.As(err, &refusal) || !slices.Equal(refusal.Args, []any{"cast", 4, "min", 5}) {
		t.Errorf("got %v", err)
	}
	if got := w.state(p.ID); got != voting.StateOpen {
		t.Errorf("the poll is %s", got)
	}
	w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
	w.close(p.ID)
}

func TestCountSurvivesRestarts(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	receipts := w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.Abstain, voting.No)
	w = w.again()
	closed := w.close(p.ID)
	w = w.again()
	later, err := w.Close(t.Context(), p.ID, closing.Add(1))
	check(t, err)
	if closed.ClosedHash == "" || later.ClosedHash != closed.ClosedHash || !later.Closed.Equal(closing) {
		t.Errorf("closed again: %q at %v, was %q at %v", later.ClosedHash, later.Closed, closed.ClosedHash, closed.Closed)
	}
	counted, archive := w.tally(p.ID)
	if key, err := w.store.Paper(t.Context(), p.ID, "key"); key != nil || err != nil {
		t.Errorf("the key of the sum after the count: %x, %v", key, err)
	}
	report, err := belenios.Verify(archive)
	if err != nil || report.Status != belenios.Complete || report.ClosedHash != closed.ClosedHash ||
		report.Fingerprint != p.Fingerprint || report.RollHash != p.RollHash {
		t.Errorf("verification: %v, %+v", err, report)
	}
	if want := []int{2, 2, 1}; !slices.Equal(counted.Result.Sums, want) || counted.Result.Adopted || counted.Result.Entitled != 6 {
		t.Errorf("result %+v, want %v of 6, rejected", counted.Result, want)
	}
	w = w.again()
	for i, m := range members(6) {
		code, ok, err := w.Outcome(t.Context(), p.ID, m)
		if err != nil || ok != (i < 5) || ok && code != receipts[i].Code {
			t.Errorf("%s: %q, %v, %v", m, code, ok, err)
		}
	}
	check(t, w.Forget(t.Context(), p.ID))
	check(t, w.Sweep(t.Context()))
	w = w.again()
	if _, same := w.tally(p.ID); !bytes.Equal(same, archive) {
		t.Error("another archive at the end")
	}
	if done, err := w.Poll(t.Context(), p.ID); err != nil || len(done.Roll) != 0 || done.Result == nil {
		t.Errorf("at the end: %+v, %v", done, err)
	}
}

// Who changes the database between close and count gets no result.
func TestNothingIsCountedThatWasChanged(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.No)
	p = w.close(p.ID)
	places, err := w.store.Places(t.Context(), string(p.ID))
	check(t, err)
	closed, err := w.store.Paper(t.Context(), p.ID, "ballots")
	check(t, err)
	check(t, w.store.Close())
	put := func(w *world, archive []byte) error { return w.store.PutPaper(t.Context(), p.ID, "ballots", archive) }
	for _, c := range []struct {
		name   string
		change func(w *world) error
	}{
		{"a ballot taken out", func(w *world) error {
			clear(places[2].Ballot)
			return errors.Join(w.store.PutPlace(t.Context(), string(p.ID), places[2]), w.store.DropPaper(t.Context(), p.ID, "ballots"))
		}},
		{"a byte changed", func(w *world) error {
			changed := bytes.Clone(closed)
			changed[len(changed)/2] ^= 1
			return put(w, changed)
		}},
		{"an end cut off", func(w *world) error { return put(w, closed[:len(closed)/1024*512]) }},
		{"the ballots of another poll", func(w *world) error {
			other := w.open(5)
			w.vote(other.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
			w.close(other.ID)
			archive, err := w.store.Paper(t.Context(), other.ID, "ballots")
			return errors.Join(err, put(w, archive))
		}},
		{"another question", func(w *world) error {
			changed := *p
			changed.Answers = []string{"No", "Yes", "Abstain"}
			return w.store.PutPoll(t.Context(), &changed)
		}},
		{"a name off the roll", func(w *world) error {
			_, err := w.store.DB().Exec(t.Context(), `DELETE FROM roll WHERE member = $1`, asker)
			return err
		}},
		{"another roll hash", func(w *world) error {
			changed := *p
			changed.RollHash = p.ClosedHash
			return w.store.PutPoll(t.Context(), &changed)
		}},
	} {
		w := openWorld(t, copied(t, w.dir))
		check(t, c.change(w))
		counted, archive, err := w.Tally(t.Context(), p.ID, closing)
		if !errors.Is(err, voting.ErrChanged) || counted != nil || archive != nil || w.state(p.ID) != voting.StateClosed {
			t.Errorf("%s: got %v, the poll is %s", c.name, err, w.state(p.ID))
		}
	}
}

// Whatever is begun in a transaction that is not committed has not happened, and can be done anew.
func TestDeathBeforeTheCommit(t *testing.T) {
	w := newWorld(t)
	id := w.draft(5).ID
	setup := w.prepare(id)
	w.failing(func(ctx context.Context) error { return second(w.Start(ctx, setup, opening)) })
	if got := w.state(id); got != voting.StateDraft {
		t.Fatalf("the poll is %s", got)
	}
	if len(w.keyFiles()) != 1 {
		t.Fatalf("key files %v, want the one that was left", w.keyFiles())
	}
	left, err := w.vault.Key(w.keyFiles()[0])
	check(t, err)
	check(t, w.Sweep(t.Context()))
	check(t, second(w.Start(t.Context(), w.prepare(id), opening)))
	key, err := w.vault.Key(w.keyFiles()[0])
	check(t, err)
	if bytes.Equal(left, key) {
		t.Error("the key of the opening that was not committed is used")
	}

	w.vote(id, voting.No, voting.No, voting.No, voting.No, voting.No)
	lost := w.fold(id, asker, voting.Yes)
	w.failing(func(ctx context.Context) error { return second(w.Cast(ctx, lost)) })
	w.failing(func(ctx context.Context) error { return w.Discard(ctx, id) })
	w.failing(func(ctx context.Context) error { return second(w.Close(ctx, id, closing)) })
	if got := w.state(id); got != voting.StateOpen {
		t.Fatalf("the poll is %s", got)
	}
	w = w.again()
	w.close(id)
	counted, _ := w.tally(id)
	if want := []int{0, 5, 0}; !slices.Equal(counted.Result.Sums, want) {
		t.Errorf("sums %v, want %v", counted.Result.Sums, want)
	}
	w.failing(func(ctx context.Context) error { return w.Forget(ctx, id) })
	if _, _, err := w.Outcome(t.Context(), id, asker); err != nil {
		t.Errorf("after an end that was not committed: %v", err)
	}
	check(t, w.Forget(t.Context(), id)) // and the process dies before the sweep
	w = w.again()
	check(t, w.Sweep(t.Context()))
	if names := w.keyFiles(); len(names) != 0 {
		t.Errorf("key files %v are left", names)
	}
}

func TestSweepLeavesWhatIsNeeded(t *testing.T) {
	w := newWorld(t)
	check(t, w.vault.Create("account"))
	check(t, w.vault.Create("poll-ofNobody"))
	p := w.open(5)
	check(t, w.Sweep(t.Context()))
	if want := []string{"account", "poll-ofNobody", "poll-" + string(p.ID)}; len(w.keyFiles()) != len(want) {
		t.Errorf("key files %v, want %v", w.keyFiles(), want)
	}
	w.failing(func(ctx context.Context) error {
		check(t, w.Discard(ctx, p.ID))
		if w.Sweep(ctx) == nil {
			t.Error("swept before the commit")
		}
		return nil
	})
	if len(w.keyFiles()) != 3 {
		t.Errorf("key files %v", w.keyFiles())
	}
}

// At the end no file of the folder has a token, the key of the poll or a receipt, and the key
// that could have opened what was sealed is gone.
func TestNothingIsLeftAtTheEnd(t *testing.T) {
	for _, end := range []string{"forget", "discard"} {
		t.Run(end, func(t *testing.T) {
			w := newWorld(t)
			p := w.open(5)
			var secrets []string
			for _, m := range members(5) {
				token, err := w.Token(t.Context(), p.ID, m)
				check(t, err)
				secrets = append(secrets, token)
			}
			for _, r := range w.vote(p.ID, voting.Yes, voting.Yes, voting.No, voting.No, voting.Abstain) {
				secrets = append(secrets, r.Code)
			}
			wrapping, err := w.vault.Key("poll-" + string(p.ID))
			check(t, err)
			sealedTokens, err := w.store.Tokens(t.Context(), string(p.ID))
			check(t, err)
			sealedKey, err := w.store.Paper(t.Context(), p.ID, "key")
			check(t, err)
			pollKey, err := w.vault.Open("poll-"+string(p.ID), "key", sealedKey)
			check(t, err)
			secrets = append(secrets, string(pollKey))
			for _, secret := range secrets {
				if found := w.find(secret); found != nil {
					t.Errorf("while it is open, a secret lies in %v", found)
				}
			}
			if w.find(string(sealedTokens)[:100]) == nil || w.find(string(wrapping)) == nil {
				t.Fatal("the search finds nothing at all")
			}

			if end == "discard" {
				check(t, w.Discard(t.Context(), p.ID))
			} else {
				w.close(p.ID)
				w.tally(p.ID)
				check(t, w.Forget(t.Context(), p.ID))
			}
			check(t, w.Sweep(t.Context()))
			secrets = append(secrets, string(wrapping), string(sealedKey), string(sealedTokens)[:100], "@member3:example.org")
			for i, secret := range secrets {
				if found := w.find(secret); found != nil {
					t.Errorf("at the end, secret %d lies in %v", i, found)
				}
			}
			if names := w.keyFiles(); len(names) != 0 {
				t.Errorf("key files %v are left", names)
			}
			if _, err := w.Token(t.Context(), p.ID, asker); !errors.Is(err, voting.ErrNotEntitled) {
				t.Errorf("a token at the end: %v", err)
			}
		})
	}
}

// TestMove takes the polls of a group into another place, where they go on.
func TestMove(t *testing.T) {
	const elsewhere = voting.Place("!new:example.org")
	w := newWorld(t)
	open := w.open(5)
	check(t, w.Move(t.Context(), group, elsewhere))
	w = w.again()
	if here, err := w.InPlace(t.Context(), group); err != nil || len(here) != 0 {
		t.Errorf("in the old place: %v, %v", here, err)
	}
	w.vote(open.ID, 0, 0, 0, 0, 0)
	w.close(open.ID)
	w.tally(open.ID)
	there, err := w.InPlace(t.Context(), elsewhere)
	if err != nil || len(there) != 1 || there[0].State != voting.StateCounted || there[0].Place != elsewhere {
		t.Errorf("in the new place: %+v, %v", there, err)
	}
}

// TestAbandonLeavesNothing ends a closed poll that cannot be counted.
func TestAbandonLeavesNothing(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	w.vote(p.ID, 0, 0, 0, 0, 0)
	w.close(p.ID)
	check(t, w.Abandon(t.Context(), p.ID))
	check(t, w.Sweep(t.Context()))
	if got := w.state(p.ID); got != voting.StateCancelled {
		t.Errorf("state %s", got)
	}
	if left := w.keyFiles(); len(left) != 0 {
		t.Errorf("key files left: %v", left)
	}
	if n := w.turnout(p.ID); n != 0 {
		t.Errorf("%d ballots left", n)
	}
}
