package voting_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// polls of every kind, what five people choose, and what comes out.
var kinds = []struct {
	name    string
	asked   voting.Question
	rule    voting.Rule
	choices []voting.Choice
	outcome voting.Outcome
	winners []int
	sums    []int
}{
	{
		"motion by two thirds",
		voting.Question{Kind: voting.KindMotion, Text: "New statute?", Options: []string{"Yes", "No", "Abstain"}, Invalid: true},
		voting.Rule{Majority: "2/3", Base: voting.BaseYesNo, Quorum: voting.Quorum{Num: 1, Den: 2}},
		[]voting.Choice{{Options: []int{0}}, {Options: []int{0}}, {Options: []int{1}}, {Options: []int{2}}, {Invalid: true}},
		voting.Adopted, nil,
		[]int{2, 1, 1},
	},
	{
		"choice",
		voting.Question{Kind: voting.KindChoice, Text: "When?", Options: []string{"May", "June", "July"}},
		voting.Rule{},
		[]voting.Choice{{Options: []int{0}}, {Options: []int{1}}, {Options: []int{1}}, {Options: []int{2}}, {Options: []int{0}}},
		voting.RunOff, nil,
		[]int{2, 2, 1},
	},
	{
		"two seats",
		voting.Question{Kind: voting.KindSeveral, Text: "Delegates", Options: []string{"Anna", "Ben", "Cem"}, Most: 2},
		voting.Rule{Majority: voting.MajorityRelative, Seats: 2},
		[]voting.Choice{{Options: []int{0, 2}}, {Options: []int{2}}, {}, {Options: []int{1, 2}}, {Options: []int{0}}},
		voting.Elected,
		[]int{2, 0},
		[]int{2, 1, 3},
	},
	{
		"each candidate",
		voting.Question{Kind: voting.KindSingly, Text: "Board", Options: []string{"Anna", "Ben"}, Answers: []string{"Yes", "No", "Abstain"}},
		voting.Rule{Majority: voting.MajoritySimple},
		[]voting.Choice{{Options: []int{0, 1}}, {Options: []int{0, 1}}, {Options: []int{2, 0}}, {Options: []int{1, 2}}, {Options: []int{2, 0}}},
		voting.Elected,
		[]int{0},
		[]int{2, 1, 2},
	},
}

func TestPollsOfEveryKind(t *testing.T) {
	for _, c := range kinds {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			draft, err := w.Draft(t.Context(), voting.Draft{Place: group, Asker: asker, Asked: c.asked, Rule: c.rule, Roll: members(6)})
			check(t, err)
			w = w.again()
			p, err := w.Start(t.Context(), w.prepare(draft.ID), opening)
			check(t, err)
			if !reflect.DeepEqual(p.Asked, draft.Asked) || p.Rule != draft.Rule || p.Question != c.asked.Text || !slices.Equal(p.Answers, c.asked.Options) {
				t.Fatalf("opened as %+v by %+v, drafted as %+v by %+v", p.Asked, p.Rule, draft.Asked, draft.Rule)
			}
			for i, m := range members(len(c.choices)) {
				e, err := w.FoldChoice(t.Context(), p.ID, m, c.choices[i])
				check(t, err)
				r, err := w.Cast(t.Context(), e)
				if err != nil || !reflect.DeepEqual(r.Choice, c.choices[i]) {
					t.Fatalf("receipt %+v, %v", r, err)
				}
			}
			if _, err := w.FoldChoice(t.Context(), p.ID, asker, voting.Choice{Options: []int{9}}); !errors.Is(err, voting.ErrAnswer) {
				t.Errorf("an answer that there is not: %v", err)
			}
			w.close(p.ID)
			w.tally(p.ID)
			p, archive := w.again().tally(p.ID)
			r := p.Result
			if r.Verdict.Outcome != c.outcome || !slices.Equal(r.Verdict.Winners, c.winners) || !slices.Equal(r.Sums, c.sums) ||
				r.Adopted != (c.outcome == voting.Adopted) || r.Count.Cast != 5 || r.Entitled != 6 || r.Verdict.Rule != draft.Rule {
				t.Errorf("result %+v, %v", r, r.Verdict)
			}
			report, err := belenios.Verify(archive)
			if err != nil || report.Status != belenios.Complete || !reflect.DeepEqual(report.Questions, c.asked.Sealed()) {
				t.Errorf("verification: %v, %+v", err, report)
			}
		})
	}
}

func TestDraftRefusesQuestionsAndRules(t *testing.T) {
	w := newWorld(t)
	choice := voting.Question{Kind: voting.KindChoice, Text: "When?", Options: []string{"May", "June"}}
	for _, c := range []struct {
		name   string
		change func(d *voting.Draft)
		want   error
	}{
		{"fine", func(*voting.Draft) {}, nil},
		{"trimmed", func(d *voting.Draft) { d.Asked.Options = []string{" May\n", "June"} }, nil},
		{"no text", func(d *voting.Draft) { d.Asked.Text = " " }, voting.ErrNoQuestion},
		{"the same but for a blank", func(d *voting.Draft) { d.Asked.Options = []string{"May", "May "} }, voting.ErrQuestion},
		{"a long option", func(d *voting.Draft) { d.Asked.Options[0] = strings.Repeat("ä", 201) }, voting.ErrQuestion},
		{"no such kind", func(d *voting.Draft) { d.Asked.Kind = "ranked" }, voting.ErrQuestion},
		{"too many seats", func(d *voting.Draft) { d.Rule = voting.Rule{Majority: voting.MajorityRelative, Seats: 3} }, voting.ErrRule},
		{"no such majority", func(d *voting.Draft) { d.Rule = voting.Rule{Majority: "most", Seats: 1} }, voting.ErrRule},
	} {
		d := voting.Draft{Place: group, Asker: asker, Asked: choice, Roll: members(5)}
		d.Asked.Options = slices.Clone(choice.Options)
		c.change(&d)
		p, err := w.Draft(t.Context(), d)
		if !errors.Is(err, c.want) || err == nil && (p.Asked.Options[0] != "May" || p.Rule.Seats != 1) {
			t.Errorf("%s: got %+v, %v, want %v", c.name, p, err, c.want)
		}
	}
}
