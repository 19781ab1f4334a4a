package chat

import (
	"context"
	"errors"
	"fmt"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// sealed is with what a message was encrypted: the name of a key, and how often that was turned on before.
type sealed struct {
	session id.SessionID
	index   uint
}

// Burn makes sure, in the transaction of ctx, that nothing which the bot keeps opens a message any more, nor what
// the same device wrote there before with the same key: that key is turned on past it. What the message asked for
// is to be marked in the same transaction, see [Line.Mark]: the message cannot be opened a second time. After its
// commit the database's write-ahead log, which still has the key of before, is emptied within moments, and at the
// latest at the next start. Of a message only ID and Room need be known.
func (l *Line) Burn(ctx context.Context, m Message) error {
	ctx, err := l.online(ctx)
	if err != nil {
		return err
	}
	key := m.sealed
	if key.session == "" {
		known, ok, err := l.store.MessageKey(ctx, m.Room, m.ID)
		if err != nil || !ok {
			return err // it came in clear
		}
		key = sealed{id.SessionID(known.Session), known.Index}
	}
	if err := l.keys.turnPast(ctx, id.RoomID(m.Room), key); err != nil {
		return fmt.Errorf("forgetting what opens event %s: %w", m.ID, err)
	}
	l.singe()
	return nil
}

// turnPast turns a key on, so that it opens what comes after the message only.
func (s *cryptoStore) turnPast(ctx context.Context, room id.RoomID, key sealed) error {
	return s.inTurn(ctx, func(ctx context.Context) error {
		known, err := s.GetGroupSession(ctx, room, key.session)
		if _, withheld := errors.AsType[*event.RoomKeyWithheldEventContent](err); withheld {
			return nil // given up altogether
		}
		if err != nil || known == nil || known.Internal.FirstKnownIndex() > uint32(key.index) {
			return err
		}
		if err := known.RatchetTo(uint32(key.index) + 1); err != nil {
			return err
		}
		return s.PutGroupSession(ctx, known)
	})
}

// singe lets the write-ahead log be emptied after the transaction that runs.
func (l *Line) singe() {
	select {
	case l.burned <- struct{}{}:
	default:
	}
}

// wipe empties the write-ahead log at the start and, until ctx ends, whenever something was burned.
func (l *Line) wipe(ctx context.Context) {
	l.singe()
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.burned:
		}
		for n := 0; ; n++ {
			// The transaction in which it was burned may not be committed yet: this waits for it.
			err := l.store.Tx(ctx, func(context.Context) error { return nil })
			if err == nil {
				err = l.store.Scrub(ctx)
			}
			if err == nil || ctx.Err() != nil {
				break
			}
			if n == scrubPatience {
				l.log.Warn().Err(err).Msg("The write-ahead log cannot be emptied; trying on")
			}
			select {
			case <-ctx.Done():
			case <-time.After(min(10*time.Millisecond<<min(n, 8), time.Second)):
			}
		}
	}
}

// scrubPatience is how often the write-ahead log may be in use before that is logged.
const scrubPatience = 30
