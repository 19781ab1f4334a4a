package voting

import (
	"math"
	"testing"
)

func TestVerdict(t *testing.T) {
	for _, c := range []struct {
		name    string
		sums    []int
		adopted bool
	}{
		{"more yes", []int{3, 2, 0}, true},
		{"more no", []int{2, 3, 0}, false},
		{"tie", []int{2, 2, 1}, false},
		{"nothing", []int{0, 0, 0}, false},
		{"all abstain", []int{0, 0, 7}, false},
		{"one yes among abstentions", []int{1, 0, 99}, true},
		{"unanimous", []int{5, 0, 0}, true},
		{"big tie", []int{math.MaxInt, math.MaxInt, 0}, false},
		{"big", []int{math.MaxInt, math.MaxInt - 1, math.MaxInt}, true},
	} {
		if got, err := verdict(c.sums); err != nil || got != c.adopted {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, err, c.adopted)
		}
	}
	for _, sums := range [][]int{nil, {1}, {3, 2}, {1, 1, 1, 1}} {
		if _, err := verdict(sums); err == nil {
			t.Errorf("%v was judged", sums)
		}
	}
}

func TestResultRefusesNumbersThatCannotBe(t *testing.T) {
	for _, c := range []struct {
		name              string
		entitled, counted int
		sums              []int
		ok                bool
	}{
		{"fine", 6, 5, []int{3, 2, 0}, true},
		{"more than entitled", 4, 5, []int{3, 2, 0}, false},
		{"too few", 6, 5, []int{3, 1, 0}, false},
		{"too many", 6, 5, []int{3, 2, 1}, false},
		{"negative", 6, 5, []int{6, -1, 0}, false},
		{"negative count", 6, -1, []int{0, 0, 0}, false},
		{"overflow", 6, 5, []int{math.MaxInt, math.MaxInt, 7}, false},
	} {
		if got, err := newResult(c.entitled, c.counted, c.sums); (err == nil) != c.ok || (got != nil) != c.ok {
			t.Errorf("%s: got %+v, %v", c.name, got, err)
		}
	}
}
