package voting

import (
	"context"
	"errors"
	"fmt"

	"stimmbote/voting/belenios"
	"stimmbote/voting/box"
)

// Token is what m was given for a poll. It is a secret between m and the registrar. An open vote has
// none: it is empty.
func (p *Polls) Token(ctx context.Context, id ID, m Member) (string, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return "", err
	}
	if !poll.entitled(m) {
		return "", fmt.Errorf("poll %s: %w", id, ErrNotEntitled)
	}
	if !poll.sealed() {
		return "", nil
	}
	return p.token(ctx, id, m)
}

func (p *Polls) token(ctx context.Context, id ID, m Member) (string, error) {
	token, err := p.registrar.Token(ctx, string(id), keyName(id), string(m))
	if err != nil {
		return "", fmt.Errorf("looking up a token of poll %s: %w", id, p.perhapsLost(id, err))
	}
	return token, nil
}

// Envelope is an answer, sealed and found right, but not in the ballot box yet.
type Envelope struct {
	id          ID
	fingerprint string
	choice      Choice
	sealed      box.Sealed
	member      Member // of an open vote, and of a ballot that was sealed elsewhere
	unread      bool   // it was sealed elsewhere: nobody here knows what is in it
}

// Fold seals one answer of a motion or a choice: see [Polls.FoldChoice].
func (p *Polls) Fold(ctx context.Context, id ID, m Member, answer int) (*Envelope, error) {
	return p.FoldChoice(ctx, id, m, Choice{Options: []int{answer}})
}

// FoldChoice seals what somebody chose, checks the ballot as a verifier would and tries to add it up.
// It takes a few milliseconds (in the group BELENIOS-2048 some fifty) and belongs outside of a transaction. Only [Polls.Cast] makes the vote count.
func (p *Polls) FoldChoice(ctx context.Context, id ID, m Member, choice Choice) (*Envelope, error) {
	return p.fold(ctx, id, m, choice, func(e *belenios.Election, token string, vote [][]int) ([]byte, error) {
		return e.Seal(p.rand, token, vote)
	})
}

// trial is an election that also tries what comes later: whether a ballot can be closed and added up.
type trial struct{ election *belenios.Election }

// CheckBallot checks a ballot as a verifier would, and says whose it is.
func (t trial) CheckBallot(ballot []byte) (credential string, err error) {
	checked, err := t.election.Check(ballot)
	if err != nil {
		return "", err
	}
	if _, err := t.election.SumOf([]*belenios.Checked{checked}); err != nil {
		return "", fmt.Errorf("adding it up: %w", err)
	}
	return checked.Credential(), nil
}

func mayCast(poll *Poll) error {
	if poll.State != StateOpen {
		return fmt.Errorf("poll %s is %s: %w", poll.ID, poll.State, ErrNotOpen)
	}
	return nil
}

// lay keeps what is in an envelope.
func (p *Polls) lay(ctx context.Context, poll *Poll, e *Envelope) (replaced bool, err error) {
	if !poll.sealed() {
		return p.answer(ctx, poll, e)
	}
	old, err := p.box.Put(ctx, string(poll.ID), e.sealed, poll.Terms.NoRevote)
	if errors.Is(err, box.ErrTaken) && poll.Level() == Secret {
		return false, ErrUsed // perhaps by somebody who had the token: the bot, above all
	}
	if errors.Is(err, box.ErrTaken) {
		return false, ErrVoted
	}
	if err != nil {
		return false, fmt.Errorf("poll %s: %w", poll.ID, err)
	}
	if old == nil {
		return false, nil
	}
	return true, p.supersede(ctx, poll.ID, old)
}

// Receipt is what a voter is told about a vote.
type Receipt struct {
	Answer   int // the first one chosen, 0 if there is none
	Choice   Choice
	Tracker  string // of a sealed ballot
	Code     string // the beginning of the tracker, for people
	Replaced bool   // an earlier vote
	Unread   bool   // it was sealed elsewhere: nobody here knows what is in it
	Again    bool   // exactly this ballot counted before
}

// Cast lays an envelope into the ballot box, in place of an earlier one; where the first one counts,
// a second one is refused with [ErrVoted]. The vote is durable once the transaction around it, or its own, is committed.
func (p *Polls) Cast(ctx context.Context, e *Envelope) (Receipt, error) {
	r := Receipt{Choice: e.choice, Unread: e.unread}
	if ballot := e.sealed.Ballot(); ballot != nil {
		r.Tracker = belenios.Tracker(ballot)
		r.Code = belenios.Code(r.Tracker)
	}
	if len(e.choice.Options) > 0 {
		r.Answer = e.choice.Options[0]
	}
	err := p.ledger.Tx(ctx, func(ctx context.Context) error {
		poll, err := p.Poll(ctx, e.id)
		if err != nil {
			return err
		}
		if err := mayCast(poll); err != nil {
			return err
		}
		if poll.Fingerprint != e.fingerprint {
			return fmt.Errorf("poll %s: the envelope is for election %s: %w", e.id, e.fingerprint, ErrNotOpen)
		}
		if r.Again, err = p.again(ctx, e); err != nil || r.Again {
			return err
		}
		r.Replaced, err = p.lay(ctx, poll, e)
		return err
	})
	if err != nil {
		return Receipt{}, err
	}
	return r, nil
}
