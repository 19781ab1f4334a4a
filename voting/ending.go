package voting

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Discard ends an open poll without opening anything. A discarded one stays so.
// After the commit [Polls.Sweep] deletes the key file.
func (p *Polls) Discard(ctx context.Context, id ID) error {
	return p.ledger.Tx(ctx, func(ctx context.Context) error {
		poll, err := p.Poll(ctx, id)
		if err != nil || poll.State == StateCancelled {
			return err
		}
		if err := mayCast(poll); err != nil {
			return err
		}
		return p.end(ctx, poll, StateCancelled, ErrNotOpen)
	})
}

// Abandon ends a poll of which there will be no result: an open one, or a closed one that cannot
// be counted or whose result nobody could be told. Nothing is opened. An ended one stays as it is.
// After the commit [Polls.Sweep] deletes the key file.
func (p *Polls) Abandon(ctx context.Context, id ID) error {
	return p.ledger.Tx(ctx, func(ctx context.Context) error {
		poll, err := p.Poll(ctx, id)
		if err != nil || poll.State.Ended() {
			return err
		}
		if poll.State != StateClosed {
			if err := mayCast(poll); err != nil {
				return err
			}
		}
		return p.end(ctx, poll, StateCancelled, ErrNotOpen)
	})
}

// Move gives all polls of a place, ended ones too, to another place, because the group is there now.
// It belongs into a transaction with whatever else moves.
func (p *Polls) Move(ctx context.Context, from, to Place) error {
	if err := p.ledger.MovePolls(ctx, from, to); err != nil {
		return fmt.Errorf("moving the polls of %s: %w", from, err)
	}
	return nil
}

// Forget ends a counted poll: deletes who was given which token, and every secret. Numbers and
// archive stay. After the commit [Polls.Sweep] deletes the key file.
func (p *Polls) Forget(ctx context.Context, id ID) error {
	return p.ledger.Tx(ctx, func(ctx context.Context) error {
		poll, err := p.Poll(ctx, id)
		if err != nil || poll.State == StateDone {
			return err
		}
		return p.end(ctx, poll, StateDone, ErrNotCounted)
	})
}

// end moves a poll to its last state and deletes roll, tokens, ballots and key. The ballots of
// a counted poll are in its archive.
func (p *Polls) end(ctx context.Context, poll *Poll, s State, refusal error) error {
	if err := p.become(ctx, poll, s, refusal); err != nil {
		return err
	}
	err := errors.Join(
		p.registrar.Forget(ctx, string(poll.ID)),
		p.box.Forget(ctx, string(poll.ID)),
	)
	for _, paper := range []string{paperKey, paperAnswers, paperBallots, paperReplaced, paperPresent} { // the archive begins with the ballots
		err = errors.Join(err, p.ledger.DropPaper(ctx, poll.ID, paper))
	}
	if err != nil {
		return fmt.Errorf("deleting what poll %s does not need any more: %w", poll.ID, err)
	}
	if err := p.forgetTellers(ctx, poll); err != nil {
		return fmt.Errorf("deleting what the tellers of poll %s gave: %w", poll.ID, err)
	}
	p.drop(poll)
	return nil
}

// Sweep deletes the key files of the polls that have ended, after it made sure that no file
// of the ledger has what was deleted. It belongs outside of a transaction: after the one that
// ended a poll, and at the start, for what a crash left. Sweeping again does no harm.
func (p *Polls) Sweep(ctx context.Context) error {
	names, err := p.vault.Names()
	if err != nil {
		return fmt.Errorf("looking for key files: %w", err)
	}
	scrubbed := false
	for _, name := range names {
		id, ok := strings.CutPrefix(name, keyPrefix)
		if !ok {
			continue
		}
		poll, err := p.ledger.Poll(ctx, ID(id))
		if err != nil {
			return fmt.Errorf("looking up poll %s: %w", id, err)
		}
		if poll == nil || !poll.State.Ended() {
			continue
		}
		if !scrubbed {
			if err := p.ledger.Scrub(ctx); err != nil {
				return err
			}
			scrubbed = true
		}
		if err := p.vault.Remove(name); err != nil {
			return fmt.Errorf("poll %s: %w", id, err)
		}
	}
	return nil
}
