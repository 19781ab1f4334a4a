package bot

import (
	"strings"
	"unicode"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// command splits a message into the word after the prefix, in lower case, and what follows.
func command(body string) (word, rest string, ok bool) {
	body = strings.TrimSpace(body)
	after, ok := strings.CutPrefix(body, prefix)
	if !ok {
		return "", "", false
	}
	end := strings.IndexFunc(after, unicode.IsSpace)
	if end < 0 {
		end = len(after)
	}
	word = strings.ToLower(after[:end])
	if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return "", "", false
	}
	return word, strings.TrimSpace(after[end:]), true
}

// near says whether a word is one of our names with one slip: a letter too many, missing,
// wrong, or two exchanged. The first letter has to be right.
func near(word, name string) bool {
	w, n := []rune(word), []rune(name)
	if len(w) < 3 || w[0] != n[0] {
		return false
	}
	if len(w) > len(n) {
		w, n = n, w
	}
	i := 0
	for i < len(w) && w[i] == n[i] {
		i++
	}
	switch len(n) - len(w) {
	case 1:
		return string(w[i:]) == string(n[i+1:])
	case 0:
		if i == len(w) {
			return true
		}
		wrong := string(w[i+1:]) == string(n[i+1:])
		exchanged := i+1 < len(w) && w[i] == n[i+1] && w[i+1] == n[i] && string(w[i+2:]) == string(n[i+2:])
		return wrong || exchanged
	}
	return false
}

// words are what people may answer, in every language at once, by their key in i18n.
type words map[string][]string

func loadWords() words {
	all := make(words)
	for _, language := range i18n.Languages {
		texts, err := i18n.Load(language)
		if err != nil {
			panic(err) // the catalogues are part of the program
		}
		for _, prefix := range []string{"poll.words.", "ballot.words."} {
			for key, list := range texts.Prefix(prefix) {
				for w := range strings.SplitSeq(list, ",") {
					all[prefix+key] = append(all[prefix+key], strings.TrimSpace(w))
				}
			}
		}
	}
	return all
}

// is says whether a message is one of the words of a key and nothing else.
func (w words) is(key, body string) bool { return voting.Says(body, w[key]) }

// which returns that one of the keys whose word a message is, empty if it is none.
func (w words) which(m chat.Message, keys ...string) string {
	for _, key := range keys {
		if m.Kind == chat.Text && w.is(key, m.Body) {
			return key
		}
	}
	return ""
}

// answers are the words for each answer of a motion, in the order of its answers.
func (w words) answers() [][]string {
	answers := make([][]string, 3)
	answers[voting.Yes] = w["ballot.words.yes"]
	answers[voting.No] = w["ballot.words.no"]
	answers[voting.Abstain] = w["ballot.words.abstain"]
	return answers
}
