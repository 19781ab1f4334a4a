package voting

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxOption is how many characters an option or a candidate's name may have.
const maxOption = 200

// asking is the paper that says what a poll asks, by which rule it is judged and on which terms it
// is held. A motion where all of that is as usual has none.
type asking struct {
	Question Question `json:"question"`
	Rule     Rule     `json:"rule"`
	Terms    Terms    `json:"terms,omitzero"`
}

// ask reads a draft: what is asked, trimmed, the rule that holds, and the terms.
func (d Draft) ask() (asking, error) {
	a := asking{Question: d.Asked, Rule: d.Rule, Terms: d.Terms}
	a.Terms.Until = a.Terms.Until.UTC().Truncate(time.Second)
	if d.Asked.Kind == "" {
		if len(d.Answers) != answersOfMotion {
			return asking{}, fmt.Errorf("drafting a poll with %d answers: %w", len(d.Answers), ErrAnswer)
		}
		a.Question = Question{Kind: KindMotion, Text: d.Question, Options: d.Answers}
	}
	if d.Rule == (Rule{}) {
		a.Rule = Usual()
		if a.Question.Kind != KindMotion {
			a.Rule.Seats = 1
		}
	}
	var err error
	q := &a.Question
	if q.Text, err = checkQuestion(q.Text); err != nil {
		return asking{}, err
	}
	for _, list := range []*[]string{&q.Options, &q.Answers} {
		var trimmed []string
		for i, text := range *list {
			text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
			if utf8.RuneCountInString(text) > maxOption {
				return asking{}, fmt.Errorf("option %d: %w", i+1, ErrQuestion)
			}
			trimmed = append(trimmed, text)
		}
		*list = trimmed
	}
	if err := q.Check(); err != nil {
		return asking{}, err
	}
	if err := a.Rule.Check(*q); err != nil {
		return asking{}, err
	}
	return a, a.Terms.check()
}

// usual says whether there is nothing to write down besides the poll itself.
func (a asking) usual() bool {
	return a.Question.Kind == KindMotion && !a.Question.Invalid && a.Rule == Usual() && a.Terms == Terms{}
}

// note writes down what a poll asks, in place of what it asked before.
func (p *Polls) note(ctx context.Context, id ID, a asking) error {
	if a.usual() {
		if err := p.ledger.DropPaper(ctx, id, paperAsked); err != nil {
			return fmt.Errorf("writing what poll %s asks: %w", id, err)
		}
		return nil
	}
	paper, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("writing what poll %s asks: %w", id, err)
	}
	if err := p.ledger.PutPaper(ctx, id, paperAsked, paper); err != nil {
		return fmt.Errorf("writing what poll %s asks: %w", id, err)
	}
	return nil
}

// recall fills in what a poll asks and by which rule it is judged.
func (p *Polls) recall(ctx context.Context, poll *Poll) error {
	poll.Asked = Question{Kind: KindMotion, Text: poll.Question, Options: slices.Clone(poll.Answers)}
	poll.Rule, poll.Least = Usual(), p.least(Terms{})
	if poll.Ends.IsZero() && !poll.Opened.IsZero() { // opened by a program that knew no deadline
		poll.Ends = poll.Opened.Add(MaxOpen)
	}
	paper, err := p.ledger.Paper(ctx, poll.ID, paperAsked)
	if err != nil {
		return fmt.Errorf("looking up what poll %s asks: %w", poll.ID, err)
	}
	if paper == nil {
		return nil
	}
	var a asking
	if err := json.Unmarshal(paper, &a); err != nil {
		return fmt.Errorf("reading what poll %s asks: %w", poll.ID, err)
	}
	poll.Asked, poll.Rule, poll.Terms, poll.Least = a.Question, a.Rule, a.Terms, p.least(a.Terms)
	return nil
}

// sample is a choice that may be made: only the length of its ballot is wanted.
func (q Question) sample() Choice {
	n := 1
	switch q.Kind {
	case KindSeveral:
		n = q.Least
	case KindSingly:
		return Choice{Options: make([]int, len(q.Options))}
	}
	c := Choice{}
	for i := range n {
		c.Options = append(c.Options, i)
	}
	return c
}
