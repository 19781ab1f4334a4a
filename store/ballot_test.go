package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/box"
)

// placeSize is more than a page of the database, as real ballots are.
const placeSize = 7 * 1024

// mark is what the place of a credential is full of: after the opening in round 0.
func mark(i, round int) string { return fmt.Sprintf("[place %02d in round %d]", i, round) }

func fill(ctx context.Context, s *Store, i, round int) error {
	p := box.Place{Credential: fmt.Sprintf("credential-%02d", i), Ballot: make([]byte, placeSize)}
	copy(p.Ballot, bytes.Repeat([]byte(mark(i, round)), placeSize/len(mark(i, round))))
	return s.PutPlace(ctx, "p", p)
}

// Where a ballot lies in the file says nothing about when it came, first or again: each stays
// where the opening made its place, byte for byte.
func TestPlacesStayWhereTheyAre(t *testing.T) {
	dir := t.TempDir()
	s, ctx := reopen(t, dir), t.Context()
	putPoll(t, s, aPoll("p", voting.StateOpen))
	const n = 40
	// lie is where the places lie in the file in a round.
	lie := func(round int) (at [][]int) {
		check(t, s.Scrub(ctx))
		if wal, err := os.Stat(filepath.Join(dir, "stimmbote.db-wal")); err != nil || wal.Size() != 0 {
			t.Errorf("the write-ahead log has %d bytes, %v", wal.Size(), err)
		}
		file, err := os.ReadFile(filepath.Join(dir, "stimmbote.db"))
		check(t, err)
		for i := range n {
			if round > 0 && bytes.Contains(file, []byte(mark(i, round-1))) {
				t.Errorf("what lay in place %d before is in the file still", i)
			}
			var all []int
			for from := 0; ; {
				next := bytes.Index(file[from:], []byte(mark(i, round)))
				if next < 0 {
					break
				}
				all = append(all, from+next)
				from += next + 1
			}
			if len(all) < 300 {
				t.Errorf("place %d is found %d times only", i, len(all))
			}
			at = append(at, all)
		}
		return at
	}
	for i := range n {
		check(t, fill(ctx, s, i, 0))
	}
	before := lie(0)
	for round := 1; round < 3; round++ {
		for k := range n { // in another order, with other rows between
			check(t, s.Tx(ctx, func(ctx context.Context) error {
				return errors.Join(
					fill(ctx, s, k*17%n, round),
					s.MarkHandled(ctx, fmt.Sprintf("$event-%d-%d", round, k)),
				)
			}))
		}
		for i, now := range lie(round) {
			if !slices.Equal(now, before[i]) {
				t.Errorf("round %d: place %d lies elsewhere", round, i)
			}
		}
	}
}

func TestPlaces(t *testing.T) {
	s, ctx := fresh(t), t.Context()
	putPoll(t, s, aPoll("p", voting.StateOpen))
	putPoll(t, s, aPoll("q", voting.StateOpen))
	for _, credential := range []string{"c", "a", "b"} {
		check(t, s.PutPlace(ctx, "p", box.Place{Credential: credential, Ballot: make([]byte, 8)}))
	}
	check(t, s.PutPlace(ctx, "q", box.Place{Credential: "a", Ballot: []byte("other")}))
	check(t, s.PutPlace(ctx, "p", box.Place{Credential: "b", Ballot: []byte("{ballot}")}))
	places, err := s.Places(ctx, "p")
	check(t, err)
	want := []box.Place{{Credential: "a", Ballot: make([]byte, 8)}, {Credential: "b", Ballot: []byte("{ballot}")}, {Credential: "c", Ballot: make([]byte, 8)}}
	same := func(a, b box.Place) bool { return a.Credential == b.Credential && bytes.Equal(a.Ballot, b.Ballot) }
	if !slices.EqualFunc(places, want, same) {
		t.Errorf("got %v, want %v", places, want)
	}
	if n, err := s.CountBallots(ctx, "p"); n != 1 || err != nil {
		t.Errorf("%d ballots, %v", n, err)
	}
	if p, found, err := s.Place(ctx, "p", "b"); !found || err != nil || !same(p, want[1]) {
		t.Errorf("place b: %v, %v, %v", p, found, err)
	}
	if _, found, err := s.Place(ctx, "p", "d"); found || err != nil {
		t.Errorf("place d: %v, %v", found, err)
	}
	check(t, s.DropPlaces(ctx, "p"))
	if places, err := s.Places(ctx, "p"); len(places) != 0 || err != nil {
		t.Errorf("after they were dropped: %v, %v", places, err)
	}
	if n, err := s.CountBallots(ctx, "q"); n != 1 || err != nil {
		t.Errorf("the other poll has %d ballots, %v", n, err)
	}
}

// Emptying the log inside a transaction would leave what the transaction deletes.
func TestScrubWantsNoTransaction(t *testing.T) {
	s := fresh(t)
	err := s.Tx(t.Context(), func(ctx context.Context) error { return s.Scrub(ctx) })
	if err == nil {
		t.Error("scrubbed")
	}
	check(t, s.Scrub(t.Context()))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
