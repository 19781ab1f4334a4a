package answer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReply is how many bytes an answer may have before nobody would call it clear.
const maxReply = 600

// Says tells whether text is one of the phrases and nothing else, read as ballots are read.
func Says(text string, phrases []string) bool {
	said := read(text)
	return said != nil && slices.ContainsFunc(phrases, func(p string) bool { return slices.Equal(read(p), said) })
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
	before := nothing
	for _, r := range compose(text) {
		kind := kindOf(r)
		switch {
		case r == keycap:
			kind = nothing // it ends its number
		case unicode.Is(unicode.Cf, r), isDressing(r):
			continue
		case kind == letter || kind == digit:
			if before != kind {
				words = append(words, "")
			}
			words[len(words)-1] += string(plain(r))
		case unicode.IsSpace(r), r == '!' && words != nil, strings.ContainsRune(`.,;:=()[]*_"'´`+"`„“”‚‘’«»‹›…", r):
			kind = nothing
		default:
			words = append(words, string(r))
		}
		before = kind
	}
	return words
}

// What a letter can be to a word.
const (
	nothing = iota
	letter
	digit
	sign
)

func kindOf(r rune) int {
	switch {
	case unicode.IsDigit(r):
		return digit
	case unicode.IsLetter(r):
		return letter
	default:
		return sign
	}
}

// plain is r as a small letter, or as one of the digits 0 to 9 where it is a wide one.
func plain(r rune) rune {
	if r >= '０' && r <= '９' {
		return r - '０' + '0'
	}
	return unicode.ToLower(r)
}

// apart are the vowels and dots that some keyboards send apart, each before what it is joined to.
var apart = strings.NewReplacer("a\u0308", "ä", "o\u0308", "ö", "u\u0308", "ü",
	"A\u0308", "Ä", "O\u0308", "Ö", "U\u0308", "Ü")

// compose joins the vowels and dots that some keyboards send apart.
func compose(text string) string { return apart.Replace(text) }

// keycap is the box around a digit.
const keycap = '\u20e3'

// isDressing is true for what changes only how the sign before it looks: variation selectors,
// skin tones. Other marks stay: one of them crosses words out.
func isDressing(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0x1F3FB && r <= 0x1F3FF
}

// Known takes the phrases out of the words that the catalogues have, by their keys.
func Known(words map[string][]string) Phrases {
	return Phrases{
		Yes: words["ballot.words.yes"], No: words["ballot.words.no"], Abstain: words["ballot.words.abstain"],
		Invalid: words["answer.words.invalid"], None: words["answer.words.none"], All: words["answer.words.all"],
		Rest: words["answer.words.rest"], And: words["answer.words.and"], Filler: words["answer.words.filler"],
		Weak: words["answer.words.weak"], Numbers: slices.Concat(words["answer.words.numbers"], words["answer.words.ordinals"]),
	}
}
