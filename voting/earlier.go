package voting

import (
	"context"
	"fmt"
	"time"
)

// history is what polls remember of those that are over.
type history interface {
	EarlierPolls(ctx context.Context, place Place, n int) ([]*Poll, error)    // opened and over, newest first
	PollNumbered(ctx context.Context, place Place, number int) (*Poll, error) // nil if there is none
	OpenedPolls(ctx context.Context) ([]*Poll, error)                         // without those that were cancelled, newest first
	RetiredPolls(ctx context.Context, before time.Time) ([]ID, error)         // over since then, and without objections
	DropPoll(ctx context.Context, id ID) error                                // the papers too
}

// Earlier are the last polls of a place that are over, at most n, newest first: those with a result
// and those that were ended without one. Rehearsals are not among them.
func (p *Polls) Earlier(ctx context.Context, place Place, n int) ([]*Poll, error) {
	polls, err := p.ledger.EarlierPolls(ctx, place, n)
	if err != nil {
		return nil, fmt.Errorf("looking for earlier polls: %w", err)
	}
	for _, poll := range polls {
		if _, err := p.withRoll(ctx, poll); err != nil {
			return nil, err
		}
	}
	return polls, nil
}

// Numbered is the poll of a place with a number, or [ErrUnknown].
func (p *Polls) Numbered(ctx context.Context, place Place, number int) (*Poll, error) {
	poll, err := p.ledger.PollNumbered(ctx, place, number)
	if err != nil {
		return nil, fmt.Errorf("looking up poll %d: %w", number, err)
	}
	if poll == nil {
		return nil, fmt.Errorf("poll %d: %w", number, ErrUnknown)
	}
	return p.withRoll(ctx, poll)
}

// Retire deletes all that is left of the polls that are over for as long as the configuration keeps
// them, archives and results too, and of drafts that were cancelled. What somebody objected to stays.
func (p *Polls) Retire(ctx context.Context, now time.Time) error {
	return p.ledger.Tx(ctx, func(ctx context.Context) error {
		ids, err := p.ledger.RetiredPolls(ctx, now.Add(-p.keeps))
		if err != nil {
			return fmt.Errorf("looking for old polls: %w", err)
		}
		for _, id := range ids {
			if err := p.ledger.DropPoll(ctx, id); err != nil {
				return fmt.Errorf("deleting poll %s: %w", id, err)
			}
			p.mu.Lock()
			delete(p.closed, id)
			p.mu.Unlock()
		}
		return nil
	})
}
