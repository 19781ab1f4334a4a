package voting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"stimmbote/voting/belenios"
)

// Close fixes the ballots of an open poll: from the commit on no vote comes in. The archive up to
// the end of the ballots is kept then and there, with the time of the opening on it, and its hash
// is the closed hash. Below the least number of ballots it refuses and the poll stays open. Closing again changes
// nothing.
func (p *Polls) Close(ctx context.Context, id ID, now time.Time) (*Poll, error) {
	var poll *Poll
	err := p.ledger.Tx(ctx, func(ctx context.Context) (err error) {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		if poll.isClosed() {
			return nil
		}
		if err := mayCast(poll); err != nil {
			return err
		}
		cast, err := p.cast(ctx, poll)
		if err != nil {
			return err
		}
		if cast < poll.Least {
			return ErrTooFew.with("cast", cast, "min", poll.Least)
		}
		if poll.sealed() {
			if err := p.fix(ctx, poll); err != nil {
				return fmt.Errorf("closing poll %s: %w", id, err)
			}
		}
		poll.Closed = now
		return p.become(ctx, poll, StateClosed, ErrNotOpen)
	})
	if err != nil {
		return nil, err
	}
	return poll, nil
}

// fix keeps the archive of a poll up to the end of its ballots, and says its hash.
func (p *Polls) fix(ctx context.Context, poll *Poll) error {
	archive, hash, err := p.bind(ctx, poll)
	if err != nil {
		return err
	}
	if err := p.ledger.PutPaper(ctx, poll.ID, paperBallots, archive); err != nil {
		return fmt.Errorf("writing the ballots: %w", err)
	}
	poll.ClosedHash = hash
	return nil
}

// bind writes what is in the ballot box as an archive that ends with the ballots.
func (p *Polls) bind(ctx context.Context, poll *Poll) (archive []byte, hash string, err error) {
	ballots, err := p.box.Ballots(ctx, string(poll.ID))
	if err != nil {
		return nil, "", err
	}
	election, err := p.election(ctx, poll)
	if err != nil {
		return nil, "", err
	}
	if hash, err = election.ClosedHash(ballots); err != nil {
		return nil, "", fmt.Errorf("a ballot is not as it was cast: %w: %w", ErrChanged, err)
	}
	var b bytes.Buffer
	if err := election.WriteArchive(&b, poll.Opened, ballots, nil); err != nil {
		return nil, "", err
	}
	return b.Bytes(), hash, nil
}

// bound is the archive that was kept at the close. A program that kept none left the ballots.
func (p *Polls) bound(ctx context.Context, poll *Poll) ([]byte, error) {
	papers, err := p.papers(ctx, poll.ID, paperBallots)
	if errors.Is(err, errNoPaper) {
		archive, _, err := p.bind(ctx, poll)
		return archive, err
	}
	if err != nil {
		return nil, err
	}
	return papers[0], nil
}

// Tally opens the sum of a closed poll, when the time for objections is over and none holds it, and
// keeps result and archive. Once they are kept the poll's key is deleted, and the same archive comes
// back each time; there is none of an open vote and of a rehearsal. It takes about a millisecond per
// ballot and belongs outside of a transaction.
func (p *Polls) Tally(ctx context.Context, id ID, now time.Time) (*Poll, []byte, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if poll.Result != nil {
		return p.tallied(ctx, poll)
	}
	if err := poll.mayTally(now); err != nil {
		return nil, nil, err
	}
	result, archive, err := p.count(ctx, poll)
	if err != nil {
		return nil, nil, fmt.Errorf("counting poll %s: %w", id, err)
	}
	err = p.ledger.Tx(ctx, func(ctx context.Context) error {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		if poll.Result != nil {
			return nil // somebody else was faster
		}
		if err := poll.mayTally(now); err != nil {
			return err
		}
		if poll.archived() {
			if err := p.ledger.PutPaper(ctx, id, paperArchive, archive); err != nil {
				return fmt.Errorf("writing the archive of poll %s: %w", id, err)
			}
		}
		if err := errors.Join(p.ledger.DropPaper(ctx, id, paperKey), p.ledger.DropPaper(ctx, id, paperPresent)); err != nil {
			return fmt.Errorf("deleting the key of poll %s: %w", id, err)
		}
		poll.Result = result
		poll.Result.At = now.UTC().Truncate(time.Second)
		return p.become(ctx, poll, StateCounted, ErrNotClosed)
	})
	if err != nil {
		return nil, nil, err
	}
	return p.tallied(ctx, poll)
}

// mayTally refuses what must not be opened now.
func (p *Poll) mayTally(now time.Time) error {
	switch {
	case p.State != StateClosed:
		return fmt.Errorf("poll %s is %s: %w", p.ID, p.State, ErrNotClosed)
	case p.Held():
		return ErrHeld.with("n", len(p.Objections))
	case now.Before(p.OpensAt()):
		return ErrTooEarly
	}
	return nil
}

// tallied is a counted poll with the archive that is kept.
func (p *Polls) tallied(ctx context.Context, poll *Poll) (*Poll, []byte, error) {
	if !poll.archived() {
		return poll, nil, nil
	}
	papers, err := p.papers(ctx, poll.ID, paperArchive)
	if err != nil {
		return nil, nil, err
	}
	return poll, papers[0], nil
}

// key is the key that opens the sum. The caller erases it.
func (p *Polls) key(ctx context.Context, poll *Poll) (*belenios.Key, error) {
	papers, err := p.papers(ctx, poll.ID, paperKey)
	if errors.Is(err, errNoPaper) {
		return nil, fmt.Errorf("%w: %w", ErrKeyLost, err)
	}
	if err != nil {
		return nil, err
	}
	plain, err := p.vault.Open(keyName(poll.ID), paperKey, papers[0])
	if err != nil {
		return nil, fmt.Errorf("unsealing the key: %w", p.perhapsLost(poll.ID, err))
	}
	defer clear(plain)
	key, err := belenios.ParseKey(poll.Group, plain)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	return key, nil
}
