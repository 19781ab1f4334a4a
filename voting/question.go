package voting

import (
	"strings"
	"unicode/utf8"
)

// maxQuestion is how many characters a question may have.
const maxQuestion = 1000

// checkQuestion trims a question and refuses what cannot be asked.
func checkQuestion(text string) (string, error) {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	if text == "" {
		return "", ErrNoQuestion
	}
	if utf8.RuneCountInString(text) > maxQuestion {
		return "", ErrLongQuestion.with("max", maxQuestion)
	}
	return text, nil
}
