package voting

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"stimmbote/voting/belenios"
	"stimmbote/voting/box"
)

// What is wrong with a ballot that was sealed elsewhere.
var (
	ErrMalformed  = &Refusal{Key: "refusal.ballot.malformed"}      // no ballot, or not in its one form
	ErrElsewhere  = &Refusal{Key: "refusal.ballot.other-election"} // made for another election
	ErrStranger   = &Refusal{Key: "refusal.ballot.credential"}     // of nobody on the list, or of somebody else
	ErrInvalid    = &Refusal{Key: "refusal.ballot.invalid"}        // the signature or a proof is false
	ErrSuperseded = &Refusal{Key: "refusal.ballot.superseded"}     // it was replaced by a later one
	ErrOverdue    = &Refusal{Key: "refusal.ballot.closed"}         // it came after the deadline
)

// Takes is the election of an open poll that takes sealed ballots. It reads little, because it is asked
// for by whoever likes to ask.
func (p *Polls) Takes(ctx context.Context, id ID) (*belenios.Election, error) {
	poll, err := p.ledger.Poll(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("looking up poll %s: %w", id, err)
	}
	if poll == nil || poll.Fingerprint == "" {
		return nil, fmt.Errorf("poll %s: %w", id, ErrUnknown)
	}
	if err := mayCast(poll); err != nil {
		return nil, err
	}
	return p.election(ctx, poll)
}

// Signed says whose ballot it is that was sealed elsewhere: form and signature are checked and
// nothing else, which takes a small part of the time of [Polls.Receive]. Whoever has no token of the
// poll does not come past it.
func Signed(e *belenios.Election, ballot []byte) (credential string, err error) {
	if credential, err = e.Signed(ballot); err != nil {
		return "", fmt.Errorf("poll %s: %w", e.UUID(), unfit(err))
	}
	return credential, nil
}

// sealing is an open poll whose ballots are sealed, and its election.
func (p *Polls) sealing(ctx context.Context, id ID) (*Poll, *belenios.Election, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := mayCast(poll); err != nil {
		return nil, nil, err
	}
	if !poll.sealed() {
		return nil, nil, fmt.Errorf("poll %s has no sealed ballots: %w", id, ErrUnknown)
	}
	election, err := p.election(ctx, poll)
	return poll, election, err
}

// Receive takes a ballot that was sealed elsewhere, checks it as a verifier would, tries to add it up
// and finds out whose it is. What lies in the envelope is known to nobody. Like [Polls.FoldChoice] it
// belongs outside of a transaction, and only [Polls.Cast] makes the vote count. The deadline is looked
// at here, because a poll is closed some time after it.
func (p *Polls) Receive(ctx context.Context, id ID, ballot []byte, now time.Time) (*Envelope, error) {
	poll, election, err := p.sealing(ctx, id)
	if err != nil {
		return nil, err
	}
	if !poll.Ends.IsZero() && !now.Before(poll.Ends) {
		return nil, ErrOverdue
	}
	credential, err := election.Signed(ballot)
	if err != nil {
		return nil, fmt.Errorf("poll %s: %w", id, unfit(err))
	}
	member, err := p.owner(ctx, poll, credential)
	if err != nil {
		return nil, err
	}
	e := &Envelope{id: id, fingerprint: poll.Fingerprint, member: member, unread: true}
	if e.sealed, err = box.Check(trial{election}, ballot, credential); err != nil {
		return nil, fmt.Errorf("poll %s: %w", id, unfit(err))
	}
	return e, nil
}

// Member is whose vote lies in the envelope.
func (e *Envelope) Member() Member { return e.member }

