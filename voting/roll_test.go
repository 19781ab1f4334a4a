package voting_test

import (
	"slices"
	"testing"

	"stimmbote/voting"
)

// TestRoll reads the roll of an open poll again and again: it is everybody's own copy, the same after a restart, and gone
// at the end, also if somebody has looked it up just before.
func TestRoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.open(6).ID
	roll := func() []voting.Member {
		t.Helper()
		p, err := w.Poll(t.Context(), id)
		check(t, err)
		return p.Roll
	}
	for range 2 {
		all := roll()
		if !slices.Equal(all, members(6)) {
			t.Fatalf("the roll is %v", all)
		}
		slices.Reverse(all) // nobody else reads it so
	}
	if w = w.again(); !slices.Equal(roll(), members(6)) {
		t.Errorf("after a restart the roll is %v", roll())
	}
	before, err := w.Poll(t.Context(), id)
	check(t, err)
	check(t, w.Discard(t.Context(), id))
	if n := w.Remembered(); n > 0 {
		t.Errorf("after the end something is remembered of %d polls", n)
	}
	w.Relapse(before)
	_, err = w.Live(t.Context())
	check(t, err)
	if n := w.Remembered(); n > 0 {
		t.Errorf("some time after the end something is remembered of %d polls", n)
	}
	if left := roll(); len(left) > 0 {
		t.Errorf("after the end there is still a roll: %v", left)
	}
}
