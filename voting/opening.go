package voting

import (
	"context"
	"errors"
	"fmt"
	"time"

	"stimmbote/voting/belenios"
	"stimmbote/voting/registrar"
)

// Setup is a poll ready to be opened: its key, its tokens, its election. It is a secret and
// serves once.
type Setup struct {
	id          ID
	used        bool
	key         *belenios.Key
	tokens      registrar.Tokens
	credentials []string
	present     []Member
	papers      belenios.Setup
	fingerprint string
	rollHash    string
	placeSize   int
}

// Prepare makes what [Polls.Start] needs. It takes a few milliseconds per member and belongs
// outside of a transaction.
func (p *Polls) Prepare(ctx context.Context, id ID) (*Setup, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return nil, err
	}
	if poll.State != StateDraft || poll.Terms.Tellers != "" { // with tellers it goes by way of Ask
		return nil, fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotDraft)
	}
	roll := asNames(poll.Roll)
	s := &Setup{id: id, rollHash: belenios.RollHash(roll)}
	if !poll.sealed() {
		return s, nil
	}
	if s.tokens, s.credentials, err = registrar.Draw(p.rand, poll.Group, string(id), roll); err != nil {
		return nil, fmt.Errorf("preparing poll %s: %w", id, err)
	}
	if s.key, err = belenios.NewKey(p.rand, poll.Group); err != nil {
		return nil, fmt.Errorf("preparing poll %s: drawing its key: %w", id, err)
	}
	public, err := s.key.Public(p.rand)
	if err != nil {
		return nil, fmt.Errorf("preparing poll %s: %w", id, err)
	}
	if err := p.draw(poll, s, []belenios.Trustee{belenios.Single(public)}); err != nil {
		return nil, fmt.Errorf("preparing poll %s: %w", id, err)
	}
	return s, nil
}

// Start opens a draft: makes its key file, and writes tokens, election and ballot box; of an open
// vote, an empty list of answers. It is refused when the deadline that was drafted is over.
func (p *Polls) Start(ctx context.Context, s *Setup, now time.Time) (*Poll, error) {
	var poll *Poll
	err := p.ledger.Tx(ctx, func(ctx context.Context) (err error) {
		if poll, err = p.Poll(ctx, s.id); err != nil {
			return err
		}
		if poll.State != StateDraft || s.used {
			return fmt.Errorf("poll %s is %s: %w", poll.ID, poll.State, ErrNotDraft)
		}
		poll.Fingerprint, poll.RollHash, poll.Opened = s.fingerprint, s.rollHash, now
		if poll.Ends, err = poll.Terms.ends(now); err != nil {
			return err
		}
		if err := p.number(ctx, poll); err != nil {
			return err
		}
		if err := errors.Join(p.keep(ctx, s), p.putPresent(ctx, poll, s.present)); err != nil {
			return fmt.Errorf("opening poll %s: %w", poll.ID, err)
		}
		return p.become(ctx, poll, StateOpen, ErrNotDraft)
	})
	if err != nil {
		return nil, err
	}
	if s.key != nil {
		s.key.Erase()
	}
	s.used, s.key, s.tokens = true, nil, nil
	return poll, nil
}

// number gives a poll the next number of its place.
func (p *Polls) number(ctx context.Context, poll *Poll) (err error) {
	if poll.Terms.Rehearsal {
		return nil
	}
	if poll.Number, err = p.ledger.NextNumber(ctx, poll.Place); err != nil {
		return fmt.Errorf("numbering poll %s: %w", poll.ID, err)
	}
	return nil
}

// keep writes what was prepared. A key file that is there was left by an opening that was
// never committed: nothing that is kept is sealed under it.
func (p *Polls) keep(ctx context.Context, s *Setup) error {
	name := keyName(s.id)
	if err := p.vault.Remove(name); err != nil {
		return err
	}
	if err := p.vault.Create(name); err != nil {
		return err
	}
	if s.key == nil {
		return p.putAnswers(ctx, s.id, map[Member]Choice{})
	}
	plain := s.key.Bytes()
	defer clear(plain)
	sealed, err := p.vault.Seal(name, paperKey, plain)
	if err != nil {
		return err
	}
	papers := map[string][]byte{
		paperKey: sealed, paperElection: s.papers.Election, paperTrustees: s.papers.Trustees, paperCredentials: s.papers.Credentials,
	}
	for paper, content := range papers {
		if err := p.ledger.PutPaper(ctx, s.id, paper, content); err != nil {
			return fmt.Errorf("writing paper %q: %w", paper, err)
		}
	}
	if err := p.registrar.Issue(ctx, string(s.id), name, s.tokens); err != nil {
		return err
	}
	return p.box.Open(ctx, string(s.id), s.credentials, s.placeSize)
}

// Cancel ends a draft. A cancelled one stays so.
func (p *Polls) Cancel(ctx context.Context, id ID) error {
	return p.ledger.Tx(ctx, func(ctx context.Context) error {
		poll, err := p.Poll(ctx, id)
		if err != nil || poll.State == StateCancelled {
			return err
		}
		if poll.State != StateDraft {
			return fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotDraft)
		}
		return p.end(ctx, poll, StateCancelled, ErrNotDraft)
	})
}
