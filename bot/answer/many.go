package answer

import (
	"slices"
	"strings"
	"unicode/utf8"

	"stimmbote/voting"
)

// readSeveral reads the answer where several options may be chosen.
func (s *Sheet) readSeveral(said []mention) (voting.Choice, Finding) {
	q := s.question
	var chosen []int
	switch it := said[0]; {
	case len(said) == 1 && it.kind == none:
	case len(said) == 1 && it.kind == all:
		for i := range q.Options {
			chosen = append(chosen, i)
		}
	default:
		for i, it := range said {
			switch {
			case it.kind == and && i > 0 && i < len(said)-1 && said[i-1].kind != and:
			case it.kind != option && it.kind != number:
				return voting.Choice{}, Unclear
			case i > 0 && said[i-1].item == item{number, it.n} && it.kind == option: // "1 Maurer"
			case slices.Contains(chosen, it.n):
				return voting.Choice{}, Unclear
			default:
				chosen = append(chosen, it.n)
			}
		}
	}
	switch {
	case len(chosen) > q.Most:
		return voting.Choice{}, Many
	case len(chosen) < q.Least:
		return voting.Choice{}, Few
	}
	slices.Sort(chosen)
	return voting.Choice{Options: chosen}, Clear
}

// readEach reads a ballot with an answer to each candidate: "1 yes, 2 and 3 no", "yes: 1, no: 2",
// "all yes", "1 yes, the rest no", or as many answers as there are candidates in their order.
func (s *Sheet) readEach(said []mention) (voting.Choice, Finding) {
	n := len(s.question.Options)
	said = tidied(said)
	if len(said) == n && !slices.ContainsFunc(said, func(it mention) bool { return it.kind != reply }) {
		c := voting.Choice{}
		for _, it := range said {
			c.Options = append(c.Options, it.n)
		}
		return c, Clear
	}
	if len(said) < 2 || (said[0].kind == reply) == (said[len(said)-1].kind == reply) {
		return voting.Choice{}, Unclear
	}
	if said[0].kind == reply {
		slices.Reverse(said) // read from behind, the answer follows those whom it is about
	}
	given := slices.Repeat([]int{-1}, n)
	var about []int
	others := -1
	for i, it := range said {
		switch it.kind {
		case option, number:
			about = append(about, it.n)
		case all, rest:
			if (it.kind == all) != (len(said) == 2) || others >= 0 || len(about) > 0 || i+1 == len(said) || said[i+1].kind != reply {
				return voting.Choice{}, Unclear
			}
			others = said[i+1].n
		case reply:
			if len(about) == 0 && (i == 0 || said[i-1].kind != all && said[i-1].kind != rest) {
				return voting.Choice{}, Unclear
			}
			for _, k := range about {
				if given[k] >= 0 {
					return voting.Choice{}, Unclear
				}
				given[k] = it.n
			}
			about = nil
		default:
			return voting.Choice{}, Unclear
		}
	}
	for k := range given {
		if given[k] < 0 {
			given[k] = others
		}
		if given[k] < 0 {
			return voting.Choice{}, Gaps
		}
	}
	return voting.Choice{Options: given}, Clear
}

// tidied leaves out what joins, and the name behind its number.
func tidied(said []mention) []mention {
	var tidy []mention
	for _, it := range said {
		if it.kind == and || len(tidy) > 0 && it.kind == option && tidy[len(tidy)-1].item == (item{number, it.n}) {
			continue
		}
		tidy = append(tidy, it)
	}
	return tidy
}

const (
	mostPart     = 4 // words of an option that stand for it
	shortestPart = 2 // letters of a word that says enough
)

// parts notes the words of each option that no other has: a surname stands for the candidate.
func (s *Sheet) parts(options, weak []string) {
	owners := make(map[string]int)
	for k, text := range options {
		words := read(text)
		for i := range words {
			for n := 1; n <= min(mostPart, len(words)-i); n++ {
				part := joined(words[i : i+n])
				if owner, known := owners[part]; known && owner != k {
					owners[part] = -1
				} else {
					owners[part] = k
				}
			}
		}
	}
	for part, k := range owners {
		if k >= 0 && telling(part, weak) {
			s.put(option, k, part)
		}
	}
}

// telling says whether one of the words says enough to stand for an option.
func telling(part string, weak []string) bool {
	return slices.ContainsFunc(strings.Fields(part), func(word string) bool {
		return utf8.RuneCountInString(word) >= shortestPart && kindOf([]rune(word)[0]) == letter && !Says(word, weak)
	})
}

func joined(words []string) string { return strings.Join(words, " ") }
