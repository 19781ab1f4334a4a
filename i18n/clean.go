package i18n

import (
	"strings"
	"unicode"
)

// Invisible letters that hold others together or apart: Persian names and some emoji need them.
const (
	nonJoiner = '\u200c'
	joiner    = '\u200d'
)

// blank are letters and signs that show nothing.
const blank = "\u115f\u1160\u2800\u3164\uffa0"

// joining are the scripts in which they change how a word is read.
var joining = []*unicode.RangeTable{
	unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Mandaic, unicode.Devanagari, unicode.Bengali,
	unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya, unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam,
	unicode.Sinhala, unicode.Khmer, unicode.Myanmar, unicode.Tibetan,
}

// Clean makes one line of what somebody typed: no control or invisible formatting characters,
// which could hide or reorder what others read. Joiners stay where the script or an emoji needs
// them, and nowhere else, where they would make two names out of one.
func Clean(s string) string {
	var line strings.Builder
	before, waiting := rune(0), rune(0)
	for _, r := range s {
		switch {
		case r == nonJoiner, r == joiner:
			waiting = r
			continue
		case unicode.IsSpace(r):
			r = ' '
		case unicode.In(r, unicode.C), r == unicode.ReplacementChar, strings.ContainsRune(blank, r):
			continue
		}
		if waiting != 0 && joins(before, waiting, r) {
			line.WriteRune(waiting)
		}
		waiting = 0
		line.WriteRune(r)
		before = r
	}
	return strings.Join(strings.Fields(line.String()), " ")
}

// joins says whether a joiner between two letters is wanted there.
func joins(before, j, after rune) bool {
	if unicode.In(before, joining...) || unicode.Is(unicode.Mn, before) && unicode.IsLetter(after) {
		return unicode.In(after, joining...)
	}
	picture := unicode.In(before, unicode.So, unicode.Sk) || before == '\ufe0f'
	return j == joiner && picture && unicode.Is(unicode.So, after)
}

// Name is a name as others may see it: [Clean], and at most most characters long. It is empty if
// nothing of it could be seen.
func Name(s string, most int) string {
	name := []rune(Clean(s))
	if len(name) > most {
		name = append(name[:most-1], '…')
	}
	if !strings.ContainsFunc(string(name), func(r rune) bool { return unicode.IsGraphic(r) && !unicode.In(r, unicode.M, unicode.Z) }) {
		return ""
	}
	return string(name)
}
