// Package allot divides what a receiver's line carries among what the receiver is to get, as a person would: sound first,
// then what somebody shares, then who speaks or is shown large, then the rest; and rather no picture than one that
// stutters.
//
// It guarantees that sound is never taken away, that nobody's picture goes for the sake of one that is less important,
// and that the same line and the same tracks give the same answer. It is arithmetic alone: no packets, no clock but the
// one that it is given, no goroutines.
package allot

import (
	"cmp"
	"slices"
)

// Ranks of a track, the most important first.
const (
	Sound    Rank = iota // of voices and of what is shared
	Shared               // a picture of a screen
	Foremost             // who speaks, or is shown large
	Other
)

// Rank is how important a track is.
type Rank int

// Qualities are how many layers a picture has at most, the smallest first.
const Qualities = 3

// Paused is the quality of a picture that is not sent.
const Paused = -1

// Track is something to be received.
type Track struct {
	Rank Rank
	// Costs are what each quality takes at present, in bits per second; 0 where it is not sent. Sound has one, the first.
	Costs [Qualities]int
	// Want is the best quality that is of use; Paused for none.
	Want int
	// Now is the quality that is sent at present.
	Now int
}

// Idle says whether the track takes nothing as it is: nobody wants it, or nothing comes of it.
func (t *Track) Idle() bool { return t.Want == Paused || t.Costs == [Qualities]int{} }

// more is how much more a line has to carry before a picture gets better, so that none goes back and forth: a seventh.
const more = 7

// Divide gives the quality of each track. First, in the order of their ranks, the smallest picture of each; before that
// the best one of what is shared, which is there to be read; then, in the same order, better ones.
func Divide(budget int, tracks []Track) []int {
	got := make([]int, len(tracks))
	order := make([]int, len(tracks))
	for i, t := range tracks {
		got[i], order[i] = Paused, i
		if t.Rank == Sound {
			got[i] = 0
			budget -= t.Costs[0]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(tracks[a].Rank, tracks[b].Rank) })
	for _, best := range []bool{false, true} {
		for _, i := range order {
			t := &tracks[i]
			if t.Rank == Sound {
				continue
			}
			had := 0
			if got[i] != Paused {
				had = t.Costs[got[i]]
			}
			if q := t.choose(budget+had, best || t.Rank == Shared); q != Paused {
				budget += had - t.Costs[q]
				got[i] = q
			}
		}
	}
	return got
}

// choose is the best quality that fits, or the smallest, among those that are of use; Paused if none fits.
func (t *Track) choose(budget int, best bool) int {
	found := Paused
	for q, cost := range t.Costs {
		if cost == 0 || t.Want == Paused || q > t.Want && t.smaller(q) {
			continue
		}
		if q > t.Now {
			cost += cost / more
		}
		if cost > budget {
			break
		}
		if found = q; !best {
			break
		}
	}
	return found
}

// smaller says whether there is a picture below a quality: who wants a smaller one than there is gets the smallest.
func (t *Track) smaller(q int) bool {
	for _, cost := range t.Costs[:q] {
		if cost > 0 {
			return true
		}
	}
	return false
}

// Needs is what all tracks take as they are wanted.
func Needs(tracks []Track) (bits int) {
	for _, t := range tracks {
		if t.Rank == Sound {
			bits += t.Costs[0]
			continue
		}
		t.Now = Qualities
		if q := t.choose(1<<50, true); q != Paused {
			bits += t.Costs[q]
		}
	}
	return bits
}

// Takes is what all tracks take as they are sent at present.
func Takes(tracks []Track) (bits int) {
	for _, t := range tracks {
		switch {
		case t.Rank == Sound:
			bits += t.Costs[0]
		case t.Now >= 0 && t.Now < Qualities:
			bits += t.Costs[t.Now]
		}
	}
	return bits
}

// Least is what sound takes, and the smallest picture that is wanted.
func Least(tracks []Track) (bits int) {
	least := 0
	for _, t := range tracks {
		if t.Rank == Sound {
			bits += t.Costs[0]
			continue
		}
		t.Now = Qualities
		if q := t.choose(1<<50, false); q != Paused && (least == 0 || t.Costs[q] < least) {
			least = t.Costs[q]
		}
	}
	return bits + least
}
