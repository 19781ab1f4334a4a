package voting

import "fmt"

// Result is what came out of a poll, in numbers and in one word.
type Result struct {
	Entitled int   // lines of the roll
	Counted  int   // ballots in the sum
	Sums     []int // per answer
	Adopted  bool  // by the rule of verdict.go
}

// newResult puts together what the tally found, after checking that the numbers can be.
func newResult(entitled, counted int, sums []int) (*Result, error) {
	if counted < 0 || counted > entitled {
		return nil, fmt.Errorf("%d ballots for a roll of %d", counted, entitled)
	}
	total := 0
	for i, n := range sums {
		if n < 0 || n > counted {
			return nil, fmt.Errorf("answer %d has %d of %d ballots", i, n, counted)
		}
		total += n
	}
	if total != counted {
		return nil, fmt.Errorf("the answers sum up to %d for %d ballots", total, counted)
	}
	adopted, err := verdict(sums)
	if err != nil {
		return nil, err
	}
	return &Result{Entitled: entitled, Counted: counted, Sums: sums, Adopted: adopted}, nil
}
