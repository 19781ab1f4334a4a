// Package voting is about polls as people know them: who asks what, who may answer, when it is
// open, what came out.
//
// It guarantees that [Polls] is the only place that opens, casts, closes and tallies; that a
// poll moves along the table in this file and no other way; that a ballot is checked like a
// verifier would before it is kept; that after the close no ballot comes in, and the closed
// hash stays the same whatever crashes; that nothing is decrypted below a number of ballots, before the
// time for objections is over or while one holds it; that a verdict is what a rule announced
// beforehand makes of the numbers, exactly ([Judge]), and that there is none where not as many
// people have voted as there are ballots.
// Whatever links a person to a ballot, and every secret, is kept sealed under the poll's own
// key, which lies in a file outside the database and is deleted at the end.
//
// An open vote, whose answers are published with names, goes through the same states without
// mathematics, and a rehearsal with it but without an archive; both with any number of ballots.
//
// It knows no chat, HTTP, SQL, clock or log: time comes in as an argument, randomness as an
// io.Reader, memory as a small interface.
package voting

import (
	"slices"
	"time"
)

// ID names a poll. It is the UUID of its election.
type ID string

// Member names a person who may vote. Polls compare members and do nothing else with them.
type Member string

// Place names where a poll was asked.
type Place string

// State says how far a poll has come.
type State string

// The states of a poll, in their order.
const (
	StateDraft     State = "draft"     // shown to the asker, not open
	StateAsked     State = "asked"     // its tellers were asked for their keys
	StateSet       State = "set"       // its election is fixed, and its tellers compare it
	StateOpen      State = "open"      // ballots are taken
	StateClosed    State = "closed"    // the ballots and their hash are fixed, nothing is decrypted
	StateCounted   State = "counted"   // the result and the archive are kept
	StateDone      State = "done"      // what linked people to ballots is deleted
	StateCancelled State = "cancelled" // ended without a result
)

// next lists where a poll may go from each state.
var next = map[State][]State{
	StateDraft:   {StateAsked, StateOpen, StateCancelled},
	StateAsked:   {StateSet, StateCancelled},
	StateSet:     {StateOpen, StateCancelled},
	StateOpen:    {StateClosed, StateCancelled},
	StateClosed:  {StateCounted, StateCancelled},
	StateCounted: {StateDone},
}

// mayBecome says whether a poll in state s may go to state t.
func (s State) mayBecome(t State) bool { return slices.Contains(next[s], t) }

// Ended says whether nothing can happen to a poll in state s any more.
func (s State) Ended() bool { return s == StateDone || s == StateCancelled }

// MinBallots is the number of ballots below which nothing is decrypted where the configuration
// names no other: the sum of fewer would tell too much about each. Nobody may go below fewest.
const (
	MinBallots = 5
	fewest     = 3
)

// Poll is one question to one group.
type Poll struct {
	ID       ID
	Place    Place
	Asker    Member
	Question string
	Answers  []string
	Roll     []Member // sorted by bytes; empty once the poll has ended
	State    State
	Group    string   // of the mathematics
	Asked    Question // Question and Answers, and what more there is to them
	Rule     Rule     // by which the count is judged
	Terms    Terms    // how it is held
	Least    int      // ballots below which it is not closed; none of an open vote and of a rehearsal

	Fingerprint string // of the election; from the opening on
	RollHash    string // from the opening on
	ClosedHash  string // from the close on
	Number      int    // of the polls opened in its place, from the opening on; a rehearsal has none
	Opened      time.Time
	Ends        time.Time // the deadline, from the opening on
	Closed      time.Time
	Result      *Result // from the tally on

	Objections []Objection // oldest first
	answered   int         // how many of them somebody decided to go on in spite of
}

// isClosed says whether the ballots are fixed, whatever came after.
func (p *Poll) isClosed() bool {
	return p.State == StateClosed || p.State == StateCounted || p.State == StateDone
}

// Gathering says whether a poll has tellers and is between their keys and the result.
func (p *Poll) Gathering() bool {
	return p.Terms.Tellers != "" && slices.Contains([]State{StateAsked, StateSet, StateOpen, StateClosed}, p.State)
}

// Level says how secret the answers of p are.
func (p *Poll) Level() Level { return p.Terms.level() }

// entitled says whether m is on the roll.
func (p *Poll) entitled(m Member) bool {
	_, found := slices.BinarySearch(p.Roll, m)
	return found
}

// Draft is what somebody wants to ask: a motion with Question and Answers, or whatever Asked
// says in their place.
type Draft struct {
	Place    Place
	Asker    Member
	Question string
	Answers  []string
	Asked    Question
	Rule     Rule  // if it is not the usual one
	Terms    Terms // if they are not the usual ones
	Roll     []Member
}
