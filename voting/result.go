package voting

import "time"

// Result is what came out of a poll, in numbers and in one word.
type Result struct {
	Entitled int       // lines of the roll
	Counted  int       // ballots in the sum
	Sums     []int     // per answer; of ballots on each candidate, of the first
	Adopted  bool      // of a motion
	Count    *Count    // all the numbers
	Verdict  *Verdict  // what the poll's rule makes of them
	Named    []Named   `json:",omitempty"` // of an open vote: who chose what, sorted
	At       time.Time // when it was kept
}

// newResult puts together what the tally found, after checking that the numbers can be. present is 0 where the rule does
// not ask who was.
func newResult(poll *Poll, counted, present int, sums [][]int) (*Result, error) {
	count, err := poll.Asked.Count(len(poll.Roll), counted, sums)
	if err != nil {
		return nil, err
	}
	count.Present = present
	verdict, err := Judge(poll.Asked, poll.Rule, count)
	if err != nil {
		return nil, err
	}
	return &Result{
		Entitled: count.Entitled, Counted: counted, Sums: count.Parts[0].Votes,
		Adopted: verdict.Outcome == Adopted, Count: count, Verdict: verdict,
	}, nil
}
