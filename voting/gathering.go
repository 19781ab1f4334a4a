package voting

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"stimmbote/voting/belenios"
	"stimmbote/voting/box"
	"stimmbote/voting/registrar"
)

// What others give to a poll with tellers is kept in papers of their own: nothing that was given once
// is taken anew.
const (
	paperOwnKey    = "own-key"   // the public part of the bot's key, with its proof
	paperPublic    = "public"    // … of a teller's
	paperConfirmed = "confirmed" // the fingerprint that a teller found right
	paperShare     = "share"     // a part of the decryption; the bot's is the first
)

// of is the paper of the owner of a key.
func of(paper string, owner int) string { return paper + "/" + strconv.Itoa(owner) }

// ErrWaits tells that a teller has not given yet what comes next.
var ErrWaits = errors.New("a teller has not given theirs yet")

// ErrNoTeller tells that somebody is no teller of a poll.
var ErrNoTeller = errors.New("no teller of this poll")

// Ask makes the bot's own key and the tokens of a draft with tellers, who are asked for their keys next.
// Asking again changes nothing.
func (p *Polls) Ask(ctx context.Context, id ID) (*Poll, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil || poll.State == StateAsked {
		return poll, err
	}
	if poll.State != StateDraft || poll.Terms.Tellers == "" {
		return nil, fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotDraft)
	}
	tokens, _, err := registrar.Draw(p.rand, poll.Group, string(id), asNames(poll.Roll))
	if err != nil {
		return nil, fmt.Errorf("preparing poll %s: %w", id, err)
	}
	key, err := belenios.NewKey(p.rand, poll.Group)
	if err != nil {
		return nil, fmt.Errorf("preparing poll %s: drawing its key: %w", id, err)
	}
	defer key.Erase()
	public, err := key.Public(p.rand)
	if err != nil {
		return nil, fmt.Errorf("preparing poll %s: %w", id, err)
	}
	err = p.ledger.Tx(ctx, func(ctx context.Context) error {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		if err := p.become(ctx, poll, StateAsked, ErrNotDraft); err != nil {
			return err
		}
		if err := p.keepKey(ctx, id, key, tokens); err != nil {
			return fmt.Errorf("preparing poll %s: %w", id, err)
		}
		return p.putPaper(ctx, id, paperOwnKey, public)
	})
	if err != nil {
		return nil, err
	}
	return poll, nil
}

// keepKey makes the key file of a poll and keeps key and tokens sealed under it.
func (p *Polls) keepKey(ctx context.Context, id ID, key *belenios.Key, tokens registrar.Tokens) error {
	name := keyName(id)
	if err := errors.Join(p.vault.Remove(name), p.vault.Create(name)); err != nil {
		return err
	}
	plain := key.Bytes()
	defer clear(plain)
	sealed, err := p.vault.Seal(name, paperKey, plain)
	if err != nil {
		return err
	}
	if err := p.putPaper(ctx, id, paperKey, sealed); err != nil {
		return err
	}
	return p.registrar.Issue(ctx, string(id), name, tokens)
}

func (p *Polls) putPaper(ctx context.Context, id ID, name string, content []byte) error {
	if err := p.ledger.PutPaper(ctx, id, name, content); err != nil {
		return fmt.Errorf("writing paper %q of poll %s: %w", name, id, err)
	}
	return nil
}

// OwnKey is the public part of the bot's own key in a poll with tellers.
func (p *Polls) OwnKey(ctx context.Context, id ID) ([]byte, error) {
	papers, err := p.papers(ctx, id, paperOwnKey)
	if err != nil {
		return nil, err
	}
	return papers[0], nil
}

