package voting_test

import (
	"crypto/rand"
	"flag"
	"slices"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// archives is how many of the ten polls are held.
var archives = flag.Int("archives", 2, "how many of ten different votes are rechecked by tools of others")

// yesNo are the answers to a motion, and to each candidate.
var yesNo = []string{"Yes", "No", "Abstain"}

// repeated is one choice of several people.
func repeated(n int, options ...int) []voting.Choice {
	return slices.Repeat([]voting.Choice{{Options: options}}, n)
}

// ten different polls: what is asked of how many, by which rule, what they choose, and what comes out.
var ten = []struct {
	name    string
	roll    int
	asked   voting.Question
	rule    voting.Rule
	choices []voting.Choice
	outcome voting.Outcome
	sums    []int
}{
	{
		"three quarters of all who may vote", 8,
		voting.Question{Kind: voting.KindMotion, Text: "Dissolve?", Options: yesNo},
		voting.Rule{Majority: "3/4", Base: voting.BaseAll},
		slices.Concat(repeated(5, 0), repeated(1, 2)),
		voting.Rejected,
		[]int{5, 0, 1},
	},
	{
		"an election without a majority", 7,
		voting.Question{Kind: voting.KindChoice, Text: "Treasurer", Options: []string{"Anna", "Ben", "Cem", "Abstain"}, Abstain: true, Invalid: true},
		voting.Rule{Majority: voting.MajorityAbsolute, Base: voting.BaseCast, Seats: 1},
		slices.Concat(repeated(3, 0), repeated(2, 1), repeated(1, 3), []voting.Choice{{Invalid: true}}),
		voting.RunOff,
		[]int{3, 2, 0, 1},
	},
	{
		"a motion as usual", 8,
		voting.Question{Kind: voting.KindMotion, Text: "Shall we?", Options: yesNo},
		voting.Rule{},
		slices.Concat(repeated(3, 0), repeated(3, 1), repeated(2, 2)),
		voting.Rejected,
		[]int{3, 3, 2},
	},
	{
		"two thirds of 30 members, with invalid ballots", 30,
		voting.Question{Kind: voting.KindMotion, Text: "New statutes? <&> „ä“\n— 2/3", Options: yesNo, Invalid: true},
		voting.Rule{Majority: "2/3", Base: voting.BaseYesNo},
		slices.Concat(repeated(18, 0), repeated(9, 1), repeated(1, 2), []voting.Choice{{Invalid: true}, {Invalid: true}}),
		voting.Adopted,
		[]int{18, 9, 1},
	},
	{
		"a quorum that is missed", 12,
		voting.Question{Kind: voting.KindMotion, Text: "Anybody?", Options: yesNo},
		voting.Rule{Majority: voting.MajoritySimple, Base: voting.BaseYesNo, Quorum: voting.Quorum{Num: 1, Den: 2}},
		repeated(5, 0),
		voting.NoQuorum,
		[]int{5, 0, 0},
	},
	{
		"one of several options", 6,
		voting.Question{Kind: voting.KindChoice, Text: "When?", Options: []string{"May", "June", "July", "August"}},
		voting.Rule{Majority: voting.MajorityRelative, Seats: 1},
		slices.Concat(repeated(3, 2), repeated(2, 0), repeated(1, 3)),
		voting.Elected,
		[]int{2, 0, 3, 1},
	},
	{
		"a run-off that ends with a lot", 6,
		voting.Question{Kind: voting.KindChoice, Text: "Treasurer", Options: []string{"Anna", "Ben", "Abstain"}, Abstain: true},
		voting.Rule{Majority: voting.MajorityRelative, Seats: 1, RunOff: true},
		slices.Concat(repeated(2, 0), repeated(2, 1), repeated(1, 2)),
		voting.Lot,
		[]int{2, 2, 1},
	},
	{
		"one to three of five", 6,
		voting.Question{Kind: voting.KindSeveral, Text: "Topics", Options: []string{"a", "b", "c", "d", "e"}, Least: 1, Most: 3, Invalid: true},
		voting.Rule{Majority: voting.MajorityRelative, Seats: 2},
		slices.Concat(repeated(2, 0, 1, 4), repeated(1, 4), repeated(2, 1, 4), []voting.Choice{{Invalid: true}}),
		voting.Elected,
		[]int{2, 4, 0, 0, 5},
	},
	{
		"a board, each candidate", 6,
		voting.Question{Kind: voting.KindSingly, Text: "Board", Options: []string{"Anna", "Ben", "Cem"}, Answers: yesNo, Invalid: true},
		voting.Rule{Majority: voting.MajoritySimple},
		slices.Concat(repeated(3, 0, 1, 2), repeated(2, 0, 1, 0), []voting.Choice{{Invalid: true}}),
		voting.Elected,
		[]int{5, 0, 0},
	},
	{
		"everybody agrees, the largest choice", 5,
		voting.Question{Kind: voting.KindChoice, Text: "Name", Options: []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"}},
		voting.Rule{Majority: voting.MajorityUnanimous, Seats: 1},
		repeated(5, 11),
		voting.Elected,
		[]int{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5},
	},
}

// The archives of ten different polls (of two, unless -archives says more), held from the draft to the result, with somebody who votes
// twice in each, are right for tools that we did not write.
func TestTenArchives(t *testing.T) {
	judges := map[string][]string{belenios.Group2048: {"belenios-tool"}, belenios.Ed25519: voting.NewerTools(t)}
	for name, tools := range judges {
		for _, c := range ten[:*archives] {
			t.Run(name+" "+c.name, func(t *testing.T) {
				w := newWorld(t)
				cfg := voting.Defaults()
				cfg.Group = name
				w.Polls = voting.New(w.store, w.vault, rand.Reader, cfg)
				draft, err := w.Draft(t.Context(), voting.Draft{Place: group, Asker: asker, Asked: c.asked, Rule: c.rule, Roll: members(c.roll)})
				check(t, err)
				p, err := w.Start(t.Context(), w.prepare(draft.ID), opening)
				check(t, err)
				for i, choice := range append(c.choices[1:2:2], c.choices...) { // the first one changes their mind
					e, err := w.FoldChoice(t.Context(), p.ID, members(c.roll)[max(0, i-1)], choice)
					check(t, err)
					check(t, second(w.Cast(t.Context(), e)))
				}
				w.close(p.ID)
				p, archive := w.tally(p.ID)
				if p.Result.Verdict.Outcome != c.outcome || !slices.Equal(p.Result.Sums, c.sums) || p.Result.Counted != len(c.choices) {
					t.Errorf("result %+v, %+v", p.Result, p.Result.Verdict)
				}
				if report, err := belenios.Verify(archive); err != nil || report.Status != belenios.Complete || report.Group != name {
					t.Errorf("our verifier: %+v, %v", report, err)
				}
				for _, tool := range tools {
					t.Log(voting.Rechecked(t, tool, archive))
				}
			})
		}
	}
}
