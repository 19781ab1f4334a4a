package voting_test

import (
	"errors"
	"slices"
	"testing"

	"stimmbote/voting"
)

// Who was present at the opening, and who voted without having been, are those of whom a majority is. Nothing is left
// of their names after the count.
func TestMajorityOfThosePresent(t *testing.T) {
	for _, level := range []voting.Level{voting.Confidential, voting.Open} {
		w := newWorld(t)
		d := motion(group, members(10)...)
		d.Terms.Level, d.Rule = level, voting.Rule{Majority: voting.MajoritySimple, Base: voting.BasePresent}
		p, err := w.Draft(t.Context(), d)
		check(t, err)
		s := w.prepare(p.ID)
		all := members(9)
		s.Attend([]voting.Member{all[8], all[7], all[0], all[0], "@guest:x"})
		p, err = w.Start(t.Context(), s, opening)
		check(t, err)
		w = w.again()
		if there, err := w.Attended(t.Context(), p.ID); err != nil || !slices.Equal(there, []voting.Member{all[0], all[7], all[8]}) {
			t.Errorf("present are %v, %v", there, err)
		}
		w.vote(p.ID, voting.Yes, voting.Yes, voting.Yes, voting.Yes, voting.Abstain) // 0 to 4
		w.close(p.ID)
		counted, _ := w.tally(p.ID)
		r := counted.Result
		if r.Count.Present != 7 || r.Verdict.Judged[0].Of != 7 || r.Verdict.Judged[0].Needed != 4 || r.Verdict.Outcome != voting.Adopted {
			t.Errorf("level %s: %+v, %+v", level, r.Count, r.Verdict)
		}
		if _, err := w.Attended(t.Context(), p.ID); err == nil {
			t.Error("who was present is still known")
		}
	}
}

func TestPresentNumbersThatCannotBe(t *testing.T) {
	q := voting.Question{Kind: voting.KindMotion, Text: "?", Options: []string{"Yes", "No", "Abstain"}}
	rule := voting.Rule{Majority: voting.MajoritySimple, Base: voting.BasePresent}
	for present, fine := range map[int]bool{-1: false, 0: false, 4: false, 5: true, 10: true, 11: false} {
		c := &voting.Count{Entitled: 10, Cast: 5, Present: present, Parts: []voting.Part{{Votes: []int{3, 1, 1}}}}
		if _, err := voting.Judge(q, rule, c); (err == nil) != fine || err != nil && !errors.Is(err, voting.ErrNumbers) {
			t.Errorf("%d present: %v", present, err)
		}
	}
}