// give keeps what a teller gives in a state, once: the same again changes nothing, something else is
// [ErrChanged].
func (p *Polls) give(ctx context.Context, poll *Poll, in State, account, paper string, content []byte) (news bool, err error) {
	owner := poll.Terms.Tellers.Owner(account)
	switch {
	case owner == 0:
		return false, fmt.Errorf("poll %s: %s: %w", poll.ID, account, ErrNoTeller)
	case poll.State != in:
		return false, fmt.Errorf("poll %s is %s, not %s: %w", poll.ID, poll.State, in, ErrNotDraft)
	}
	old, err := p.ledger.Paper(ctx, poll.ID, of(paper, owner))
	switch {
	case err != nil:
		return false, fmt.Errorf("reading paper %q of poll %s: %w", paper, poll.ID, err)
	case old == nil:
		return true, p.putPaper(ctx, poll.ID, of(paper, owner), content)
	case string(old) != string(content):
		return false, fmt.Errorf("poll %s: a second %s of %s: %w", poll.ID, paper, account, ErrChanged)
	}
	return false, nil
}

// TakeKey keeps the public key that a teller's machine made for a poll, after checking that its secret
// is known.
func (p *Polls) TakeKey(ctx context.Context, id ID, account string, public []byte) (news bool, err error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return false, err
	}
	if err := belenios.CheckPublic(poll.Group, public); err != nil {
		return false, fmt.Errorf("poll %s: the key of %s: %w", id, account, err)
	}
	err = p.ledger.Tx(ctx, func(ctx context.Context) error {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		news, err = p.give(ctx, poll, StateAsked, account, paperPublic, public)
		return err
	})
	return news, err
}

// Waiting are the tellers who have not given yet what a poll waits for: their keys, their word that the
// election is right, or their parts of the decryption.
func (p *Polls) Waiting(ctx context.Context, poll *Poll) ([]Teller, error) {
	paper := map[State]string{StateAsked: paperPublic, StateSet: paperConfirmed, StateClosed: paperShare}[poll.State]
	if paper == "" {
		return nil, nil
	}
	var waiting []Teller
	for i, t := range poll.Terms.Tellers.All() {
		given, err := p.ledger.Paper(ctx, poll.ID, of(paper, i+2))
		if err != nil {
			return nil, fmt.Errorf("reading paper %q of poll %s: %w", paper, poll.ID, err)
		}
		if given == nil {
			waiting = append(waiting, t)
		}
	}
	return waiting, nil
}

// Compose fixes the election of a poll all of whose tellers have given their keys, and when it is open.
// No ballot comes in before [Polls.Launch].
func (p *Polls) Compose(ctx context.Context, id ID, now time.Time) (*Poll, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil || poll.State == StateSet {
		return poll, err
	}
	s, err := p.compose(ctx, poll)
	if err != nil {
		return nil, fmt.Errorf("preparing poll %s: %w", id, err)
	}
	err = p.ledger.Tx(ctx, func(ctx context.Context) (err error) {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		poll.Fingerprint, poll.RollHash, poll.Opened = s.fingerprint, s.rollHash, now.UTC().Truncate(time.Second)
		if poll.Ends, err = poll.Terms.ends(poll.Opened); err != nil {
			return err
		}
		if err := p.become(ctx, poll, StateSet, ErrNotDraft); err != nil {
			return err
		}
		for name, content := range map[string][]byte{
			paperElection: s.papers.Election, paperTrustees: s.papers.Trustees, paperCredentials: s.papers.Credentials,
		} {
			if err := p.putPaper(ctx, id, name, content); err != nil {
				return err
			}
		}
		return p.box.Open(ctx, string(id), s.credentials, s.placeSize)
	})
	if err != nil {
		return nil, err
	}
	return poll, nil
}

