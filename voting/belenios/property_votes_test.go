package belenios

import (
	"crypto/rand"
	"testing"

	"pgregory.net/rapid"
)

// drawQuestion draws what can be asked.
func drawQuestion(t *rapid.T) Question {
	n := rapid.IntRange(1, 4).Draw(t, "answers")
	q := Question{Text: rapid.String().Draw(t, "text"), Blank: rapid.Bool().Draw(t, "blank")}
	for range n {
		q.Answers = append(q.Answers, rapid.String().Draw(t, "answer"))
	}
	q.Max = rapid.IntRange(1, n).Draw(t, "max")
	q.Min = rapid.IntRange(0, q.Max).Draw(t, "min")
	return q
}

// drawVote draws a vote that the question allows.
func drawVote(t *rapid.T, q Question) []int {
	if q.Blank && rapid.Bool().Draw(t, "votes blank") {
		vote, err := q.BlankVote()
		if err != nil {
			t.Fatal(err)
		}
		return vote
	}
	all := make([]int, len(q.Answers))
	for i := range all {
		all[i] = i
	}
	chosen := rapid.Permutation(all).Draw(t, "order")[:rapid.IntRange(q.Min, q.Max).Draw(t, "how many")]
	vote, err := q.Choose(chosen...)
	if err != nil {
		t.Fatal(err)
	}
	return vote
}

// TestPropertiesOfElections: whatever is asked and voted, the sum that comes out is the sum of the votes, and the
// verifier finds nothing.
func TestPropertiesOfElections(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var questions []Question
		for range rapid.IntRange(1, 2).Draw(rt, "questions") {
			questions = append(questions, drawQuestion(rt))
		}
		p := pollIn(t, Ed25519, rapid.IntRange(1, 2).Draw(rt, "trustees"), questions...)
		want := make([][]int, len(questions))
		for i, q := range questions {
			want[i] = make([]int, q.Slots())
		}
		var ballots [][]byte
		for voter := range rapid.IntRange(0, 3).Draw(rt, "voters") {
			var vote [][]int
			for i, q := range questions {
				vote = append(vote, drawVote(rt, q))
				for j, n := range vote[i] {
					want[i][j] += n
				}
			}
			ballots = append(ballots, must(p.election.Seal(rand.Reader, p.credentials[voter], vote))(t))
		}
		tally := must(p.election.Tally(rand.Reader, ballots, p.keys...))(t)
		report, err := Verify(p.archive(t, ballots, tally))
		if err != nil || report.Status != Complete || !sameSums(report.Sums, want) || !sameSums(tally.Sums, want) {
			rt.Errorf("sums %v, tally %v, want %v; error %v", report.Sums, tally.Sums, want, err)
		}
	})
}

// TestPropertiesOfVotes: what may be voted is what the question says in words, however the numbers are.
func TestPropertiesOfVotes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		vote := rapid.SliceOfN(rapid.SampledFrom([]int{0, 0, 0, 1, 1, 1, -1, 2, 1 << 62, -1 << 62}), 0, 5).Draw(t, "vote")
		allowed := len(vote) == q.Slots()
		chosen, blank, sum := vote, 0, 0
		if allowed && q.Blank {
			blank, chosen = vote[0], vote[1:]
		}
		for _, n := range chosen {
			allowed = allowed && (n == 0 || n == 1)
			sum += n
		}
		if blank == 1 {
			allowed = allowed && sum == 0
		} else {
			allowed = allowed && blank == 0 && q.Min <= sum && sum <= q.Max
		}
		if got := q.check(vote) == nil; got != allowed {
			t.Errorf("%v to %+v: allowed %t, want %t", vote, q, got, allowed)
		}
	})
}
