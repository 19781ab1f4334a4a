package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// cryptoStore is what the encryption keeps. It guarantees two things that mautrix' own store does not:
//
//   - the keys with which the bot encrypts are in memory only, and after a restart it makes new ones. What
//     opens what it said to one person is in memory only, too: no file and no backup opens it later. What
//     opens what it said to a group is kept for a month. Both are for devices that were given a key and say
//     that it never arrived;
//   - a key with which it decrypts never reaches further back than what is stored, and never comes back
//     once it was given up: what was forgotten stays forgotten, whoever hands the key out again. For the
//     same reason only the key's owner can bring it, not somebody who passes it on.
type cryptoStore struct {
	*crypto.SQLCryptoStore

	own    id.SenderKey                                                 // the bot's device
	direct func(context.Context, id.RoomID) (bool, error)               // whether a room is one person's with the bot
	tx     func(context.Context, func(ctx context.Context) error) error // see store.Store

	key      sync.RWMutex // guards the pickle key; only ever held inside a transaction, see inTurn
	mu       sync.Mutex
	outbound map[id.RoomID]*crypto.OutboundGroupSession
	drops    map[id.RoomID]int             // how often a room's key was dropped, or would have been
	afresh   time.Time                     // sessions with devices from before are spoken with no more; zero: all are
	said     []*crypto.InboundGroupSession // the bot's own of direct rooms, the newest last
}

// mostSaid bounds how many of the bot's own keys are kept in memory.
const mostSaid = 1000

func (l *Line) newCryptoStore(inner *crypto.SQLCryptoStore, own id.SenderKey) *cryptoStore {
	return &cryptoStore{
		SQLCryptoStore: inner, own: own, direct: l.isDirect, tx: l.store.Tx,
		outbound: make(map[id.RoomID]*crypto.OutboundGroupSession), drops: make(map[id.RoomID]int),
	}
}

// keep keeps one of the bot's own keys for those whom it was given to.
func (s *cryptoStore) keep(session *crypto.InboundGroupSession) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.said) == mostSaid {
		s.said = slices.Delete(s.said, 0, mostSaid/10)
	}
	s.said = append(s.said, session)
}

// GetGroupSession returns a key for decrypting, nil if there is none.
func (s *cryptoStore) GetGroupSession(ctx context.Context, room id.RoomID, session id.SessionID) (*crypto.InboundGroupSession, error) {
	s.mu.Lock()
	for _, own := range slices.Backward(s.said) {
		if own.RoomID == room && own.ID() == session {
			s.mu.Unlock()
			return own, nil
		}
	}
	s.mu.Unlock()
	var key *crypto.InboundGroupSession
	err := s.inTurn(ctx, func(ctx context.Context) (err error) {
		key, err = s.SQLCryptoStore.GetGroupSession(ctx, room, session)
		return err
	})
	return key, err
}

// PutGroupSession stores a key for decrypting, unless it would bring back what was forgotten.
func (s *cryptoStore) PutGroupSession(ctx context.Context, session *crypto.InboundGroupSession) error {
	if !byOwner(session) {
		return nil
	}
	if session.SenderKey == s.own {
		direct, err := s.direct(ctx, session.RoomID)
		if err != nil {
			return err
		}
		if direct {
			s.keep(session)
			return nil
		}
	}
	return s.inTurn(ctx, func(ctx context.Context) error {
		known, err := s.GetGroupSession(ctx, session.RoomID, session.ID())
		if withheld, ok := errors.AsType[*event.RoomKeyWithheldEventContent](err); ok {
			if withheld.Code == event.RoomKeyWithheldBeeperRedacted {
				return nil // given up; what was withheld for another reason may come after all
			}
		} else if err != nil {
			return fmt.Errorf("reading a stored key: %w", err)
		}
		if known != nil && session.Internal.FirstKnownIndex() < known.Internal.FirstKnownIndex() {
			return nil
		}
		return s.SQLCryptoStore.PutGroupSession(ctx, session)
	})
}

// byOwner says whether a key came from the device that made it, at once or because the bot asked for it.
func byOwner(session *crypto.InboundGroupSession) bool {
	switch session.KeySource {
	case id.KeySourceDirect:
		return len(session.ForwardingChains) == 0
	case id.KeySourceForward:
		return len(session.ForwardingChains) == 1 && session.ForwardingChains[0] == session.SenderKey.String()
	}
	return false
}

// AddOutboundGroupSession keeps the key of a room in place of the one before.
func (s *cryptoStore) AddOutboundGroupSession(_ context.Context, session *crypto.OutboundGroupSession) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbound[session.RoomID] = session
	return nil
}

// UpdateOutboundGroupSession has nothing to do: the key that was used is the one that is kept.
func (*cryptoStore) UpdateOutboundGroupSession(context.Context, *crypto.OutboundGroupSession) error {
	return nil
}

// GetOutboundGroupSession returns the key of a room, nil if there is none.
func (s *cryptoStore) GetOutboundGroupSession(_ context.Context, room id.RoomID) (*crypto.OutboundGroupSession, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outbound[room], nil
}

// RemoveOutboundGroupSession drops the key of a room.
func (s *cryptoStore) RemoveOutboundGroupSession(_ context.Context, room id.RoomID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.outbound, room)
	s.drops[room]++
	return nil
}

// dropped is how often the key of a room was to be dropped. One that was being handed out then may have missed
// somebody.
func (s *cryptoStore) dropped(room id.RoomID) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.drops[room]
}
