package voting

import (
	"context"
	"time"
)

// Extend moves the deadline of an open poll, at most to [MaxOpen] after its opening.
func (p *Polls) Extend(ctx context.Context, id ID, until time.Time) (*Poll, error) {
	var poll *Poll
	err := p.ledger.Tx(ctx, func(ctx context.Context) (err error) {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		if err := mayCast(poll); err != nil {
			return err
		}
		if poll.Ends, err = (Terms{Until: until}).ends(poll.Opened); err != nil {
			return err
		}
		return p.put(ctx, poll)
	})
	if err != nil {
		return nil, err
	}
	return poll, nil
}
