package voting

import (
	"errors"
	"fmt"
)

// What a poll does not do, as values that callers compare with errors.Is.
var (
	ErrUnknown     = errors.New("no such poll")
	ErrNotDraft    = errors.New("the poll is not a draft")
	ErrNotOpen     = errors.New("the poll is not open")
	ErrNotClosed   = errors.New("the poll is not closed")
	ErrNotCounted  = errors.New("the poll is not counted")
	ErrNotEntitled = errors.New("not on the roll of this poll")
	ErrAnswer      = errors.New("the poll has no such answer")
	ErrChanged     = errors.New("what is kept is not what the group was told")
	ErrKeyLost     = errors.New("the key that opens the sum is gone")
	ErrMember      = errors.New("a name on the roll is empty or has a line break")
)

// Refusal tells a person why not. Key is looked up among the sentences that people read, Args
// are the name and value pairs in it.
type Refusal struct {
	Key  string
	Args []any
}

// What a person is told, to be compared with errors.Is: only the Key counts.
var (
	ErrSmallGroup   = &Refusal{Key: "refusal.small-group"}
	ErrTooFew       = &Refusal{Key: "refusal.too-few"}
	ErrNoQuestion   = &Refusal{Key: "refusal.no-question"}
	ErrLongQuestion = &Refusal{Key: "refusal.long-question"}
	ErrTooLong      = &Refusal{Key: "refusal.too-long"}
	ErrOver         = &Refusal{Key: "refusal.over"}
	ErrVoted        = &Refusal{Key: "refusal.voted"}
	ErrTooEarly     = &Refusal{Key: "refusal.too-early"}
	ErrHeld         = &Refusal{Key: "refusal.held"}
	ErrNoCode       = &Refusal{Key: "refusal.no-code"}
	ErrObjections   = &Refusal{Key: "refusal.objections"}
	ErrOnlySealed   = &Refusal{Key: "refusal.only-sealed"}
	ErrUsed         = &Refusal{Key: "refusal.used"}
	ErrTellers      = &Refusal{Key: "refusal.tellers"}
)

// Error is for logs. People read the sentence that Key stands for.
func (r *Refusal) Error() string { return fmt.Sprintf("refused: %s %v", r.Key, r.Args) }

// Is says whether target is a refusal for the same reason.
func (r *Refusal) Is(target error) bool {
	t, ok := target.(*Refusal)
	return ok && t.Key == r.Key
}

// with is the refusal r with the given name and value pairs.
func (r *Refusal) with(args ...any) *Refusal { return &Refusal{Key: r.Key, Args: args} }
