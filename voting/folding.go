package voting

import (
	"context"
	"fmt"

	"stimmbote/voting/belenios"
	"stimmbote/voting/box"
)

// Trial is an answer that was sealed for somebody who may want to look into the ballot instead of
// casting it. It is a secret: whoever has it knows what was chosen.
type Trial struct {
	Ballot   []byte
	Tracker  string // of the ballot without its signature: named before it is known what becomes of it
	Envelope []byte // that shows what is in it
}

// FoldTest seals what somebody chose as [Polls.FoldChoice] does, and keeps what opens it (Benaloh's
// challenge). It is cast with [Polls.Refold], or opened and never cast.
func (p *Polls) FoldTest(ctx context.Context, id ID, m Member, choice Choice) (*Trial, error) {
	var test *belenios.Test
	e, err := p.fold(ctx, id, m, choice, func(e *belenios.Election, token string, vote [][]int) (ballot []byte, err error) {
		ballot, test, err = e.SealTest(p.rand, token, vote)
		return ballot, err
	})
	if err != nil {
		return nil, err
	}
	if test == nil {
		return nil, fmt.Errorf("poll %s has no sealed ballots: %w", id, ErrUnknown)
	}
	return &Trial{Ballot: e.sealed.Ballot(), Tracker: test.Tracker, Envelope: test.Envelope}, nil
}

// Refold is the envelope of a ballot that [Polls.FoldTest] sealed for m, byte for byte.
func (p *Polls) Refold(ctx context.Context, id ID, m Member, choice Choice, ballot []byte) (*Envelope, error) {
	return p.fold(ctx, id, m, choice, func(*belenios.Election, string, [][]int) ([]byte, error) { return ballot, nil })
}

// fold puts what somebody chose into an envelope, sealed by seal.
func (p *Polls) fold(ctx context.Context, id ID, m Member, choice Choice,
	seal func(e *belenios.Election, token string, vote [][]int) ([]byte, error),
) (*Envelope, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := mayCast(poll); err != nil {
		return nil, err
	}
	if !poll.entitled(m) {
		return nil, fmt.Errorf("poll %s: %w", id, ErrNotEntitled)
	}
	if poll.Terms.OnlySealed {
		return nil, fmt.Errorf("poll %s takes ballots that their voters sealed: %w", id, ErrOnlySealed)
	}
	vote, err := poll.Asked.Vote(choice)
	if err != nil {
		return nil, fmt.Errorf("poll %s: %w", id, err)
	}
	e := &Envelope{id: id, fingerprint: poll.Fingerprint, choice: choice}
	if !poll.sealed() {
		e.member = m
		return e, nil
	}
	token, err := p.token(ctx, id, m)
	if err != nil {
		return nil, err
	}
	election, err := p.election(ctx, poll)
	if err != nil {
		return nil, err
	}
	credential, err := belenios.PublicCredential(poll.Group, string(id), token)
	if err != nil {
		return nil, fmt.Errorf("poll %s: deriving a credential: %w", id, err)
	}
	ballot, err := seal(election, token, vote)
	if err != nil {
		return nil, fmt.Errorf("poll %s: sealing a ballot: %w", id, err)
	}
	if e.sealed, err = box.Check(trial{election}, ballot, credential); err != nil {
		return nil, fmt.Errorf("poll %s: %w", id, err)
	}
	return e, nil
}
