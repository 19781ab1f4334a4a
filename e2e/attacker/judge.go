package attacker

import (
	"cmp"
	"fmt"
	"slices"
)

// alpha is how likely it may be that a secret vote is called leaky, by whatever method.
const alpha = 1e-4

// Verdict is how a guess fared.
type Verdict struct {
	Method        string
	Hits, Ballots int
	P             float64 // how likely as many hits are for whoever knows the results only
	Leaks         bool    // that is too unlikely, however many methods were tried
}

// Judge compares guesses with the truth, the likeliest to have found something first.
func Judge(polls []Poll, truth [][]int, guesses []Guess) []Verdict {
	known := make(map[string][]float64)
	var all []Verdict
	for _, g := range guesses {
		v, chance := Verdict{Method: g.Method}, []float64{1}
		for i, p := range polls {
			for j, chosen := range g.Chosen[i] {
				v.Ballots++
				if chosen == truth[i][j] {
					v.Hits++
				}
			}
			chance = convolve(chance, hits(known, p.Sums, g.Chosen[i]))
		}
		for _, c := range chance[v.Hits:] {
			v.P += c
		}
		v.Leaks = v.P < alpha/float64(len(guesses))
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b Verdict) int { return cmp.Compare(a.P, b.P) })
	return all
}

// hits is how likely each number of hits is, if everything that has this result is equally likely.
func hits(known map[string][]float64, sums, guess []int) []float64 {
	key := fmt.Sprint(sums, guess)
	if known[key] != nil {
		return known[key]
	}
	chance := make([]float64, len(guess)+1)
	ways := 0.0
	left := slices.Clone(sums)
	var deal func(voter, hit int)
	deal = func(voter, hit int) {
		if voter == len(guess) {
			chance[hit]++
			ways++
			return
		}
		for option, n := range left {
			if n == 0 {
				continue
			}
			left[option]--
			if option == guess[voter] {
				deal(voter+1, hit+1)
			} else {
				deal(voter+1, hit)
			}
			left[option]++
		}
	}
	deal(0, 0)
	for i := range chance {
		chance[i] /= ways
	}
	known[key] = chance
	return chance
}

// convolve is how likely each sum is of two numbers.
func convolve(a, b []float64) []float64 {
	sum := make([]float64, len(a)+len(b)-1)
	for i := range a {
		for j := range b {
			sum[i+j] += a[i] * b[j]
		}
	}
	return sum
}
