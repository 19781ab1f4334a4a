package chat

import (
	"context"
	"time"
)

// Reach says whether somebody can be reached in their direct room now, and if not, why.
type Reach int

// How far somebody can be reached.
const (
	NotMet   Reach = iota // there is no room yet
	Invited               // they have not accepted the invitation
	Declined              // they turned it down, or left
	Blocked               // they let nobody, or not the bot, invite them
	NoDevice              // they have no device at all
	Unsigned              // none of their devices is signed by its owner
	Reachable
)

// Progress is how far the deliveries of a group are.
type Progress struct {
	Waiting, Sent, Given int           // Given: given up
	ETA                  time.Duration // until what waits is sent
}

// Lane is the order in which deliveries of different weight leave, where a homeserver lets few
// leave at a time. The zero value is the one for an answer to somebody.
type Lane int

// The lanes. Receipts go first, what is taken back last.
const (
	Receipt       Lane = iota - 2
	Ballot             // ballots, and what tries out their way
	Clarification      // answers to people
	Status             // how far something is, as an edit
	Counted            // what each member is told after the count
	Redaction          // what is taken back
)

// Reach asks how somebody can be reached now.
func (l *Line) Reach(ctx context.Context, person string) (Reach, error) {
	direct, err := l.store.Direct(ctx, person)
	if err != nil || direct == nil || !direct.Invited {
		return NotMet, err
	}
	return Reachable, nil
}

// Progress says how far the deliveries of a group are.
func (l *Line) Progress(ctx context.Context, group string) (Progress, error) {
	n, err := l.Pending(ctx, group)
	return Progress{Waiting: n}, err
}
