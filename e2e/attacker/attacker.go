// Package attacker tries to find out who voted how, from all that somebody may get hold of who is
// neither a voter nor has a key file: the bot's database and its write-ahead log, copied while votes
// were open, its log at its most talkative, and the homeserver's whole history. Of votes with tellers it
// is given everything that the bot has while they are open, its keys and its memory too.
//
// It knows more than such a person would: which message answers which vote, and whose each ballot is.
// Whatever it finds in spite of secrecy, a real one finds at most. It guarantees that a guess never
// looks at the truth, that only [Judge] knows, and that Judge counts exactly: how likely it is that
// somebody hits as often who knows the roll, who voted and the result, and nothing else.
package attacker

import (
	"maps"
	"slices"

	"stimmbote/voting/belenios"
)

// Voter is somebody who answered a vote, and everything that bears their name.
type Voter struct {
	User, Room string   // the account, and its direct room with the bot
	Answer     string   // the event of the answer
	Said       []string // events of what the bot said there next, in order
	Ballot     []byte
}

// Poll is a vote that is over.
type Poll struct {
	ID      string
	Options []string // in their order; each is a word that is nowhere else
	Sums    []int    // the result, per option
	Archive []byte
	Voters  []Voter
}

// Event is what the homeserver has of a message.
type Event struct {
	Sender, Type string
	Redacts      string
	At           int64 // in milliseconds
	Size         int
}

// Evidence is what was got hold of.
type Evidence struct {
	Log     []byte
	Events  map[string]Event
	Files   []string // whose bytes are looked at: databases, write-ahead logs
	Backups []string // databases that may open, with their write-ahead logs beside them
}

// unknown is a voter of whom a guess says nothing.
const unknown = -1

// Guess says of each voter of each poll which option was chosen.
type Guess struct {
	Method string
	Chosen [][]int
}

// Guesses are all that the attacker comes up with.
func Guesses(polls []Poll, e Evidence) []Guess {
	f := newFeatures(polls)
	f.events(e)
	f.lines(e)
	f.ballots()
	opened := blank("keys in backups", polls)
	for n, backup := range e.Backups {
		all := rows(backup)
		keys(polls, all, opened)
		f.rows(n, all)
	}
	return append([]Guess{log(polls, e), files(polls, e), opened}, f.guesses()...)
}

// Opened is what comes of keys of votes, by the IDs of these, if they are all that it takes.
func Opened(polls []Poll, keys map[string][]*belenios.Key) Guess {
	g := blank("keys", polls)
	for i, p := range polls {
		if len(keys[p.ID]) > 0 {
			openWith(p, keys[p.ID], g.Chosen[i])
		}
	}
	return g
}

// Join puts what the attacker thinks of some polls, and of others, together by method.
func Join(polls []Poll, about []Guess, more []Poll, other []Guess) []Guess {
	all := make(map[string]Guess)
	for _, g := range about {
		g.Chosen = append(slices.Clone(g.Chosen), blank("", more).Chosen...)
		all[g.Method] = g
	}
	for _, g := range other {
		both, ok := all[g.Method]
		if !ok {
			both = Guess{Method: g.Method, Chosen: append(blank("", polls).Chosen, blank("", more).Chosen...)}
		}
		copy(both.Chosen[len(polls):], g.Chosen)
		all[g.Method] = both
	}
	return slices.Collect(maps.Values(all))
}

// blank is a guess that says nothing.
func blank(method string, polls []Poll) Guess {
	g := Guess{Method: method, Chosen: make([][]int, len(polls))}
	for i, p := range polls {
		g.Chosen[i] = slices.Repeat([]int{unknown}, len(p.Voters))
	}
	return g
}

// marks are what tells that something is about a voter in a poll: names that are of this poll
// alone, and others.
func (v Voter) marks() (here, anywhere []string) {
	tracker := belenios.Tracker(v.Ballot)
	here = append([]string{tracker, belenios.Code(tracker)}, v.Said...)
	if v.Answer != "" { // where ballots are sealed by their voters there is none
		here = append(here, v.Answer)
	}
	return here, []string{v.User, v.Room}
}
