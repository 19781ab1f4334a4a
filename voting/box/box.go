// Package box is the ballot box: public credentials and their sealed ballots.
//
// It guarantees that a ballot goes in only after it was checked as a verifier would, that
// each credential has at most one, the last, and that it comes out byte for byte as checked.
// Every credential has its place from the opening on, in the order of the credentials and of
// one size, whether a ballot lies in it or not: where a ballot is kept says nothing about when
// it came, first or again. It never learns who has which credential.
package box

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// ErrNoPlace tells that the box has no place for a credential.
var ErrNoPlace = errors.New("no such credential in the ballot box")

// ErrTaken tells that a ballot lies there that must not be replaced.
var ErrTaken = errors.New("a ballot lies in this place already")

// room is what a place has more than the first ballot is long: numbers differ by a few digits,
// and a multiple of this many bytes is taken.
const room = 256

// Ledger is what the ballot box needs to remember: one place per credential.
type Ledger interface {
	PutPlace(ctx context.Context, poll string, p Place) error // new, or written over
	Place(ctx context.Context, poll, credential string) (Place, bool, error)
	Places(ctx context.Context, poll string) ([]Place, error)
	CountBallots(ctx context.Context, poll string) (int, error) // places that do not begin with a zero byte
	DropPlaces(ctx context.Context, poll string) error
}

// Place is where the ballot of one credential lies: filled up with zero bytes, or all zeros if
// there is none.
type Place struct {
	Credential string
	Ballot     []byte
}

// Sealed is a ballot that was found right. Only [Check] makes one.
type Sealed struct {
	credential string
	ballot     []byte
}

// Ballot is the ballot byte for byte.
func (s Sealed) Ballot() []byte { return s.ballot }

// election is what knows whether a ballot is right.
type election interface {
	CheckBallot(ballot []byte) (credential string, err error)
}

// Check finds out whether a ballot is right, and whose: it must be of this credential.
func Check(e election, ballot []byte, credential string) (Sealed, error) {
	got, err := e.CheckBallot(ballot)
	if err != nil {
		return Sealed{}, fmt.Errorf("checking a ballot: %w", err)
	}
	if got != credential {
		return Sealed{}, fmt.Errorf("checking a ballot: %w", ErrNoPlace)
	}
	return Sealed{credential: got, ballot: bytes.Clone(ballot)}, nil
}

// Box keeps the ballots of all polls.
type Box struct {
	ledger Ledger
	sound  sound
}

// New is a ballot box that remembers in l.
func New(l Ledger) *Box { return &Box{ledger: l} }

// Size is how big the places of a poll are, judged from one ballot of it.
func Size(ballot []byte) int { return (len(ballot)/room + 2) * room }

// Open makes one empty place of size bytes for each credential.
func (b *Box) Open(ctx context.Context, poll string, credentials []string, size int) error {
	for _, c := range credentials {
		if err := b.ledger.PutPlace(ctx, poll, Place{Credential: c, Ballot: make([]byte, size)}); err != nil {
			return fmt.Errorf("opening the ballot box: %w", err)
		}
	}
	return nil
}

// Put lays a ballot into its place and returns the one that lay there, nil if there was none. Where
// the first one counts, keep is true: then a second one is refused with [ErrTaken].
func (b *Box) Put(ctx context.Context, poll string, s Sealed, keep bool) (replaced []byte, err error) {
	place, found, err := b.ledger.Place(ctx, poll, s.credential)
	if err != nil {
		return nil, fmt.Errorf("looking into the ballot box: %w", err)
	}
	if !found {
		return nil, ErrNoPlace
	}
	if old := trim(place.Ballot); len(old) > 0 {
		replaced = old
	}
	if replaced != nil && keep {
		return nil, ErrTaken
	}
	filled := make([]byte, max(len(place.Ballot), len(s.ballot)))
	copy(filled, s.ballot)
	if err := b.ledger.PutPlace(ctx, poll, Place{Credential: s.credential, Ballot: filled}); err != nil {
		return nil, fmt.Errorf("laying a ballot into the box: %w", err)
	}
	b.sound.note(poll, s.credential, s.ballot)
	return replaced, nil
}

// Ballot is the ballot of a credential, nil if there is none.
func (b *Box) Ballot(ctx context.Context, poll, credential string) ([]byte, error) {
	place, found, err := b.ledger.Place(ctx, poll, credential)
	if err != nil {
		return nil, fmt.Errorf("looking into the ballot box: %w", err)
	}
	if ballot := trim(place.Ballot); found && len(ballot) > 0 {
		return ballot, nil
	}
	return nil, nil
}

// BallotOf is the ballot in the place where s belongs, nil if there is none.
func (b *Box) BallotOf(ctx context.Context, poll string, s Sealed) ([]byte, error) {
	return b.Ballot(ctx, poll, s.credential)
}

// Ballots are all ballots, in the order of their credentials.
func (b *Box) Ballots(ctx context.Context, poll string) ([][]byte, error) {
	places, err := b.ledger.Places(ctx, poll)
	if err != nil {
		return nil, fmt.Errorf("looking into the ballot box: %w", err)
	}
	var ballots [][]byte
	for _, p := range places {
		if ballot := trim(p.Ballot); len(ballot) > 0 {
			ballots = append(ballots, ballot)
		}
	}
	return ballots, nil
}

// Empty makes a place empty again, unless another ballot has come into it since it was looked at.
func (b *Box) Empty(ctx context.Context, poll string, p Place) (emptied bool, err error) {
	now, found, err := b.ledger.Place(ctx, poll, p.Credential)
	if err != nil {
		return false, fmt.Errorf("looking into the ballot box: %w", err)
	}
	if !found || !bytes.Equal(now.Ballot, p.Ballot) {
		return false, nil
	}
	p.Ballot = make([]byte, len(p.Ballot))
	if err := b.ledger.PutPlace(ctx, poll, p); err != nil {
		return false, fmt.Errorf("emptying a place in the ballot box: %w", err)
	}
	return true, nil
}

// Count is how many ballots there are.
func (b *Box) Count(ctx context.Context, poll string) (int, error) {
	return b.ledger.CountBallots(ctx, poll)
}

// Forget deletes the places of a poll.
func (b *Box) Forget(ctx context.Context, poll string) error {
	b.sound.forget(poll)
	return b.ledger.DropPlaces(ctx, poll)
}

// trim is the ballot without what fills up its place. A ballot never ends in a zero byte.
func trim(filled []byte) []byte { return bytes.TrimRight(filled, "\x00") }
