package voting

// Result is what came out of a poll, in numbers and in one word.
type Result struct {
	Entitled int   // lines of the roll
	Counted  int   // ballots in the sum
	Sums     []int // per answer
	Adopted  bool  // by the usual rule
}

// newResult puts together what the tally found, after checking that the numbers can be.
func newResult(q Question, entitled, counted int, sums [][]int) (*Result, error) {
	count, err := q.Count(entitled, counted, sums)
	if err != nil {
		return nil, err
	}
	verdict, err := Judge(q, Usual(), count)
	if err != nil {
		return nil, err
	}
	return &Result{Entitled: entitled, Counted: counted, Sums: count.Parts[0].Votes, Adopted: verdict.Outcome == Adopted}, nil
}
