package voting_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

func TestLaterVoteReplaces(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	first := w.vote(p.ID, voting.No, voting.No, voting.No, voting.No, voting.No)
	again := w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes)
	if first[0].Replaced || !again[0].Replaced {
		t.Errorf("replaced: first %v, then %v", first[0].Replaced, again[0].Replaced)
	}
	if again[0].Answer != voting.Yes || again[0].Code == first[0].Code || again[0].Code != belenios.Code(again[0].Tracker) {
		t.Errorf("receipt %+v after %+v", again[0], first[0])
	}
	if got := w.turnout(p.ID); got != 5 {
		t.Errorf("%d ballots, want 5", got)
	}
	w.close(p.ID)
	counted, _ := w.tally(p.ID)
	if want := []int{3, 2, 0}; !slices.Equal(counted.Result.Sums, want) || !counted.Result.Adopted {
		t.Errorf("result %+v, want sums %v, adopted", counted.Result, want)
	}
	for i, code := range []string{again[0].Code, again[1].Code, again[2].Code, first[3].Code, first[4].Code} {
		got, ok, err := w.Outcome(t.Context(), p.ID, members(5)[i])
		if err != nil || !ok || got != code {
			t.Errorf("member %d: %q, %v, %v, want %q", i, got, ok, err, code)
		}
	}
}

func TestOnlyTheEntitledCastOnlyAnswers(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	for _, c := range []struct {
		name   string
		member voting.Member
		answer int
		want   error
	}{
		{"stranger", "@stranger:example.org", voting.Yes, voting.ErrNotEntitled},
		{"nobody", "", voting.Yes, voting.ErrNotEntitled},
		{"other spelling", "@MEMBER0:example.org", voting.Yes, voting.ErrNotEntitled},
		{"no such answer", asker, 3, voting.ErrAnswer},
		{"negative answer", asker, -1, voting.ErrAnswer},
	} {
		if _, err := w.Fold(t.Context(), p.ID, c.member, c.answer); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := w.Fold(t.Context(), "unknown", asker, voting.Yes); !errors.Is(err, voting.ErrUnknown) {
		t.Errorf("unknown poll: got %v", err)
	}
	if _, err := w.Token(t.Context(), p.ID, "@stranger:example.org"); !errors.Is(err, voting.ErrNotEntitled) {
		t.Errorf("token of a stranger: got %v", err)
	}
}

func TestEverybodyAtOnce(t *testing.T) {
	w := newWorld(t)
	const n = 8
	p := w.open(n)
	var all sync.WaitGroup
	for i, m := range members(n) {
		all.Go(func() {
			e, err := w.Fold(t.Context(), p.ID, m, i%2)
			if err == nil {
				_, err = w.Cast(t.Context(), e)
			}
			if err != nil {
				t.Errorf("%s: %v", m, err)
			}
		})
	}
	all.Wait()
	w.close(p.ID)
	counted, _ := w.tally(p.ID)
	if want := []int{4, 4, 0}; !slices.Equal(counted.Result.Sums, want) || counted.Result.Adopted {
		t.Errorf("result %+v, want %v, rejected", counted.Result, want)
	}
}

// Of several votes of one person at once one counts, and its code is one that the person got.
func TestOneMemberAtOnce(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	w.vote(p.ID, voting.No, voting.No, voting.No, voting.No)
	m := members(5)[4]
	receipts := make(chan voting.Receipt, 4)
	var all sync.WaitGroup
	for i := range cap(receipts) {
		all.Go(func() {
			e, err := w.Fold(t.Context(), p.ID, m, i%2)
			if err != nil {
				t.Error(err)
				return
			}
			r, err := w.Cast(t.Context(), e)
			if err != nil {
				t.Error(err)
			}
			receipts <- r
		})
	}
	all.Wait()
	close(receipts)
	answers, firsts := make(map[string]int), 0
	for r := range receipts {
		answers[r.Code] = r.Answer
		if !r.Replaced {
			firsts++
		}
	}
	if len(answers) != 4 || firsts != 1 {
		t.Errorf("%d codes, %d of them first, want 4 and 1", len(answers), firsts)
	}
	w.close(p.ID)
	counted, _ := w.tally(p.ID)
	code, ok, err := w.Outcome(t.Context(), p.ID, m)
	answer, known := answers[code]
	if err != nil || !ok || !known {
		t.Fatalf("counted under %q (%v, %v), which is no receipt's", code, ok, err)
	}
	want := []int{0, 4, 0}
	want[answer]++
	if !slices.Equal(counted.Result.Sums, want) {
		t.Errorf("sums %v, want %v", counted.Result.Sums, want)
	}
}

// A ballot of the election that was never opened does not get into the one that was.
func TestEnvelopeOfAnotherElection(t *testing.T) {
	w := newWorld(t)
	id := w.draft(5).ID
	e := elsewhere(w, id)
	check(t, second(w.Start(t.Context(), w.prepare(id), opening)))
	if _, err := w.Cast(t.Context(), e); !errors.Is(err, voting.ErrNotOpen) {
		t.Errorf("got %v, want %v", err, voting.ErrNotOpen)
	}
	if got := w.turnout(id); got != 0 {
		t.Errorf("%d ballots, want none", got)
	}
}

// Where a text is waiting to be sent, its size tells nothing, and it opens for its own purpose only.
func TestSealedTexts(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	yes, err := w.Seal(t.Context(), p.ID, "receipt 1", []byte("Yes"))
	check(t, err)
	abstain, err := w.Seal(t.Context(), p.ID, "receipt 2", []byte("Abstention, of course"))
	check(t, err)
	if len(yes) != len(abstain) {
		t.Errorf("sizes %d and %d", len(yes), len(abstain))
	}
	if plain, err := w.Unseal(t.Context(), p.ID, "receipt 1", yes); err != nil || string(plain) != "Yes" {
		t.Errorf("got %q, %v", plain, err)
	}
	if _, err := w.Unseal(t.Context(), p.ID, "receipt 2", yes); err == nil {
		t.Error("opened under another label")
	}
	for size := range 3000 {
		if size%97 != 0 && size%1024 > 2 {
			continue
		}
		sealed, err := w.Seal(t.Context(), p.ID, "x", make([]byte, size))
		check(t, err)
		if plain, err := w.Unseal(t.Context(), p.ID, "x", sealed); err != nil || len(plain) != size {
			t.Errorf("size %d: got %d, %v", size, len(plain), err)
		}
	}
}
