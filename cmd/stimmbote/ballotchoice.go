package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"stimmbote/voting/belenios"
)

// errChoice tells that an answer cannot be given like that.
var errChoice = errors.New("cast.error.choice")

// blankWord stands for a blank vote, which is an invalid ballot.
const blankWord = "blank"

// readChoice reads answers to all questions: numbers from 1 on, "," within a question, ";" between
// questions, "blank" where that is possible; "blank" alone is for all of them.
func readChoice(text string, questions []belenios.Question) ([][]int, error) {
	parts := strings.Split(text, ";")
	if len(parts) == 1 && strings.TrimSpace(text) == blankWord {
		for len(parts) < len(questions) {
			parts = append(parts, blankWord)
		}
	}
	if len(parts) != len(questions) {
		return nil, fmt.Errorf("%w: %d answers, %d questions", errChoice, len(parts), len(questions))
	}
	vote := make([][]int, len(questions))
	for i, q := range questions {
		var err error
		if vote[i], err = readAnswer(parts[i], q); err != nil {
			return nil, err
		}
	}
	return vote, nil
}

// readAnswer reads the answer to one question.
func readAnswer(text string, q belenios.Question) ([]int, error) {
	text = strings.TrimSpace(text)
	if text == blankWord {
		vote, err := q.BlankVote()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errChoice, err)
		}
		return vote, nil
	}
	var chosen []int
	if text != "" && text != "0" { // none, where that is possible
		for number := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(strings.TrimSpace(number))
			if err != nil {
				return nil, fmt.Errorf("%w: %q", errChoice, number)
			}
			chosen = append(chosen, n-1)
		}
	}
	vote, err := q.Choose(chosen...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errChoice, err)
	}
	return vote, nil
}

// chosenIn names what is chosen in an answer; none if it is blank.
func chosenIn(q belenios.Question, vote []int) (names []string, blank bool) {
	if q.Blank {
		blank, vote = vote[0] == 1, vote[1:]
	}
	for i, n := range vote {
		if n == 1 {
			names = append(names, q.Answers[i])
		}
	}
	return names, blank
}
