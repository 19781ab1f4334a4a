package chat

import (
	"context"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
)

// Afresh has whatever is said from now on use new sessions with everybody, as long as the program runs. It is for one
// that finds that it goes on from an older copy of its folder: what it says with the sessions of that, others take for
// what they have seen already and cannot open, and clients do not replace a session within an hour.
func (l *Line) Afresh() { l.keys.startAfresh(time.Now()) }

// startAfresh drops the keys of all rooms, and what was agreed on with devices before.
func (s *cryptoStore) startAfresh(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.afresh = now
	for room := range s.outbound {
		s.drops[room]++
	}
	clear(s.outbound)
}

// spokenSince is from when on the sessions are with which to speak to devices, zero if all are.
func (s *cryptoStore) spokenSince() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.afresh
}

// GetLatestSession returns the session with a device with which to speak to it, nil if there is none.
func (s *cryptoStore) GetLatestSession(ctx context.Context, device id.SenderKey) (latest *crypto.OlmSession, err error) {
	since := s.spokenSince()
	if since.IsZero() {
		err = s.inTurn(ctx, func(ctx context.Context) (err error) {
			latest, err = s.SQLCryptoStore.GetLatestSession(ctx, device)
			return err
		})
		return latest, err
	}
	all, err := s.GetSessions(ctx, device) // the one that was used last comes first
	for _, session := range all {
		if !session.CreationTime.Before(since) {
			return session, err
		}
	}
	return nil, err
}

// HasSession says whether there is such a session.
func (s *cryptoStore) HasSession(ctx context.Context, device id.SenderKey) bool {
	if s.spokenSince().IsZero() {
		return s.SQLCryptoStore.HasSession(ctx, device)
	}
	session, err := s.GetLatestSession(ctx, device)
	return err == nil && session != nil
}
