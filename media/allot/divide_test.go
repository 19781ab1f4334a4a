package allot

import (
	"math/rand/v2"
	"slices"
	"testing"
)

const kbit = 1000

func sound() Track { return Track{Rank: Sound, Costs: [3]int{40 * kbit}} }

func camera(rank Rank, want, now int) Track {
	return Track{Rank: rank, Costs: [3]int{100 * kbit, 300 * kbit, 900 * kbit}, Want: want, Now: now}
}

func screen(now int) Track {
	return Track{Rank: Shared, Costs: [3]int{0, 0, 800 * kbit}, Want: 2, Now: now}
}

func TestDivide(t *testing.T) {
	for name, c := range map[string]struct {
		budget int
		tracks []Track
		want   []int
	}{
		"nobody":                                     {1, nil, []int{}},
		"all of it":                                  {5000, []Track{sound(), camera(Foremost, 2, -1), camera(Other, 2, -1)}, []int{0, 2, 2}},
		"sound even where nothing else fits":         {10, []Track{sound(), sound(), camera(Foremost, 2, 2)}, []int{0, 0, -1}},
		"a small picture before none":                {300, []Track{sound(), camera(Other, 2, -1), camera(Other, 2, -1)}, []int{0, 0, 0}},
		"who speaks before others":                   {200, []Track{sound(), camera(Other, 2, 0), camera(Foremost, 2, 0)}, []int{0, -1, 0}},
		"all small before one large":                 {550, []Track{sound(), camera(Foremost, 2, 0), camera(Other, 2, 0), camera(Other, 0, 0)}, []int{0, 0, 0, 0}},
		"who speaks gets better first":               {600, []Track{sound(), camera(Other, 2, 0), camera(Foremost, 2, 0)}, []int{0, 0, 1}},
		"what is shared before who speaks":           {880, []Track{sound(), camera(Foremost, 2, 0), screen(2)}, []int{0, -1, 2}},
		"and with what is left who speaks":           {945, []Track{sound(), camera(Foremost, 2, 0), screen(2)}, []int{0, 0, 2}},
		"a smaller one where the shared is too much": {500, []Track{sound(), camera(Foremost, 2, 0), screen(-1)}, []int{0, 1, -1}},
		"no better than is wanted":                   {5000, []Track{camera(Other, 0, 0), camera(Other, 1, 0), camera(Other, Paused, -1)}, []int{0, 1, -1}},
		"the smallest that there is":                 {5000, []Track{{Rank: Other, Costs: [3]int{0, 0, 500 * kbit}, Want: 0, Now: 2}}, []int{2}},
		"not sent at all":                            {5000, []Track{{Rank: Other, Want: 2, Now: 2}}, []int{-1}},
		"stays at what just fits":                    {310, []Track{camera(Other, 2, 1)}, []int{1}},
		"does not go up to what just fits":           {310, []Track{camera(Other, 2, 0)}, []int{0}},
		"goes up with room to spare":                 {350, []Track{camera(Other, 2, 0)}, []int{1}},
		"nothing below nothing":                      {-100, []Track{camera(Foremost, 2, 2)}, []int{-1}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Divide(c.budget*kbit, c.tracks); !slices.Equal(got, c.want) {
				t.Errorf("divided %v, want %v", got, c.want)
			}
		})
	}
}

// Whatever there is to divide: what is given fits unless it is sound, nothing is better than wanted, and dividing again
// with what was given changes nothing.
func TestDivideHolds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		budget, tracks := r.IntN(4000)*kbit, make([]Track, r.IntN(8))
		for i := range tracks {
			tracks[i] = Track{Rank: Rank(r.IntN(4)), Want: r.IntN(4) - 1, Now: r.IntN(4) - 1}
			for q := range tracks[i].Costs {
				tracks[i].Costs[q] = r.IntN(2) * (1<<q*100 + r.IntN(100)) * kbit
			}
		}
		got, sum := Divide(budget, tracks), 0
		sounds := 0
		for i, q := range got {
			switch {
			case tracks[i].Rank == Sound:
				sounds += tracks[i].Costs[0]
			case q != Paused && (tracks[i].Want == Paused || q > tracks[i].Want && tracks[i].smaller(q) || tracks[i].Costs[q] == 0):
				t.Fatalf("quality %d of %+v", q, tracks[i])
			case q != Paused:
				sum += tracks[i].Costs[q]
			}
		}
		if sum > max(0, budget-sounds) {
			t.Fatalf("%d for pictures of %d, sound %d", sum, budget, sounds)
		}
		for i := range tracks {
			tracks[i].Now = got[i]
		}
		if again := Divide(budget, tracks); !slices.Equal(again, got) {
			t.Fatalf("%v, then %v of %+v", got, again, tracks)
		}
	}
}

func TestNeeds(t *testing.T) {
	tracks := []Track{sound(), camera(Other, 1, -1), camera(Other, Paused, -1), screen(-1)}
	if got := Needs(tracks); got != (40+300+800)*kbit {
		t.Errorf("needs %d", got)
	}
	if got := Least(tracks); got != (40+100)*kbit {
		t.Errorf("needs %d at least", got)
	}
}

func TestTakes(t *testing.T) {
	if got := Takes([]Track{sound(), camera(Other, 1, 2), camera(Other, 2, Paused), screen(2)}); got != (40+900+800)*kbit {
		t.Errorf("takes %d", got)
	}
}
