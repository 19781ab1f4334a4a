package bot

import (
	"strings"
	"unicode"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/i18n"
)

// command splits a message into the word after the prefix, in lower case, and what follows.
func command(body string) (word, rest string, ok bool) {
	body = strings.TrimLeftFunc(body, invisible)
	after, ok := strings.CutPrefix(body, prefix)
	if !ok {
		if after, ok = strings.CutPrefix(body, widePrefix); !ok {
			return "", "", false
		}
	}
	end := strings.IndexFunc(after, unicode.IsSpace)
	if end < 0 {
		end = len(after)
	}
	if end > longestWord {
		return "", "", false
	}
	word = strings.ToLower(narrow(strings.TrimRight(after[:end], ":;,.?!：？")))
	if word == "" || strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) }) {
		return "", "", false
	}
	return word, strings.TrimSpace(after[end:]), true
}

// longestWord is from how many bytes on a word is no command, nor meant to be one.
const longestWord = 60

// invisible says whether a rune in front of a message shows nothing.
func invisible(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) || r >= 0xFE00 && r <= 0xFE0F
}

// mentionEnd is how far into a message a command may begin behind a mention of the bot.
const mentionEnd = 120

// unmention returns what follows a mention of the bot, which has one of these names. Clients
// write a mention as @name:server, as the name, or as a link with the name in brackets.
func unmention(body string, names ...string) (rest string, ok bool) {
	body = strings.TrimLeftFunc(body, invisible)
	lower := strings.ToLower(body[:min(len(body), mentionEnd)])
	if len(lower) != min(len(body), mentionEnd) {
		return "", false // its small letters are longer: it is none of our names
	}
	for _, name := range names {
		if name == "" {
			continue
		}
		for _, form := range []string{"[" + name + "](", "[@" + name + "](", "@" + name, name} {
			if !strings.HasPrefix(lower, strings.ToLower(form)) {
				continue
			}
			rest = body[len(form):]
			if strings.HasPrefix(form, "[") {
				end := strings.IndexByte(rest, ')')
				if end < 0 {
					continue
				}
				rest = rest[end+1:]
			}
			after := strings.TrimLeftFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(":,;：", r) })
			if after == rest && after != "" {
				continue // a longer name
			}
			return strings.TrimLeftFunc(after, invisible), true
		}
	}
	return "", false
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
		for key, list := range texts.Prefix("") {
			if !strings.Contains(key, ".words.") {
				continue
			}
			for w := range strings.SplitSeq(list, ",") {
				all[key] = append(all[key], strings.TrimSpace(w))
			}
		}
	}
	return all
}

// loadLanguages returns all catalogues, in the form of address of one of them.
func loadLanguages(one *i18n.Texts) map[string]*i18n.Texts {
	all := make(map[string]*i18n.Texts)
	for _, language := range i18n.Languages {
		texts, err := one.In(language)
		if err != nil {
			panic(err) // the catalogues are part of the program
		}
		all[language] = texts
	}
	return all
}

// is says whether a message is one of the words of a key and nothing else.
func (w words) is(key, body string) bool { return answer.Says(body, w[key]) }

// which returns that one of the keys whose word a message is, empty if it is none.
func (w words) which(m chat.Message, keys ...string) string {
	for _, key := range keys {
		if m.Kind == chat.Text && w.is(key, m.Body) {
			return key
		}
	}
	return ""
}
