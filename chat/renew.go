package chat

import (
	"bytes"
	"context"
	"fmt"

	"maunium.net/go/mautrix/crypto/goolm/libolmpickle"

	"maunium.net/go/mautrix/id"
)

// Renew gives the tables of the encryption a new key file, and erases the old one: backups from before open no
// longer. Before that, what opens messages of direct chats that were dealt with is forgotten. It is to be called
// when a vote has ended, and goes on beside everything else. A death at any moment leaves a key that opens.
func (l *Line) Renew(ctx context.Context) error {
	ctx, err := l.online(ctx)
	if err != nil {
		return err
	}
	l.renewing.Lock()
	defer l.renewing.Unlock()
	err = l.vault.Renew(pickleKey, l.unlocks(ctx), func(old, fresh []byte) error {
		err := l.store.Tx(ctx, func(ctx context.Context) error {
			if err := l.burnHandled(ctx); err != nil {
				return err
			}
			if err := l.store.Repickle(ctx, func(pickle []byte) ([]byte, error) { return repickle(old, fresh, pickle) }); err != nil {
				return err
			}
			l.keys.setPickleKey(bytes.Clone(fresh))
			return nil
		})
		if err != nil {
			if opens, odd := l.unlocks(ctx)(fresh); odd == nil && !opens {
				l.keys.setPickleKey(bytes.Clone(old))
			}
		}
		return err
	})
	l.keys.forgetSaid()
	l.singe()
	if err != nil {
		return fmt.Errorf("renewing the key of the encryption: %w", err)
	}
	return nil
}

// burnHandled burns all messages of direct rooms that were dealt with.
func (l *Line) burnHandled(ctx context.Context) error {
	handled, err := l.store.HandledKeys(ctx)
	if err != nil {
		return err
	}
	for _, k := range handled {
		if err := l.keys.turnPast(ctx, id.RoomID(k.Room), sealed{id.SessionID(k.Session), k.Index}); err != nil {
			return fmt.Errorf("forgetting what opens a direct chat: %w", err)
		}
	}
	return nil
}

func repickle(old, fresh, pickle []byte) ([]byte, error) {
	plain, err := libolmpickle.Unpickle(old, pickle)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	return libolmpickle.Pickle(fresh, plain)
}

// unlocks says whether a key opens the tables of the encryption. While they are empty, any does.
func (l *Line) unlocks(ctx context.Context) func(key []byte) (bool, error) {
	return func(key []byte) (bool, error) {
		pickle, err := l.store.Pickle(ctx)
		if err != nil || pickle == nil {
			return err == nil, err
		}
		plain, err := libolmpickle.Unpickle(key, pickle)
		clear(plain)
		return err == nil, nil
	}
}

// settledKey is the key of the encryption, after the end of a renewal that was interrupted.
func (l *Line) settledKey(ctx context.Context) ([]byte, error) {
	if err := l.vault.Settle(pickleKey, l.unlocks(ctx)); err != nil {
		return nil, err
	}
	return l.vault.Key(pickleKey)
}

// forgetSaid forgets what opens the bot's own words to people, and makes new keys for what it says next.
func (s *cryptoStore) forgetSaid() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.said {
		delete(s.outbound, session.RoomID)
	}
	s.said = nil
}
