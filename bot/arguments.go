package bot

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"stimmbote/voting"
)

// option is something that may follow a command, as in "!probe --end".
type option struct {
	names []string                      // in every language; the first is what the program calls it
	value bool                          // a word or a quotation follows
	more  func(value, next string) bool // whether the next word belongs to the value as well
}

// arguments is what follows a command: its text, and the options that were found in it.
type arguments struct {
	text    string
	options map[string]string // by the first of their names
}

// takeOptions finds the options in what follows a command, wherever they stand outside of
// quotation marks. One that the command does not have is refused: it must not become a part of
// what people are asked.
func takeOptions(rest string, known []option) (arguments, error) {
	a := arguments{options: make(map[string]string)}
	var text strings.Builder
	fresh := true // a word may begin here
	for rest != "" {
		n, length, name := 0, 0, ""
		if fresh {
			n = quotation(rest)
			name, length = optionName(rest)
		}
		if length > 0 {
			i := slices.IndexFunc(known, func(o option) bool { return slices.Contains(o.names, name) })
			if i < 0 {
				return a, unknownOption(name, known)
			}
			var value string
			if rest = rest[length:]; known[i].value {
				value, rest = optionValue(rest)
				for more := known[i].more; more != nil; {
					next, after := optionValue(rest)
					if next == "" || !more(value, next) {
						break
					}
					value, rest = value+" "+next, after
				}
			}
			a.options[known[i].names[0]] = value
			continue
		}
		if n == 0 {
			_, n = utf8.DecodeRuneInString(rest)
		}
		text.WriteString(rest[:n])
		r, _ := utf8.DecodeLastRuneInString(rest[:n])
		fresh, rest = unicode.IsSpace(r), rest[n:]
	}
	a.text = unquoted(strings.TrimSpace(text.String()))
	return a, nil
}

// unknownOption says that there is no such option, and which one may have been meant.
func unknownOption(name string, known []option) error {
	for _, o := range known {
		for _, n := range o.names {
			if near(name, n) {
				return &voting.Refusal{Key: "refusal.option-near", Args: []any{"option", name, "near", n}}
			}
		}
	}
	return &voting.Refusal{Key: "refusal.option", Args: []any{"option", name}}
}

// optionName reads "--name" at the beginning of s, in small letters, with whatever a phone made
// of the two dashes: one long one, or any two. length is 0 if there is no option.
func optionName(s string) (name string, length int) {
	dashes, long := 0, false
	for i, r := range s {
		if !unicode.Is(unicode.Pd, r) && r != '\u2212' {
			length = i
			break
		}
		dashes++
		long = long || r >= '\u2012' && r <= '\u2015' || r == '\ufe58'
	}
	if dashes < 2 && !long {
		return "", 0
	}
	rest := s[length:]
	end := strings.IndexFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.Is(unicode.Pd, r) })
	if end < 0 {
		end = len(rest)
	}
	if r, _ := utf8.DecodeRuneInString(rest); length == 0 || !unicode.IsLetter(r) {
		return "", 0
	}
	return strings.ToLower(narrow(rest[:end])), length + end
}

// optionValue reads what belongs to an option: behind "=" or ":" or a space, a word or a
// quotation.
func optionValue(s string) (value, rest string) {
	s = strings.TrimLeftFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '=' || r == ':' || r == '＝' || r == '：' })
	n := quotation(s)
	if n == 0 {
		if n = strings.IndexFunc(s, unicode.IsSpace); n < 0 {
			n = len(s)
		}
	}
	return unquoted(s[:n]), s[n:]
}

// quotes are the marks that begin a quotation, with those that may end it.
var quotes = map[rune]string{'"': `"”“`, '„': `“”"`, '“': `”"“`, '”': `”"`, '«': `»`, '»': `«»`, '＂': `＂`}

// quotation is the length of the quotation that s begins with, 0 if it is none.
func quotation(s string) int {
	first, n := utf8.DecodeRuneInString(s)
	closing, ok := quotes[first]
	if !ok {
		return 0
	}
	end := strings.IndexAny(s[n:], closing)
	if end < 0 {
		return 0
	}
	_, last := utf8.DecodeRuneInString(s[n+end:])
	return n + end + last
}

// unquoted is s without the quotation marks around all of it.
func unquoted(s string) string {
	if n := quotation(s); n == 0 || n < len(s) {
		return s
	}
	_, first := utf8.DecodeRuneInString(s)
	_, last := utf8.DecodeLastRuneInString(s)
	return strings.TrimSpace(s[first : len(s)-last])
}

// narrow gives letters, digits and signs of full width their usual one.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, s)
}
