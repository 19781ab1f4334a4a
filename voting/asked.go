package voting

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxOption is how many characters an option or a candidate's name may have.
const maxOption = 200

// asking is the paper that says what a poll asks and by which rule it is judged. A motion that is
// judged as usual has none.
type asking struct {
	Question Question `json:"question"`
	Rule     Rule     `json:"rule"`
}

// ask reads a draft: what is asked, trimmed, and the rule that holds.
func (d Draft) ask() (asking, error) {
	a := asking{Question: d.Asked, Rule: d.Rule}
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
	return a, a.Rule.Check(*q)
}

// usual says whether there is nothing to write down besides the poll itself.
func (a asking) usual() bool {
	return a.Question.Kind == KindMotion && !a.Question.Invalid && a.Rule == Usual()
}

// note writes down what a poll asks.
func (p *Polls) note(ctx context.Context, id ID, a asking) error {
	if a.usual() {
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
	poll.Rule = Usual()
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
	poll.Asked, poll.Rule = a.Question, a.Rule
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