// owner is who was given the token of a credential. The list is opened once and remembered as long
// as the poll is open, in memory only: as long as its key is there, which opens the list as well.
func (p *Polls) owner(ctx context.Context, poll *Poll, credential string) (Member, error) {
	p.mu.Lock()
	owners := p.owners[poll.Fingerprint]
	p.mu.Unlock()
	if owners == nil {
		tokens, err := p.registrar.Tokens(ctx, string(poll.ID), keyName(poll.ID))
		if err != nil {
			return "", fmt.Errorf("looking up the tokens of poll %s: %w", poll.ID, p.perhapsLost(poll.ID, err))
		}
		owners = make(map[string]Member, len(tokens))
		for name, token := range tokens {
			credential, err := belenios.PublicCredential(poll.Group, string(poll.ID), token)
			if err != nil {
				return "", fmt.Errorf("poll %s: deriving a credential: %w", poll.ID, err)
			}
			owners[credential] = Member(name)
		}
		p.mu.Lock()
		p.owners[poll.Fingerprint] = owners
		p.mu.Unlock()
	}
	member, ok := owners[credential]
	if !ok || !poll.entitled(member) {
		return "", fmt.Errorf("poll %s: %w", poll.ID, ErrStranger)
	}
	return member, nil
}

// unfit says for people what is wrong with a ballot.
func unfit(err error) error {
	var why *Refusal
	switch {
	case errors.Is(err, belenios.ErrOtherElection):
		why = ErrElsewhere
	case errors.Is(err, belenios.ErrUnknownCredential):
		why = ErrStranger
	case errors.Is(err, belenios.ErrSignature), errors.Is(err, belenios.ErrSignedHash), errors.Is(err, belenios.ErrChoiceProof),
		errors.Is(err, belenios.ErrSumProof), errors.Is(err, belenios.ErrBlankProof):
		why = ErrInvalid
	case errors.Is(err, belenios.ErrShape), errors.Is(err, belenios.ErrNotCanonical), errors.Is(err, belenios.ErrNotReduced),
		errors.Is(err, belenios.ErrNotInGroup), errors.Is(err, belenios.ErrIdentity):
		why = ErrMalformed
	default:
		return err
	}
	return fmt.Errorf("%w: %w", why, err)
}

// again says whether exactly this ballot is the one that counts now, so that a second try of
// whoever did not hear the answer changes nothing. One that was replaced does not come back: whoever
// saw it on its way could otherwise undo the later vote.
func (p *Polls) again(ctx context.Context, e *Envelope) (bool, error) {
	if !e.unread {
		return false, nil
	}
	old, err := p.box.BallotOf(ctx, string(e.id), e.sealed)
	if err != nil {
		return false, fmt.Errorf("poll %s: %w", e.id, err)
	}
	if bytes.Equal(old, e.sealed.Ballot()) {
		return true, nil
	}
	replaced, err := p.replaced(ctx, e.id)
	if err != nil {
		return false, err
	}
	if slices.Contains(replaced, sha256.Sum256(e.sealed.Ballot())) {
		return false, ErrSuperseded
	}
	return false, nil
}

// supersede remembers a ballot that was replaced: its hash, among those of all others of the poll in
// the order of the hashes.
func (p *Polls) supersede(ctx context.Context, id ID, ballot []byte) error {
	hashes, err := p.replaced(ctx, id)
	if err != nil {
		return err
	}
	hashes = append(hashes, sha256.Sum256(ballot))
	slices.SortFunc(hashes, func(a, b [sha256.Size]byte) int { return bytes.Compare(a[:], b[:]) })
	var paper []byte
	for _, hash := range hashes {
		paper = append(paper, hash[:]...)
	}
	if err := p.ledger.PutPaper(ctx, id, paperReplaced, paper); err != nil {
		return fmt.Errorf("remembering what was replaced in poll %s: %w", id, err)
	}
	return nil
}

// replaced are the hashes of the ballots that were replaced.
func (p *Polls) replaced(ctx context.Context, id ID) ([][sha256.Size]byte, error) {
	paper, err := p.ledger.Paper(ctx, id, paperReplaced)
	if err != nil {
		return nil, fmt.Errorf("looking for what was replaced in poll %s: %w", id, err)
	}
	var hashes [][sha256.Size]byte
	for hash := range slices.Chunk(paper, sha256.Size) {
		if len(hash) == sha256.Size {
			hashes = append(hashes, [sha256.Size]byte(hash))
		}
	}
	return hashes, nil
}