// compose makes the election of a poll from everybody's keys.
func (p *Polls) compose(ctx context.Context, poll *Poll) (*Setup, error) {
	own, err := p.OwnKey(ctx, poll.ID)
	if err != nil {
		return nil, err
	}
	trustees := []belenios.Trustee{belenios.Single(own)}
	for i, t := range poll.Terms.Tellers.All() {
		public, err := p.ledger.Paper(ctx, poll.ID, of(paperPublic, i+2))
		if err != nil {
			return nil, err
		}
		if public == nil {
			return nil, fmt.Errorf("%s: %w", t.Account, ErrWaits)
		}
		trustees = append(trustees, belenios.Single(public))
	}
	tokens, err := p.registrar.Tokens(ctx, string(poll.ID), keyName(poll.ID))
	if err != nil {
		return nil, p.perhapsLost(poll.ID, err)
	}
	s := &Setup{id: poll.ID, tokens: tokens, rollHash: belenios.RollHash(asNames(poll.Roll))}
	for _, token := range tokens {
		credential, err := belenios.PublicCredential(poll.Group, string(poll.ID), token)
		if err != nil {
			return nil, fmt.Errorf("deriving a credential: %w", err)
		}
		s.credentials = append(s.credentials, credential)
	}
	return s, p.draw(poll, s, trustees)
}

// draw writes the election of a poll, and measures a ballot of it.
func (p *Polls) draw(poll *Poll, s *Setup, trustees []belenios.Trustee) (err error) {
	s.papers, err = belenios.NewSetup(ParametersOf(poll.ID, poll.Group, poll.Asked, s.rollHash), trustees, s.credentials)
	if err != nil {
		return err
	}
	election, err := belenios.Open(s.papers)
	if err != nil {
		return fmt.Errorf("reading its election: %w", err)
	}
	s.fingerprint = election.Fingerprint()
	vote, err := poll.Asked.Vote(poll.Asked.sample())
	if err != nil {
		return err
	}
	for _, token := range s.tokens { // any: only the length of a ballot is wanted
		trial, err := election.Seal(p.rand, token, vote)
		if err != nil {
			return fmt.Errorf("sealing a first ballot: %w", err)
		}
		s.placeSize = box.Size(trial)
		break
	}
	return nil
}

// Papers are the three texts of an election.
type Papers = belenios.Setup

// Papers are the election of a poll, byte for byte.
func (p *Polls) Papers(ctx context.Context, id ID) (Papers, error) {
	papers, err := p.papers(ctx, id, paperElection, paperTrustees, paperCredentials)
	if err != nil {
		return belenios.Setup{}, err
	}
	return belenios.Setup{Election: papers[0], Trustees: papers[1], Credentials: papers[2]}, nil
}

// Confirm notes that a teller's machine found the election right that the bot posted.
func (p *Polls) Confirm(ctx context.Context, id ID, account, fingerprint string) (news bool, err error) {
	err = p.ledger.Tx(ctx, func(ctx context.Context) error {
		poll, err := p.Poll(ctx, id)
		if err != nil {
			return err
		}
		if poll.Fingerprint != fingerprint {
			return fmt.Errorf("poll %s: %s found %s right: %w", id, account, fingerprint, ErrChanged)
		}
		news, err = p.give(ctx, poll, StateSet, account, paperConfirmed, []byte(fingerprint))
		return err
	})
	return news, err
}

// Launch opens a poll whose tellers have all found its election right.
func (p *Polls) Launch(ctx context.Context, id ID) (*Poll, error) {
	var poll *Poll
	err := p.ledger.Tx(ctx, func(ctx context.Context) (err error) {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		if poll.State != StateSet {
			return fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotDraft)
		}
		waiting, err := p.Waiting(ctx, poll)
		if err != nil {
			return err
		}
		if len(waiting) > 0 {
			return fmt.Errorf("poll %s: %d tellers: %w", id, len(waiting), ErrWaits)
		}
		if err := p.number(ctx, poll); err != nil {
			return err
		}
		return p.become(ctx, poll, StateOpen, ErrNotDraft)
	})
	if err != nil {
		return nil, err
	}
	return poll, nil
}

// Withdraw ends a poll that never opened, because a teller did not answer or found something wrong.
func (p *Polls) Withdraw(ctx context.Context, id ID) error {
	return p.ledger.Tx(ctx, func(ctx context.Context) error {
		poll, err := p.Poll(ctx, id)
		if err != nil || poll.State == StateCancelled {
			return err
		}
		if poll.State != StateAsked && poll.State != StateSet {
			return fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotDraft)
		}
		return p.end(ctx, poll, StateCancelled, ErrNotDraft)
	})
}
