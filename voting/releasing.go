package voting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stimmbote/voting/belenios"
)

// OwnShare is the bot's part of the decryption of a poll with tellers. It is made once, under the rules
// of [Polls.Tally], and kept; with it the bot's key is deleted.
func (p *Polls) OwnShare(ctx context.Context, id ID, now time.Time) ([]byte, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return nil, err
	}
	if body, err := p.ledger.Paper(ctx, id, of(paperShare, 1)); err != nil || body != nil {
		return body, err
	}
	if err := poll.mayTally(now); err != nil {
		return nil, err
	}
	audit, err := p.audit(ctx, poll)
	if err != nil {
		return nil, err
	}
	key, err := p.key(ctx, poll)
	if err != nil {
		return nil, err
	}
	defer key.Erase()
	share, err := audit.Election().Decrypt(p.rand, audit.Sum(), key)
	if err != nil {
		return nil, fmt.Errorf("poll %s: %w", id, err)
	}
	body := share.Body
	err = p.ledger.Tx(ctx, func(ctx context.Context) error {
		old, err := p.ledger.Paper(ctx, id, of(paperShare, 1))
		if err != nil || old != nil {
			body = old
			return err
		}
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		if err := poll.mayTally(now); err != nil {
			return err
		}
		if err := p.putPaper(ctx, id, of(paperShare, 1), share.Body); err != nil {
			return err
		}
		return p.ledger.DropPaper(ctx, id, paperKey)
	})
	if err != nil {
		return nil, err
	}
	return body, nil
}

// TakeShare keeps a teller's part of the decryption, after checking its proofs.
func (p *Polls) TakeShare(ctx context.Context, id ID, account string, body []byte) (news bool, err error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return false, err
	}
	if poll.State != StateClosed {
		return false, fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotClosed)
	}
	audit, err := p.audit(ctx, poll)
	if err != nil {
		return false, err
	}
	share := belenios.Share{Owner: poll.Terms.Tellers.Owner(account), Body: body}
	if err := audit.Election().CheckShare(audit.Sum(), share); err != nil {
		return false, fmt.Errorf("poll %s: the part of %s: %w", id, account, err)
	}
	err = p.ledger.Tx(ctx, func(ctx context.Context) error {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		news, err = p.give(ctx, poll, StateClosed, account, paperShare, body)
		if errors.Is(err, ErrChanged) { // a share has random proofs: another one is as good
			return nil
		}
		return err
	})
	return news, err
}

// Closing is the archive of a closed poll up to the end of its ballots.
func (p *Polls) Closing(ctx context.Context, id ID) ([]byte, error) {
	poll, err := p.closedPoll(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.bound(ctx, poll)
}

// shares are all parts of a decryption, or [ErrWaits].
func (p *Polls) shares(ctx context.Context, poll *Poll) ([]belenios.Share, error) {
	n := len(poll.Terms.Tellers.All()) + 1
	all := make([]belenios.Share, n)
	for i := range all {
		body, err := p.ledger.Paper(ctx, poll.ID, of(paperShare, i+1))
		if err != nil {
			return nil, fmt.Errorf("reading a part of the decryption of poll %s: %w", poll.ID, err)
		}
		if body == nil {
			return nil, fmt.Errorf("poll %s: part %d of %d: %w", poll.ID, i+1, n, ErrWaits)
		}
		all[i] = belenios.Share{Owner: i + 1, Body: body}
	}
	return all, nil
}

// forgetTellers deletes what the tellers of a poll gave; what proves the result is in the archive.
func (p *Polls) forgetTellers(ctx context.Context, poll *Poll) error {
	if poll.Terms.Tellers == "" {
		return nil
	}
	err := p.ledger.DropPaper(ctx, poll.ID, paperOwnKey)
	for i := range poll.Terms.Tellers.All() {
		for _, paper := range []string{paperPublic, paperConfirmed, paperShare} {
			err = errors.Join(err, p.ledger.DropPaper(ctx, poll.ID, of(paper, i+2)))
		}
	}
	return errors.Join(err, p.ledger.DropPaper(ctx, poll.ID, of(paperShare, 1)))
}
