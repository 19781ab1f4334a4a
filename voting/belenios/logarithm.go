package belenios

import (
	"errors"
	"fmt"
	"math"
)

var errNoLogarithm = errors.New("the sum is no number of ballots")

// logarithms finds the m of each g^m, which is at most `most`: with a table of the first roots of that many powers it
// takes as many steps from there (baby steps and giant steps).
func (e *Election) logarithms(powers [][]element, most int64) ([][]int, error) {
	if most > mostLogarithm {
		return nil, fmt.Errorf("%w: opening a sum of weight %d", ErrUnsupported, most)
	}
	g := e.g
	width := int64(math.Sqrt(float64(most))) + 1
	baby := make(map[string]int64, width)
	steps, step := make([]element, 0, chunk), g.identity()
	for m := int64(0); m < width; {
		steps = steps[:0]
		for i := m; i < min(m+chunk, width); i++ {
			steps = append(steps, step)
			step = g.mul(step, g.generator())
		}
		for _, s := range g.write(steps) {
			baby[s] = m
			m++
		}
	}
	giant := step // g^width
	found := make([][]int, len(powers))
	for q, all := range powers {
		found[q] = make([]int, len(all))
		for i, p := range all {
			m, err := e.logarithm(p, giant, baby, width, most)
			if err != nil {
				return nil, err
			}
			found[q][i] = int(m)
		}
	}
	return found, nil
}

// mostLogarithm bounds the table: other tools end there as well.
const mostLogarithm = 100_000_000_000

// chunk is how many elements are written at once.
const chunk = 256

func (e *Election) logarithm(power, giant element, baby map[string]int64, width, most int64) (int64, error) {
	for base := int64(0); base <= most; base += width {
		if m, ok := baby[power.String()]; ok && base+m <= most {
			return base + m, nil
		}
		power = e.g.div(power, giant)
	}
	return 0, errNoLogarithm
}
