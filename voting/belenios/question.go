package belenios

import (
	"encoding/json"
	"fmt"
)

// question asks for exactly one of its answers.
type question struct {
	text    string
	answers []string
}

type wireQuestion struct {
	Answers  []string `json:"answers"`
	Min      int      `json:"min"`
	Max      int      `json:"max"`
	Question string   `json:"question"`
}

// openQuestions reads the questions of an election (specification, 4.9). All of them must be well-formed; that there
// is one, from which exactly one answer is chosen, is a limit of this package.
func openQuestions(raw json.RawMessage) (question, error) {
	items, err := list(raw)
	if err != nil {
		return question{}, err
	}
	if len(items) == 0 {
		return question{}, fmt.Errorf("%w: no question", ErrShape)
	}
	var q question
	var unsupported error
	for i, item := range items {
		one, limit, err := openQuestion(item)
		if err != nil {
			return question{}, fmt.Errorf("question %d: %w", i+1, err)
		}
		if limit != "" && unsupported == nil {
			unsupported = fmt.Errorf("%w: %s", ErrUnsupported, limit)
		}
		q = one
	}
	if unsupported != nil {
		return question{}, unsupported
	}
	if len(items) > 1 {
		return question{}, fmt.Errorf("%w: several questions", ErrUnsupported)
	}
	return q, nil
}

// openQuestion reads one question; limit says why it cannot be checked here.
func openQuestion(raw json.RawMessage) (q question, limit string, err error) {
	if kind, ok := nestedKind(raw); ok {
		return question{}, kind + " questions", openNested(raw, kind)
	}
	fields, err := object(raw, "answers", "?blank", "min", "max", "question")
	if err != nil {
		return question{}, "", err
	}
	if q.answers, err = texts(fields["answers"]); err != nil {
		return question{}, "", err
	}
	if q.text, err = text(fields["question"]); err != nil {
		return question{}, "", err
	}
	least, err := small(fields["min"])
	if err != nil {
		return question{}, "", err
	}
	most, err := small(fields["max"])
	if err != nil {
		return question{}, "", err
	}
	if len(q.answers) == 0 || least > most || least > len(q.answers) {
		return question{}, "", fmt.Errorf("%w: %d to %d of %d answers", ErrShape, least, most, len(q.answers))
	}
	switch blank := string(fields["blank"]); {
	case blank == "true":
		return q, "blank votes", nil
	case blank != "" && blank != "false":
		return question{}, "", fmt.Errorf("%w: blank is true or false", ErrShape)
	case least != 1 || most != 1:
		return q, fmt.Sprintf("choosing %d to %d answers", least, most), nil
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
