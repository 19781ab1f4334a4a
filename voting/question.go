package voting

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxQuestion is how many characters a question may have, maxReply how many bytes an answer
// in words may have before nobody would call it clear.
const (
	maxQuestion = 1000
	maxReply    = 200
)

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

// ParseAnswer says which answer a person means: its number from 1, one of its words, or both
// when they agree. words has the accepted words or phrases of each answer. What could mean two
// answers, or says anything besides, means none: ok is false.
func ParseAnswer(text string, words [][]string) (answer int, ok bool) {
	said := read(text)
	if said == nil {
		return 0, false
	}
	answer = -1
	for i := range words {
		if !means(said, strconv.Itoa(i+1), words[i]) {
			continue
		}
		if answer >= 0 {
			return 0, false
		}
		answer = i
	}
	return max(answer, 0), answer >= 0
}

// Says tells whether text is one of the phrases and nothing else, read as [ParseAnswer] reads.
func Says(text string, phrases []string) bool {
	said := read(text)
	return said != nil && isOneOf(said, phrases)
}

// means says whether what was said is the number, one of the phrases, or number and phrase.
func means(said []string, number string, phrases []string) bool {
	if isOneOf(said, phrases) {
		return true
	}
	if said[0] != number {
		return false
	}
	return len(said) == 1 || isOneOf(said[1:], phrases)
}

func isOneOf(said, phrases []string) bool {
	return slices.ContainsFunc(phrases, func(p string) bool { return slices.Equal(read(p), said) })
}

// read takes a text apart into words in small letters, numbers and signs. Quotes, brackets and
// what ends a sentence or stands between number and word are left out; a question mark, a minus,
// an emoji or an exclamation mark in front stays, because it may change what is meant. It
// returns nil when nothing is left or the text is too long.
func read(text string) []string {
	if len(text) > maxReply || !utf8.ValidString(text) {
		return nil
	}
	var words []string
	inWord := false
	for _, r := range compose(text) {
		switch {
		case unicode.Is(unicode.Cf, r), isDressing(r):
			continue
		case unicode.IsLetter(r), unicode.IsDigit(r):
			if !inWord {
				words = append(words, "")
			}
			words[len(words)-1] += string(plain(r))
			inWord = true
			continue
		case unicode.IsSpace(r), r == '!' && words != nil, strings.ContainsRune(`.,;:=()[]*_"'´`+"`„“”‚‘’«»‹›…", r):
		default:
			words = append(words, string(r))
		}
		inWord = false
	}
	return words
}

// plain is r as a small letter, or as one of the digits 0 to 9 where it is a wide one.
func plain(r rune) rune {
	if r >= '０' && r <= '９' {
		return r - '０' + '0'
	}
	return unicode.ToLower(r)
}

// compose joins the vowels and dots that some keyboards send apart.
func compose(text string) string {
	return strings.NewReplacer("a\u0308", "ä", "o\u0308", "ö", "u\u0308", "ü",
		"A\u0308", "Ä", "O\u0308", "Ö", "U\u0308", "Ü").Replace(text)
}

// isDressing is true for what changes only how the sign before it looks: variation selectors,
// the box around a keycap digit, skin tones. Other marks stay: one of them crosses words out.
func isDressing(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r == 0x20E3 || r >= 0x1F3FB && r <= 0x1F3FF
}
