package voting

import (
	"context"
	"fmt"
	"slices"

	"stimmbote/voting/box"
)

// Mend looks whether each ballot of an open poll is as it was cast. One that is not would make the
// whole poll uncountable: its place is emptied, also where the first vote counts, and those whose
// ballots they were come back, sorted, to be asked again. Ballots that this process took in need only be
// the same bytes; of those from before a restart each takes a millisecond (in the group BELENIOS-2048 some
// twenty). It belongs outside of a transaction, right before [Polls.Close].
func (p *Polls) Mend(ctx context.Context, id ID) ([]Member, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil || poll.State != StateOpen || !poll.sealed() {
		return nil, err
	}
	election, err := p.election(ctx, poll)
	if err != nil {
		return nil, err
	}
	damaged, err := p.box.Damaged(ctx, string(id), election)
	if err != nil || len(damaged) == 0 {
		return nil, err
	}
	owners := make([]Member, len(damaged))
	for i, place := range damaged {
		if owners[i], err = p.owner(ctx, poll, place.Credential); err != nil {
			return nil, err
		}
	}
	var again []Member
	err = p.ledger.Tx(ctx, func(ctx context.Context) error {
		again, err = p.empty(ctx, id, damaged, owners)
		return err
	})
	if err != nil {
		return nil, err
	}
	return again, nil
}

// empty empties damaged places of a poll that is still open, and says whose they are.
func (p *Polls) empty(ctx context.Context, id ID, damaged []box.Place, owners []Member) ([]Member, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil || poll.State != StateOpen {
		return nil, err
	}
	var again []Member
	for i, place := range damaged {
		emptied, err := p.box.Empty(ctx, string(id), place)
		if err != nil {
			return nil, fmt.Errorf("poll %s: %w", id, err)
		}
		if emptied {
			again = append(again, owners[i])
		}
	}
	slices.Sort(again)
	return again, nil
}
