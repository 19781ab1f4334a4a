package voting_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/box"
)

// Whoever changes a ballot where it lies gets no false result: before the close its voter is found and
// can vote again; after it the poll cannot be counted and says so, and can be given up.
func TestDamagedBallots(t *testing.T) {
	w := newWorld(t)
	p := w.open(6)
	w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.Abstain, voting.No)
	places, err := w.store.Places(t.Context(), string(p.ID))
	check(t, err)
	check(t, w.store.Close())
	i := slices.IndexFunc(places, func(p box.Place) bool { return p.Ballot[0] != 0 })
	full, size := bytes.TrimRight(places[i].Ballot, "\x00"), len(places[i].Ballot)
	other := places[slices.IndexFunc(places, func(p box.Place) bool { return p.Ballot[0] != 0 && p.Credential != places[i].Credential })]
	middle := bytes.Index(full, []byte(`"individual_proofs"`))
	for name, ballot := range map[string][]byte{
		"cut short":               full[:len(full)-1],
		"a byte more":             append(bytes.Clone(full), '\n'),
		"no JSON":                 []byte("yes"),
		"another's ballot":        bytes.TrimRight(other.Ballot, "\x00"),
		"another credential":      bytes.Replace(full, []byte(places[i].Credential), []byte(other.Credential), 1),
		"a changed proof":         flipped(full, middle+60),
		"a changed signature":     flipped(full, len(full)-8),
		"no proofs":               slices.Concat(full[:middle], []byte(`"individual_proofs":[],`), full[bytes.Index(full, []byte(`"overall_proof"`)):]),
		"a choice less":           bytes.Replace(full, []byte(`"choices":[{`), []byte(`"choices":[[],{`), 1),
		"of an election long ago": bytes.Replace(full, []byte(`"election_uuid":"`+string(p.ID)), []byte(`"election_uuid":"AAAAAAAAAAAAAA`), 1),
	} {
		w := openWorld(t, copied(t, w.dir))
		place := box.Place{Credential: places[i].Credential, Ballot: make([]byte, max(size, len(ballot)))}
		copy(place.Ballot, ballot)
		check(t, w.store.PutPlace(t.Context(), string(p.ID), place))
		w.mends(p.ID, place)
		_, err := w.Close(t.Context(), p.ID, closing)
		if err == nil {
			_, _, err = w.Tally(t.Context(), p.ID, closing)
		}
		if !errors.Is(err, voting.ErrChanged) {
			t.Errorf("%s: %v", name, err)
		}
		check(t, w.Abandon(t.Context(), p.ID))
		check(t, w.Sweep(t.Context()))
		check(t, w.store.Close())
	}
}

// mends finds out, in a copy of the world, whose ballot is damaged, and lets them vote again.
func (w *world) mends(id voting.ID, damaged box.Place) {
	w.t.Helper()
	other := openWorld(w.t, copied(w.t, w.dir))
	defer func() { check(w.t, other.store.Close()) }()
	again, err := other.Mend(w.t.Context(), id)
	if err != nil || len(again) != 1 || other.turnout(id) != 4 {
		w.t.Fatalf("damaged are those of %v, %v; %d are left", again, err, other.turnout(id))
	}
	if more, err := other.Mend(w.t.Context(), id); len(more) != 0 || err != nil {
		w.t.Errorf("once more: %v, %v", more, err)
	}
	_, voted, err := other.Receipt(w.t.Context(), id, again[0])
	if err != nil || voted {
		w.t.Errorf("%s still has a ballot: %v", again[0], err)
	}
	r, err := other.Cast(w.t.Context(), other.fold(id, again[0], voting.Abstain))
	if err != nil || r.Replaced {
		w.t.Errorf("voting again: %+v, %v", r, err)
	}
	if ballot, _, err := other.store.Place(w.t.Context(), string(id), damaged.Credential); err != nil || ballot.Ballot[0] == 0 {
		w.t.Errorf("it does not lie in the place of the damaged one: %v", err)
	}
	other.close(id)
	if counted, _ := other.tally(id); counted.Result.Counted != 5 || counted.Result.Sums[voting.Abstain] < 1 {
		w.t.Errorf("result %+v", counted.Result)
	}
}

// flipped changes the digit or letter at a place into another one.
func flipped(ballot []byte, at int) []byte {
	changed := bytes.Clone(ballot)
	for changed[at] < '1' || changed[at] > '8' {
		at++
	}
	changed[at]++
	return changed
}

