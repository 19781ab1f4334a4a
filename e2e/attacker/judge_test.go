package attacker

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// of two who said yes and one who said no, whoever guesses at random hits all three in one of three cases,
// and one in the other two.
func TestHits(t *testing.T) {
	for _, c := range []struct {
		sums, guess []int
		want        []float64
	}{
		{[]int{2, 1}, []int{0, 0, 1}, []float64{0, 2. / 3, 0, 1. / 3}},
		{[]int{2, 1}, []int{0, 0, 0}, []float64{0, 0, 1, 0}},
		{[]int{2, 1}, []int{unknown, unknown, unknown}, []float64{1, 0, 0, 0}},
		{[]int{1, 1, 1}, []int{0, 1, 2}, []float64{1. / 3, 1. / 2, 0, 1. / 6}},
	} {
		got := hits(map[string][]float64{}, c.sums, c.guess)
		if !slices.EqualFunc(got, c.want, func(a, b float64) bool { return math.Abs(a-b) < 1e-12 }) {
			t.Errorf("%v, %v: got %v, want %v", c.sums, c.guess, got, c.want)
		}
	}
}

// made is a world of polls in which answers are random, and one number about each voter.
func made(r *rand.Rand, n int, number func(answer int) float64) (polls []Poll, truth [][]int, f *features) {
	for range n {
		p, chosen := Poll{Options: []string{"a", "b", "c"}, Sums: make([]int, 3), Voters: make([]Voter, 6)}, make([]int, 6)
		for i := range chosen {
			chosen[i] = r.IntN(3)
			p.Sums[chosen[i]]++
		}
		polls, truth = append(polls, p), append(truth, chosen)
	}
	f = newFeatures(polls)
	f.each(func(poll, voter int, _ Poll, _ Voter) { f.note(poll, voter, number(truth[poll][voter]), "number") })
	return polls, truth, f
}

// What shows the answer is found, whichever answer has the larger number, and a hint of it too; noise is not.
func TestJudge(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	sizes := []float64{7, 3, 5}
	for _, c := range []struct {
		name   string
		number func(answer int) float64
		want   bool
	}{
		{"all", func(answer int) float64 { return sizes[answer] }, true},
		{"a hint", func(answer int) float64 { return sizes[answer] + 6*r.Float64() }, true},
		{"noise", func(int) float64 { return r.Float64() }, false},
	} {
		polls, truth, f := made(r, 60, c.number)
		best := Judge(polls, truth, f.guesses())[0]
		if best.Leaks != c.want || c.name == "all" && best.Hits != best.Ballots {
			t.Errorf("%s: %+v", c.name, best)
		}
	}
}

// By chance the attacker seems to find something no more often than it may.
func TestJudgeIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const worlds = 2000
	below := 0
	for range worlds {
		polls, truth, f := made(r, 3, func(int) float64 { return r.Float64() })
		if Judge(polls, truth, f.guesses()[:1])[0].P <= 0.1 {
			below++
		}
	}
	if below > worlds/8 || below < worlds/20 {
		t.Errorf("p was at most 0.1 in %d of %d worlds", below, worlds)
	}
}
