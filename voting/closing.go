package voting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"stimmbote/voting/belenios"
)

// Close fixes the ballots of an open poll and their hash: from the commit on no vote comes in.
// Below [MinBallots] it refuses and the poll stays open. Closing again changes nothing.
func (p *Polls) Close(ctx context.Context, id ID, now time.Time) (*Poll, error) {
	var poll *Poll
	err := p.ledger.Tx(ctx, func(ctx context.Context) (err error) {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		if poll.ClosedHash != "" {
			return nil
		}
		if err := mayCast(poll); err != nil {
			return err
		}
		ballots, err := p.ballots(ctx, id)
		if err != nil {
			return err
		}
		election, err := p.election(ctx, poll)
		if err != nil {
			return err
		}
		if poll.ClosedHash, err = election.ClosedHash(ballots); err != nil {
			return fmt.Errorf("closing poll %s: %w", id, err)
		}
		poll.Closed = now
		return p.become(ctx, poll, StateClosed, ErrNotOpen)
	})
	if err != nil {
		return nil, err
	}
	return poll, nil
}

// ballots are the ballots of a poll, if there are enough of them.
func (p *Polls) ballots(ctx context.Context, id ID) ([][]byte, error) {
	ballots, err := p.box.Ballots(ctx, string(id))
	if err != nil {
		return nil, fmt.Errorf("poll %s: %w", id, err)
	}
	if len(ballots) < MinBallots {
		return nil, ErrTooFew.with("cast", len(ballots), "min", MinBallots)
	}
	return ballots, nil
}

// Tally opens the sum of a closed poll, and keeps result and archive. Once they are kept the
// poll's key is deleted, and the same archive comes back each time. It takes some hundred
// milliseconds per ballot and belongs outside of a transaction.
func (p *Polls) Tally(ctx context.Context, id ID) (*Poll, []byte, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if poll.Result != nil {
		return p.tallied(ctx, poll)
	}
	if poll.State != StateClosed {
		return nil, nil, fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotClosed)
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
		if err := p.ledger.PutPaper(ctx, id, paperArchive, archive); err != nil {
			return fmt.Errorf("writing the archive of poll %s: %w", id, err)
		}
		if err := p.ledger.DropPaper(ctx, id, paperKey); err != nil {
			return fmt.Errorf("deleting the key of poll %s: %w", id, err)
		}
		poll.Result = result
		return p.become(ctx, poll, StateCounted, ErrNotClosed)
	})
	if err != nil {
		return nil, nil, err
	}
	return p.tallied(ctx, poll)
}

// tallied is a counted poll with the archive that is kept.
func (p *Polls) tallied(ctx context.Context, poll *Poll) (*Poll, []byte, error) {
	papers, err := p.papers(ctx, poll.ID, paperArchive)
	if err != nil {
		return nil, nil, err
	}
	return poll, papers[0], nil
}

// count opens the sum and writes the archive, and holds both against our own verifier.
func (p *Polls) count(ctx context.Context, poll *Poll) (*Result, []byte, error) {
	ballots, err := p.ballots(ctx, poll.ID)
	if err != nil {
		return nil, nil, err
	}
	election, err := p.election(ctx, poll)
	if err != nil {
		return nil, nil, err
	}
	hash, err := election.ClosedHash(ballots)
	if err != nil {
		return nil, nil, err
	}
	if hash != poll.ClosedHash {
		return nil, nil, fmt.Errorf("the ballots have hash %s now: %w", hash, ErrChanged)
	}
	key, err := p.key(ctx, poll)
	if err != nil {
		return nil, nil, err
	}
	defer key.Erase()
	tally, err := election.Tally(p.rand, ballots, key)
	if err != nil {
		return nil, nil, err
	}
	result, err := newResult(poll, tally.Counted, tally.Sums)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	var archive bytes.Buffer
	if err := election.WriteArchive(&archive, poll.Closed, ballots, tally); err != nil {
		return nil, nil, fmt.Errorf("writing the archive: %w", err)
	}
	if err := recheck(archive.Bytes(), poll, result); err != nil {
		return nil, nil, err
	}
	return result, archive.Bytes(), nil
}

// recheck holds an archive against the verifier that everybody has, and against what the group
// was told.
func recheck(archive []byte, poll *Poll, result *Result) error {
	report, err := belenios.Verify(archive)
	if err != nil {
		return fmt.Errorf("verifying the archive: %w", err)
	}
	same := report.Status == belenios.Complete && report.UUID == string(poll.ID) &&
		report.Fingerprint == poll.Fingerprint && report.RollHash == poll.RollHash && report.ClosedHash == poll.ClosedHash &&
		report.Entitled == result.Entitled && report.Counted == result.Counted
	if !same {
		return ErrChanged
	}
	again, err := poll.Asked.Count(report.Entitled, report.Counted, report.Sums)
	if err != nil || !reflect.DeepEqual(again, result.Count) {
		return ErrChanged
	}
	return nil
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
	if err != nil && p.lost(keyName(poll.ID)) {
		return nil, fmt.Errorf("unsealing the key: %w: %w", ErrKeyLost, err)
	}
	if err != nil {
		return nil, fmt.Errorf("unsealing the key: %w", err)
	}
	defer clear(plain)
	key, err := belenios.ParseKey(poll.Group, plain)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	return key, nil
}

// lost says whether the vault certainly has no key of this name: one that cannot be read now
// may come back.
func (p *Polls) lost(name string) bool {
	names, err := p.vault.Names()
	return err == nil && !slices.Contains(names, name)
}
