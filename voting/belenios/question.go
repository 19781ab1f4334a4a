package belenios

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Question asks to choose at least Min and at most Max of its answers (specification, 4.9.1). Where Blank is set, a
// voter may instead choose none of them and say so.
type Question struct {
	Text     string
	Answers  []string
	Min, Max int
	Blank    bool
}

// Slots is how many numbers a vote on the question has: one for each answer, with one for the blank vote before them
// where there can be one.
func (q Question) Slots() int {
	if q.Blank {
		return len(q.Answers) + 1
	}
	return len(q.Answers)
}

// Choose is the vote for these answers, counted from 0: a 0 or 1 for each slot.
func (q Question) Choose(answers ...int) ([]int, error) {
	vote := make([]int, q.Slots())
	for _, a := range answers {
		if a < 0 || a >= len(q.Answers) || vote[len(vote)-len(q.Answers)+a] == 1 {
			return nil, fmt.Errorf("answer %d: %w", a, ErrAnswer)
		}
		vote[len(vote)-len(q.Answers)+a] = 1
	}
	if len(answers) < q.Min || len(answers) > q.Max {
		return nil, fmt.Errorf("%d answers chosen where %d to %d may be: %w", len(answers), q.Min, q.Max, ErrAnswer)
	}
	return vote, nil
}

// BlankVote is the vote for none of the answers.
func (q Question) BlankVote() ([]int, error) {
	if !q.Blank {
		return nil, fmt.Errorf("blank vote: %w", ErrAnswer)
	}
	vote := make([]int, q.Slots())
	vote[0] = 1
	return vote, nil
}

// check says whether a vote may be cast. All votes that may take the same time, whatever they are for.
func (q Question) check(vote []int) error {
	if len(vote) != q.Slots() {
		return fmt.Errorf("%d numbers for %d answers: %w", len(vote), len(q.Answers), ErrAnswer)
	}
	wrong, sum := 0, 0
	for _, n := range vote {
		wrong |= n &^ 1
	}
	chosen, blank := vote, 0
	if q.Blank {
		blank, chosen = vote[0], vote[1:]
	}
	for _, n := range chosen {
		sum += n
	}
	wrong |= blank * sum
	outside := (sum - q.Min) | (q.Max - sum) // below zero if either is
	wrong |= (1 - blank) * (outside >> 62)
	if wrong != 0 {
		return fmt.Errorf("vote: %w", ErrAnswer)
	}
	return nil
}

// branches is how many proofs the overall proof of an answer has.
func (q Question) branches() int {
	n := q.Max - q.Min + 1
	if q.Blank {
		n++
	}
	return n
}

func (q Question) clone() Question {
	q.Answers = slices.Clone(q.Answers)
	return q
}

func (q Question) wire() wireQuestion {
	return wireQuestion{Answers: q.Answers, Blank: q.Blank, Min: q.Min, Max: q.Max, Question: q.Text}
}

type wireQuestion struct {
	Answers  []string `json:"answers"`
	Blank    bool     `json:"blank,omitempty"`
	Min      int      `json:"min"`
	Max      int      `json:"max"`
	Question string   `json:"question"`
}

// openQuestions reads the questions of an election (specification, 4.9). All of them must be well-formed; that their
// ballots are added up is a limit of this package.
func openQuestions(raw json.RawMessage) ([]Question, error) {
	items, err := list(raw)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%w: no question", ErrShape)
	}
	questions := make([]Question, len(items))
	var unsupported error
	for i, item := range items {
		one, limit, err := openQuestion(item)
		if err != nil {
			return nil, fmt.Errorf("question %d: %w", i+1, err)
		}
		if limit != "" && unsupported == nil {
			unsupported = fmt.Errorf("question %d: %w: %s", i+1, ErrUnsupported, limit)
		}
		questions[i] = one
	}
	if unsupported != nil {
		return nil, unsupported
	}
	return questions, nil
}

// openQuestion reads one question; limit says why it cannot be checked here.
func openQuestion(raw json.RawMessage) (q Question, limit string, err error) {
	if kind, ok := nestedKind(raw); ok {
		return Question{}, kind + " questions", openNested(raw, kind)
	}
	fields, err := object(raw, "answers", "?blank", "min", "max", "question")
	if err != nil {
		return Question{}, "", err
	}
	if q.Answers, err = texts(fields["answers"]); err != nil {
		return Question{}, "", err
	}
	if q.Text, err = text(fields["question"]); err != nil {
		return Question{}, "", err
	}
	if q.Min, err = small(fields["min"]); err != nil {
		return Question{}, "", err
	}
	if q.Max, err = small(fields["max"]); err != nil {
		return Question{}, "", err
	}
	if len(q.Answers) == 0 || q.Min > q.Max || q.Min > len(q.Answers) {
		return Question{}, "", fmt.Errorf("%w: %d to %d of %d answers", ErrShape, q.Min, q.Max, len(q.Answers))
	}
	switch blank := string(fields["blank"]); blank {
	case "true":
		q.Blank = true
	case "", "false":
	default:
		return Question{}, "", fmt.Errorf("%w: blank is true or false", ErrShape)
	}
	if q.Max > len(q.Answers) {
		return q, "choosing more answers than there are", nil
	}
	return q, "", nil
}

// nestedKind recognises the two other types of question, 4.9.2 and 4.9.3.
func nestedKind(raw json.RawMessage) (string, bool) {
	fields, err := object(raw, "type", "value", "?extra")
	if err != nil {
		return "", false
	}
	kind, err := text(fields["type"])
	return kind, err == nil && (kind == "NonHomomorphic" || kind == "Lists")
}

func openNested(raw json.RawMessage, kind string) error {
	fields, err := object(raw, "type", "value", "?extra")
	if err != nil {
		return err
	}
	if fields, err = object(fields["value"], "answers", "question"); err != nil {
		return err
	}
	if _, err = text(fields["question"]); err != nil {
		return err
	}
	if kind == "NonHomomorphic" {
		_, err = texts(fields["answers"])
		return err
	}
	lists, err := list(fields["answers"])
	if err != nil {
		return err
	}
	for _, one := range lists {
		if _, err := texts(one); err != nil {
			return err
		}
	}
	return nil
}
