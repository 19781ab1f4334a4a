// Package answer reads what people type as the answer to a ballot.
//
// It guarantees that nothing is guessed: an answer counts only when every word of it is a number
// of the ballot, a phrase that means one of its answers, or politeness, and when all of that
// means one and the same choice. It says what is wrong with the others as far as it knows. It
// never looks at anything but the text and the question.
package answer

import (
	"slices"
	"strconv"

	"stimmbote/voting"
)

// Finding says how an answer was understood.
type Finding int

// What can be found.
const (
	Unclear Finding = iota // something that means nothing, or could mean several things
	Clear
	Two  // one answer is wanted, more are given
	Many // more options than may be chosen
	Few  // fewer options than must be chosen
	Gaps // of the ballot on each candidate: somebody is left out
)

// Phrases are what people say, in every language at once. A list counts as one after the other,
// so that both languages may have the same words.
type Phrases struct {
	Yes, No, Abstain []string
	Invalid          []string // to hand in an invalid ballot
	None, All        []string // of the options
	Rest             []string // all others
	And              []string // stand between two options
	Filler           []string // politeness that changes nothing
	Weak             []string // words that say too little to stand for an option: not, the, for
	Numbers          []string // one to twelve, once or several times over
}

// numerals is how many numbers a language has words for.
const numerals = 12

// Sheet reads the answers to one question.
type Sheet struct {
	question voting.Question
	items    map[string]item // by the words of a phrase, joined
	longest  int             // phrase, in words
}

// kinds of what a phrase stands for.
type kind int

const (
	filler kind = iota
	and
	option  // a name
	number  // of an option
	reply   // yes, no or abstain, where there is one to each candidate
	none    // of the options
	all     // of the options
	rest    // all others
	invalid // ballot
)

// item is what a phrase stands for.
type item struct {
	kind kind
	n    int // the option, or the reply
}

// mention is a phrase that somebody used.
type mention struct {
	item
	phrase string
}

// NewSheet prepares for the answers to q.
func NewSheet(q voting.Question, p Phrases) *Sheet {
	s := &Sheet{question: q, items: make(map[string]item)}
	options := q.Options
	if s.each() {
		s.put(reply, voting.Yes, slices.Concat(p.Yes, q.Answers[voting.Yes:voting.No])...)
		s.put(reply, voting.No, slices.Concat(p.No, q.Answers[voting.No:voting.Abstain])...)
		s.put(reply, voting.Abstain, slices.Concat(p.Abstain, q.Answers[voting.Abstain:])...)
		s.put(rest, 0, p.Rest...)
	} else if q.Kind == voting.KindSingly {
		options = q.Answers
	}
	for i, text := range options {
		s.items[strconv.Itoa(i+1)] = item{number, i}
		s.put(option, i, text)
	}
	s.synonyms(options, p)
	if q.Invalid {
		s.items[strconv.Itoa(len(options)+1)] = item{invalid, 0}
		s.put(invalid, 0, p.Invalid...)
	}
	for i, word := range p.Numbers {
		if n, ok := s.items[strconv.Itoa(i%numerals+1)]; ok {
			s.put(n.kind, n.n, word)
		}
	}
	if q.Kind == voting.KindSeveral {
		s.put(none, 0, slices.Concat(p.None, []string{"0"})...)
	}
	if q.Kind == voting.KindSeveral || s.each() {
		s.put(all, 0, p.All...)
		s.put(and, 0, p.And...)
	}
	s.parts(options, p.Weak)
	s.put(filler, 0, p.Filler...)
	return s
}

// each says whether there is an answer to each of several candidates. A single candidate is asked
// about like a motion.
func (s *Sheet) each() bool {
	return s.question.Kind == voting.KindSingly && len(s.question.Options) > 1
}

// synonyms adds what people say for yes, no and abstain, where those are among the options.
func (s *Sheet) synonyms(options []string, p Phrases) {
	for i, list := range [][]string{p.Yes, p.No, p.Abstain} {
		at := -1
		switch q := s.question; {
		case s.each():
			return
		case q.Kind == voting.KindMotion || q.Kind == voting.KindSingly:
			at = i
		case q.Kind == voting.KindChoice && q.Abstain && i == voting.Abstain:
			at = len(options) - 1
		}
		for k, text := range options {
			if at < 0 && Says(text, list) {
				at = k
			}
		}
		if at >= 0 {
			s.put(option, at, list...)
		}
	}
}

// put notes what phrases stand for, unless they stand for something already.
func (s *Sheet) put(k kind, n int, phrases ...string) {
	for _, phrase := range phrases {
		words := read(phrase)
		if len(words) == 0 {
			continue
		}
		s.longest = max(s.longest, len(words))
		if _, taken := s.items[joined(words)]; !taken {
			s.items[joined(words)] = item{k, n}
		}
	}
}

// Read says what somebody chose, if that is clear.
func (s *Sheet) Read(text string) (voting.Choice, Finding) {
	said, ok := s.split(read(text))
	switch {
	case !ok || len(said) == 0:
		return voting.Choice{}, Unclear
	case len(said) == 1 && said[0].kind == invalid:
		return voting.Choice{Invalid: true}, Clear
	case s.each():
		return s.readEach(said)
	case s.question.Kind == voting.KindSeveral:
		return s.readSeveral(said)
	default:
		return readOne(said)
	}
}

// split finds what the words stand for, the longest phrase first. What is politeness is left out.
func (s *Sheet) split(words []string) (said []mention, ok bool) {
	for len(words) > 0 {
		n := min(s.longest, len(words))
		var it item
		for ; n > 0; n-- {
			if it, ok = s.items[joined(words[:n])]; ok {
				break
			}
		}
		if n == 0 {
			return nil, false
		}
		if it.kind != filler {
			said = append(said, mention{it, joined(words[:n])})
		}
		words = words[n:]
	}
	return said, true
}

// readOne reads the answer where one is wanted: its number, its name, or several of these.
func readOne(said []mention) (voting.Choice, Finding) {
	for i, it := range said {
		if it.kind != option && it.kind != number {
			return voting.Choice{}, Unclear
		}
		if it.n != said[0].n {
			return voting.Choice{}, Two
		}
		if slices.Contains(said[:i], it) { // who says it twice may not mean it
			return voting.Choice{}, Unclear
		}
	}
	return voting.Choice{Options: []int{said[0].n}}, Clear
}
