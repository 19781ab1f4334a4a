package belenios

import (
	"fmt"
	"strconv"
	"strings"
)

// describe says in a few words what is asked.
func describe(questions []Question) string {
	if len(questions) > 1 {
		return fmt.Sprintf("%d questions", len(questions))
	}
	q := questions[0]
	what := fmt.Sprintf("%d to %d of %d answers", q.Min, q.Max, len(q.Answers))
	if q.Min == q.Max {
		what = fmt.Sprintf("exactly %d of %d answers", q.Min, len(q.Answers))
	}
	if q.Blank {
		what += ", or blank"
	}
	return "one question with " + what
}

// describeTrustees says how many trustees there are, and how many of them it takes.
func (e *Election) describeTrustees() string {
	parts := make([]string, 0, len(e.trustees))
	singles := 0
	for _, t := range e.trustees {
		if !t.pedersen {
			singles++
			continue
		}
		part := fmt.Sprintf("%d of %d together", t.threshold, len(t.keys))
		if t.old {
			part += " (by a ceremony of before version 2.5.1, in which less is signed)"
		}
		parts = append(parts, part)
	}
	if singles > 0 {
		parts = append([]string{strconv.Itoa(singles)}, parts...)
	}
	return strings.Join(parts, " and ")
}
