package box

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
)

// sound remembers, as long as the process lives, which ballots it has checked and found right: to see
// that they are still the same bytes takes no mathematics. It knows no order and no time.
type sound struct {
	mu    sync.Mutex
	polls map[string]map[[sha256.Size]byte]bool
}

// mark is the hash of a ballot in its place.
func mark(credential string, ballot []byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(credential+"\x00"), ballot...))
}

func (s *sound) note(poll, credential string, ballot []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.polls == nil {
		s.polls = make(map[string]map[[sha256.Size]byte]bool)
	}
	if s.polls[poll] == nil {
		s.polls[poll] = make(map[[sha256.Size]byte]bool)
	}
	s.polls[poll][mark(credential, ballot)] = true
}

func (s *sound) has(poll, credential string, ballot []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.polls[poll][mark(credential, ballot)]
}

func (s *sound) forget(poll string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.polls, poll)
}

// Damaged are the places whose ballot is not as it was checked any more: the disk lost something, or
// somebody was at it. Ballots that this process has checked need only be the same bytes.
func (b *Box) Damaged(ctx context.Context, poll string, e election) ([]Place, error) {
	places, err := b.ledger.Places(ctx, poll)
	if err != nil {
		return nil, fmt.Errorf("looking into the ballot box: %w", err)
	}
	var damaged []Place
	for _, p := range places {
		ballot := trim(p.Ballot)
		if len(ballot) == 0 || b.sound.has(poll, p.Credential, ballot) {
			continue
		}
		if _, err := Check(e, ballot, p.Credential); err != nil {
			damaged = append(damaged, p)
			continue
		}
		b.sound.note(poll, p.Credential, ballot)
	}
	return damaged, nil
}
