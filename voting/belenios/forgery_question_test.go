package belenios

import (
	"errors"
	"fmt"
	"testing"
)

// TestForgedVotes casts every vote of a few numbers on every kind of question, by a prover who follows the rules all the
// same: the proofs hold if and only if the question allows the vote, and the right one says why not.
func TestForgedVotes(t *testing.T) {
	answers := []string{"A", "B"}
	for _, q := range []Question{
		{Answers: answers, Min: 1, Max: 1},
		{Answers: answers, Min: 0, Max: 1},
		{Answers: answers, Min: 2, Max: 2},
		{Answers: answers, Min: 1, Max: 1, Blank: true},
		{Answers: answers, Min: 0, Max: 2, Blank: true},
		{Answers: answers, Min: 1, Max: 2, Blank: true},
	} {
		t.Run(fmt.Sprintf("%d to %d, blank %t", q.Min, q.Max, q.Blank), func(t *testing.T) {
			p := pollIn(t, Ed25519, 1, q)
			for _, vote := range numbers(q.Slots()) {
				_, err := p.election.CheckBallot(p.craft(t, 0, vote))
				if want := reason(q, vote); !errors.Is(err, want) || (err == nil) != (want == nil) {
					t.Errorf("%v: %v, want %v", vote, err, want)
				}
				if allowed := q.check(vote) == nil; allowed != (err == nil) {
					t.Errorf("%v: may be sealed %t, holds %t", vote, allowed, err == nil)
				}
			}
		})
	}
}

// numbers are all lists of n numbers from −1 to 2.
func numbers(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var all [][]int
	for _, rest := range numbers(n - 1) {
		for m := -1; m <= 2; m++ {
			all = append(all, append([]int{m}, rest...))
		}
	}
	return all
}

// reason says in plain arithmetic which proof cannot be made.
func reason(q Question, vote []int) error {
	sum, blank := 0, 0
	for i, n := range vote {
		if n < 0 || n > 1 {
			return ErrChoiceProof
		}
		if q.Blank && i == 0 {
			blank = n
			continue
		}
		sum += n
	}
	switch {
	case blank == 1 && sum > 0:
		return ErrBlankProof
	case blank == 0 && (sum < q.Min || sum > q.Max):
		return ErrSumProof
	}
	return nil
}

// TestSwappedProofs: what proves one thing of an answer does not prove another.
func TestSwappedProofs(t *testing.T) {
	q := Question{Answers: []string{"A", "B"}, Min: 1, Max: 1, Blank: true}
	p := pollIn(t, Ed25519, 1, q, q)
	honest := p.seal(t, 0, 0, 1)
	for name, c := range map[string]struct {
		change func(w *wireBallot)
		want   error
	}{
		"blank and overall proof": {func(w *wireBallot) {
			a := &w.Answers[0]
			a.BlankProof, a.OverallProof = a.OverallProof, a.BlankProof
		}, ErrBlankProof},
		"overall proofs of two questions": {func(w *wireBallot) {
			w.Answers[0].OverallProof, w.Answers[1].OverallProof = w.Answers[1].OverallProof, w.Answers[0].OverallProof
		}, ErrSumProof},
		"blank proofs of two questions": {func(w *wireBallot) {
			w.Answers[0].BlankProof, w.Answers[1].BlankProof = w.Answers[1].BlankProof, w.Answers[0].BlankProof
		}, ErrBlankProof},
		"proofs of two choices": {func(w *wireBallot) {
			ps := w.Answers[0].IndividualProofs
			ps[1], ps[2] = ps[2], ps[1]
		}, ErrChoiceProof},
		"branches of a blank proof": {func(w *wireBallot) {
			ps := w.Answers[0].BlankProof
			ps[0], ps[1] = ps[1], ps[0]
		}, ErrBlankProof},
		"two choices with their proofs": {func(w *wireBallot) {
			a := w.Answers[0]
			a.Choices[1], a.Choices[2] = a.Choices[2], a.Choices[1]
			a.IndividualProofs[1], a.IndividualProofs[2] = a.IndividualProofs[2], a.IndividualProofs[1]
		}, ErrBlankProof},
		"a choice of another question": {func(w *wireBallot) {
			w.Answers[0].Choices[1] = w.Answers[1].Choices[1]
			w.Answers[0].IndividualProofs[1] = w.Answers[1].IndividualProofs[1]
		}, ErrBlankProof},
		"no blank proof":               {func(w *wireBallot) { w.Answers[0].BlankProof = nil }, ErrShape},
		"a branch of the overall less": {func(w *wireBallot) { w.Answers[0].OverallProof = w.Answers[0].OverallProof[:1] }, ErrShape},
		"one answer to two questions":  {func(w *wireBallot) { w.Answers = w.Answers[:1] }, ErrShape},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := p.election.CheckBallot(p.change(t, honest, 0, c.change)); !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	// Whole answers bind the credential and not the question: both ask the same, so both votes are allowed.
	swapped := p.change(t, honest, 0, func(w *wireBallot) { w.Answers[0], w.Answers[1] = w.Answers[1], w.Answers[0] })
	if _, err := p.election.CheckBallot(swapped); err != nil {
		t.Errorf("the voter's own answers, the other way round: %v", err)
	}
}
