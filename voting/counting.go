package voting

import (
	"context"
	"fmt"
	"reflect"

	"stimmbote/voting/belenios"
)

// count says what came out, and writes the archive of what was sealed. The ballots are those that
// the group was told the hash of, each of them and all that proves the result is verified by the
// verifier that everybody has, and as many people have voted as there are ballots.
func (p *Polls) count(ctx context.Context, poll *Poll) (*Result, []byte, error) {
	if !poll.sealed() {
		result, err := p.countOpen(ctx, poll)
		return result, nil, err
	}
	audit, err := p.audit(ctx, poll)
	if err != nil {
		return nil, nil, err
	}
	voted, err := p.voted(ctx, poll)
	if err != nil {
		return nil, nil, err
	}
	present, err := p.present(ctx, poll, voted)
	if err != nil {
		return nil, nil, err
	}
	tally, err := p.open(ctx, poll, audit)
	if err != nil {
		return nil, nil, err
	}
	archive, report, err := audit.Finish(tally)
	if err != nil {
		return nil, nil, fmt.Errorf("verifying the archive: %w", err)
	}
	if err := poll.matches(report); err != nil {
		return nil, nil, err
	}
	result, err := newResult(poll, tally.Counted, present, tally.Sums)
	if err != nil || report.Status != belenios.Complete || !reflect.DeepEqual(report.Sums, tally.Sums) {
		return nil, nil, fmt.Errorf("%w: a result that cannot be: %w", ErrChanged, err)
	}
	return result, archive, nil
}

// audit verifies the ballots of a closed poll, as they are kept, and whether their sum may be opened.
func (p *Polls) audit(ctx context.Context, poll *Poll) (*belenios.Audit, error) {
	closed, err := p.bound(ctx, poll)
	if err != nil {
		return nil, err
	}
	audit, err := p.audited(poll, closed)
	if err != nil {
		return nil, fmt.Errorf("verifying the ballots: %w: %w", ErrChanged, err)
	}
	if err := poll.matches(audit.Report()); err != nil {
		return nil, err
	}
	if counted := audit.Sum().Counted; counted < poll.Least {
		return nil, ErrTooFew.with("cast", counted, "min", poll.Least)
	}
	_, err = p.voted(ctx, poll)
	return audit, err
}

// audited verifies ballots. Of a poll with tellers they are asked for with each part of the decryption, so that what was
// found is kept, for the same bytes, until another such poll is closed or the result is there.
func (p *Polls) audited(poll *Poll, closed []byte) (*belenios.Audit, error) {
	if poll.Terms.Tellers == "" {
		return belenios.AuditBallots(closed)
	}
	p.auditing.Lock()
	defer p.auditing.Unlock()
	if audit := p.verified.Load(); audit != nil && audit.Of(closed) {
		return audit, nil
	}
	audit, err := belenios.AuditBallots(closed)
	p.verified.Store(audit)
	return audit, err
}

// matches holds what was verified against what the group was told.
func (p *Poll) matches(r *belenios.Report) error {
	same := r.UUID == string(p.ID) && r.Group == p.Group && r.Fingerprint == p.Fingerprint && r.RollHash == p.RollHash &&
		r.ClosedHash == p.ClosedHash && r.Entitled == len(p.Roll) && reflect.DeepEqual(r.Questions, p.Asked.Sealed())
	if !same {
		return fmt.Errorf("the ballots have hash %s: %w", r.ClosedHash, ErrChanged)
	}
	return nil
}

// open decrypts the sum, nothing else.
func (p *Polls) open(ctx context.Context, poll *Poll, audit *belenios.Audit) (*belenios.Tally, error) {
	if poll.Terms.Tellers != "" {
		shares, err := p.shares(ctx, poll)
		if err != nil {
			return nil, err
		}
		return audit.Election().Combine(audit.Sum(), shares)
	}
	key, err := p.key(ctx, poll)
	if err != nil {
		return nil, err
	}
	defer key.Erase()
	share, err := audit.Election().Decrypt(p.rand, audit.Sum(), key)
	if err != nil {
		return nil, err
	}
	return audit.Election().Combine(audit.Sum(), []belenios.Share{share})
}
