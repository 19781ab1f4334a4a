package voting

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"stimmbote/voting/belenios"
)

// Kind is what a question asks for.
type Kind string

// The kinds of question. Each is sealed as numbers that are only ever added up.
const (
	KindMotion  Kind = "motion"  // yes, no or abstain
	KindChoice  Kind = "choice"  // exactly one of several options
	KindSeveral Kind = "several" // from Least to Most of several options
	KindSingly  Kind = "singly"  // yes, no or abstain to each candidate
)

// maxOptions is how many options or candidates there may be, maxEntitled how many people: more
// than anybody has, and few enough that no sum overflows.
const (
	maxOptions  = 100
	maxEntitled = 1 << 40
)

// What is wrong with a question or with what came out of it.
var (
	ErrQuestion = errors.New("not a question that can be asked")
	ErrNumbers  = errors.New("the numbers cannot be the result of this question")
)

// Question is what is asked, in people's terms.
type Question struct {
	Kind    Kind     `json:"kind"`
	Text    string   `json:"text"`
	Options []string `json:"options"`           // of a motion: yes, no, abstain; else what can be chosen, or the candidates
	Answers []string `json:"answers,omitempty"` // of the ballot on each candidate: yes, no, abstain
	Least   int      `json:"least,omitempty"`   // of several
	Most    int      `json:"most,omitempty"`    // of several
	Abstain bool     `json:"abstain,omitempty"` // of a choice: the last option is to abstain
	Invalid bool     `json:"invalid,omitempty"` // a ballot may be handed in invalid
}

// choices is how many options there are that could win.
func (q Question) choices() int {
	if q.Kind == KindChoice && q.Abstain {
		return len(q.Options) - 1
	}
	return len(q.Options)
}

// Check says whether the question can be asked.
func (q Question) Check() error {
	ok := false
	switch q.Kind {
	case KindMotion:
		ok = len(q.Options) == answersOfMotion
	case KindChoice:
		ok = q.choices() >= 2
	case KindSeveral:
		ok = len(q.Options) >= 2 && q.Least >= 0 && q.Least <= q.Most && q.Most >= 1 && q.Most <= len(q.Options)
	case KindSingly:
		ok = len(q.Options) >= 1 && len(q.Answers) == answersOfMotion && distinct(q.Answers)
	}
	if !ok || len(q.Options) > maxOptions || !distinct(q.Options) {
		return fmt.Errorf("%s with %d options: %w", q.Kind, len(q.Options), ErrQuestion)
	}
	return nil
}

// distinct says whether nothing is empty or there twice.
func distinct(texts []string) bool {
	for i, text := range texts {
		if strings.TrimSpace(text) == "" || slices.Contains(texts[:i], text) {
			return false
		}
	}
	return true
}

// Sealed is the question as an election asks it: one question, or one for each candidate. A
// blank vote is an invalid ballot; to abstain is an answer like any other, because both are
// counted apart.
func (q Question) Sealed() []belenios.Question {
	switch q.Kind {
	case KindSeveral:
		return []belenios.Question{{Text: q.Text, Answers: q.Options, Min: q.Least, Max: q.Most, Blank: q.Invalid}}
	case KindSingly:
		each := make([]belenios.Question, len(q.Options))
		for i, candidate := range q.Options {
			each[i] = belenios.Question{Text: candidate, Answers: q.Answers, Min: 1, Max: 1, Blank: q.Invalid}
		}
		return each
	default:
		return []belenios.Question{{Text: q.Text, Answers: q.Options, Min: 1, Max: 1, Blank: q.Invalid}}
	}
}

// Choice is what one person answers: the options chosen or, for each candidate in turn, one of
// [Yes], [No] and [Abstain].
type Choice struct {
	Options []int
	Invalid bool // and nothing chosen
}

// Vote is the choice as the numbers that are sealed, or [ErrAnswer].
func (q Question) Vote(c Choice) ([][]int, error) {
	sealed := q.Sealed()
	if c.Invalid && len(c.Options) > 0 || !c.Invalid && q.Kind == KindSingly && len(c.Options) != len(sealed) {
		return nil, fmt.Errorf("%d answers: %w", len(c.Options), ErrAnswer)
	}
	vote := make([][]int, len(sealed))
	for i, one := range sealed {
		var err error
		switch {
		case c.Invalid:
			vote[i], err = one.BlankVote()
		case q.Kind == KindSingly:
			vote[i], err = one.Choose(c.Options[i])
		default:
			vote[i], err = one.Choose(c.Options...)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrAnswer, err)
		}
	}
	return vote, nil
}

// Count is what came out of a ballot box, in numbers.
type Count struct {
	Entitled int    `json:"entitled"`          // who may vote
	Cast     int    `json:"cast"`              // ballots, invalid ones too
	Present  int    `json:"present,omitempty"` // where the rule asks for that: who was present at the opening, and who voted
	Parts    []Part `json:"parts"`             // one, or one for each candidate
}

// Part is what came out of one sealed question.
type Part struct {
	Invalid int   `json:"invalid"`
	Votes   []int `json:"votes"` // of each option, or yes, no, abstain
}

// Count reads the opened sums, and refuses numbers that cannot be with [ErrNumbers].
func (q Question) Count(entitled, cast int, sums [][]int) (*Count, error) {
	sealed := q.Sealed()
	if len(sums) != len(sealed) {
		return nil, fmt.Errorf("%d sums for %d questions: %w", len(sums), len(sealed), ErrNumbers)
	}
	c := &Count{Entitled: entitled, Cast: cast}
	for i, one := range sealed {
		if len(sums[i]) != one.Slots() {
			return nil, fmt.Errorf("%d numbers for %d answers: %w", len(sums[i]), one.Slots(), ErrNumbers)
		}
		part := Part{Votes: slices.Clone(sums[i])}
		if one.Blank {
			part.Invalid, part.Votes = part.Votes[0], part.Votes[1:]
		}
		c.Parts = append(c.Parts, part)
	}
	if err := q.check(c); err != nil {
		return nil, err
	}
	return c, nil
}

// check refuses numbers that cannot be: each valid ballot has from Min to Max votes.
func (q Question) check(c *Count) error {
	sealed := q.Sealed()
	if c.Cast < 0 || c.Cast > c.Entitled || c.Present < 0 || c.Present > c.Entitled || c.Entitled > maxEntitled {
		return fmt.Errorf("%d ballots, %d present for a roll of %d: %w", c.Cast, c.Present, c.Entitled, ErrNumbers)
	}
	if len(c.Parts) != len(sealed) {
		return fmt.Errorf("%d counts for %d questions: %w", len(c.Parts), len(sealed), ErrNumbers)
	}
	for i, one := range sealed {
		part := c.Parts[i]
		if len(part.Votes) != len(one.Answers) {
			return fmt.Errorf("%d numbers for %d answers: %w", len(part.Votes), len(one.Answers), ErrNumbers)
		}
		if part.Invalid < 0 || part.Invalid > c.Cast || part.Invalid > 0 && !one.Blank {
			return fmt.Errorf("%d invalid of %d ballots: %w", part.Invalid, c.Cast, ErrNumbers)
		}
		valid := c.Cast - part.Invalid
		least, most := one.Min*valid, one.Max*valid
		for j, n := range part.Votes {
			if n < 0 || n > valid {
				return fmt.Errorf("answer %d has %d of %d ballots: %w", j+1, n, valid, ErrNumbers)
			}
			least, most = least-n, most-n
		}
		if least > 0 || most < 0 {
			return fmt.Errorf("the answers do not sum up to %d ballots: %w", valid, ErrNumbers)
		}
	}
	return nil
}
