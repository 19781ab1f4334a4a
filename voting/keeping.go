package voting

import (
	"context"
	"fmt"
	"slices"
)

// Keyless are the polls whose key file is gone although they need it: nothing of them can be cast or
// counted any more, they can only be given up, with [Polls.Abandon], or [Polls.Withdraw] before the opening.
func (p *Polls) Keyless(ctx context.Context) ([]*Poll, error) {
	live, err := p.Live(ctx)
	if err != nil {
		return nil, err
	}
	names, err := p.vault.Names()
	if err != nil {
		return nil, fmt.Errorf("looking for key files: %w", err)
	}
	return slices.DeleteFunc(live, func(poll *Poll) bool {
		return !slices.Contains([]State{StateAsked, StateSet, StateOpen, StateClosed}, poll.State) || slices.Contains(names, keyName(poll.ID))
	}), nil
}

// perhapsLost says of an error in unsealing whether the vault certainly has no such key: one that
// cannot be read now may come back.
func (p *Polls) perhapsLost(id ID, err error) error {
	names, unknown := p.vault.Names()
	if unknown != nil || slices.Contains(names, keyName(id)) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrKeyLost, err)
}
