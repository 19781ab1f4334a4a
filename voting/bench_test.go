package voting_test

import (
	"fmt"
	"testing"

	"stimmbote/voting"
)

// BenchmarkClose closes and counts a poll of many people, as its group waits for it.
func BenchmarkClose(b *testing.B) {
	const n = 500
	w := newWorld(b)
	for b.Loop() {
		b.StopTimer()
		d := motion(group, members(n)...)
		p, err := w.Draft(b.Context(), d)
		check(b, err)
		s, err := w.Prepare(b.Context(), p.ID)
		check(b, err)
		_, err = w.Start(b.Context(), s, opening)
		check(b, err)
		for i, m := range d.Roll {
			e, err := w.Fold(b.Context(), p.ID, m, i%3)
			check(b, err)
			_, err = w.Cast(b.Context(), e)
			check(b, err)
		}
		b.StartTimer()
		_, err = w.Close(b.Context(), p.ID, closing)
		check(b, err)
		voted, err := w.Voted(b.Context(), p.ID)
		check(b, err)
		counted, _, err := w.Tally(b.Context(), p.ID, closing)
		check(b, err)
		if len(voted) != n || counted.State != voting.StateCounted {
			b.Fatal(fmt.Sprint(len(voted), counted.Result))
		}
	}
}