// The same envelope twice, or one that was late, is one ballot, and the last that came counts.
func TestDuplicatedAndReorderedCasts(t *testing.T) {
	w := newWorld(t)
	p := w.open(5)
	w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
	m := members(5)[4]
	late, early := w.fold(p.ID, m, voting.No), w.fold(p.ID, m, voting.Yes)
	var last voting.Receipt
	for i, e := range []*voting.Envelope{early, early, late, early, late, late} {
		r, err := w.Cast(t.Context(), e)
		if err != nil || r.Replaced != (i > 0) || i == 1 && r.Tracker != last.Tracker {
			t.Errorf("cast %d: %+v, %v", i, r, err)
		}
		last = r
	}
	if n := w.turnout(p.ID); n != 5 {
		t.Errorf("%d ballots", n)
	}
	w.close(p.ID)
	if _, err := w.Cast(t.Context(), early); !errors.Is(err, voting.ErrNotOpen) {
		t.Errorf("after the close: %v", err)
	}
	counted, _ := w.tally(p.ID)
	code, ok, err := w.Outcome(t.Context(), p.ID, m)
	if !slices.Equal(counted.Result.Sums, []int{4, 1, 0}) || code != last.Code || !ok || err != nil {
		t.Errorf("result %+v, %s, %v, %v", counted.Result, code, ok, err)
	}
}

// Where the first vote counts, exactly one of several at once is taken.
func TestOnlyOneOfSeveralAtOnce(t *testing.T) {
	for _, level := range []voting.Level{voting.Confidential, voting.Open} {
		w := newWorld(t)
		p := w.start(5, voting.Terms{Level: level, NoRevote: true})
		w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes)
		taken := make(chan int, 8)
		var all sync.WaitGroup
		for i := range cap(taken) {
			e := w.fold(p.ID, members(5)[4], i%3)
			all.Go(func() {
				switch r, err := w.Cast(t.Context(), e); {
				case err == nil:
					taken <- r.Answer
				case !errors.Is(err, voting.ErrVoted):
					t.Error(err)
				}
			})
		}
		all.Wait()
		close(taken)
		if len(taken) != 1 {
			t.Fatalf("%s: %d were taken", level, len(taken))
		}
		want := []int{4, 0, 0}
		want[<-taken]++
		w.close(p.ID)
		if counted, _ := w.tally(p.ID); !slices.Equal(counted.Result.Sums, want) {
			t.Errorf("%s: %+v, want %v", level, counted.Result, want)
		}
	}
}

// A vote that comes while the poll is closed is either taken and counted, or refused.
func TestCastsWhileItCloses(t *testing.T) {
	w := newWorld(t)
	const n = 12
	p := w.open(n)
	w.vote(p.ID, make([]int, 5)...)
	var envelopes []*voting.Envelope
	for _, m := range members(n) {
		envelopes = append(envelopes, w.fold(p.ID, m, voting.No))
	}
	var all sync.WaitGroup
	codes := make([]string, n)
	for i, e := range envelopes {
		all.Go(func() {
			switch r, err := w.Cast(t.Context(), e); {
			case err == nil:
				codes[i] = r.Code
			case !errors.Is(err, voting.ErrNotOpen):
				t.Error(err)
			}
		})
		if i == n/2 {
			all.Go(func() { check(t, second(w.Close(t.Context(), p.ID, closing))) })
		}
	}
	all.Wait()
	w.tally(p.ID)
	for i, m := range members(n) {
		code, ok, err := w.Outcome(t.Context(), p.ID, m)
		if err != nil || codes[i] != "" && code != codes[i] || ok != (i < 5 || codes[i] != "") {
			t.Errorf("%s was told %q and is counted as %q, %v, %v", m, codes[i], code, ok, err)
		}
	}
}

// On a full disk nothing is taken that is not kept, and everything goes on when there is room.
func TestFullDatabase(t *testing.T) {
	w := newWorld(t)
	w.store.DB().RawDB.SetMaxOpenConns(1) // the limit holds for a connection
	room := func(pages int) {
		t.Helper()
		check(t, second(w.store.DB().Exec(t.Context(), fmt.Sprintf("PRAGMA max_page_count=%d", pages))))
	}
	full := func(do func() error) {
		t.Helper()
		room(1) // as many as there are
		if err := do(); !store.Full(err) {
			t.Errorf("no room: %v", err)
		}
		room(1 << 20)
		check(t, do())
	}
	setup := w.prepare(w.draft(6).ID)
	var p *voting.Poll
	full(func() (err error) { p, err = w.Start(t.Context(), setup, opening); return err })
	receipts := w.vote(p.ID, voting.Yes, voting.No, voting.Yes, voting.No, voting.Yes)
	public := w.start(60, voting.Terms{Level: voting.Open})
	refused := 0
	for _, m := range members(60) { // now and then all answers need a page more
		e := w.fold(public.ID, m, voting.Yes)
		room(1)
		_, err := w.Cast(t.Context(), e)
		room(1 << 20)
		if err == nil {
			continue
		}
		if refused++; !store.Full(err) {
			t.Fatal(err)
		}
		check(t, second(w.Cast(t.Context(), e)))
	}
	if n := w.turnout(public.ID); n != 60 || refused == 0 {
		t.Errorf("%d answers, %d were refused at first", n, refused)
	}
	full(func() error { return second(w.Close(t.Context(), p.ID, closing)) })
	full(func() error { _, _, err := w.Tally(t.Context(), p.ID, closing); return err })
	for i, m := range members(5) {
		if code, ok, err := w.Outcome(t.Context(), p.ID, m); !ok || code != receipts[i].Code || err != nil {
			t.Errorf("%s: %q, %v, %v", m, code, ok, err)
		}
	}
}
