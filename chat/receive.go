package chat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// The gap that a busy room leaves between two responses is filled with at most gapPages × gapPage events.
const (
	gapPages = 20
	gapPage  = 100
)

// session names a room key.
type session struct {
	room id.RoomID
	id   id.SessionID
}

// arrivals are the room keys that came with the response being processed; among them may be the bot's own.
type arrivals struct {
	mu   sync.Mutex
	keys []session
}

func (a *arrivals) add(key session) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.keys = append(a.keys, key)
}

// take returns what arrived since it was called last.
func (a *arrivals) take() []session {
	a.mu.Lock()
	defer a.mu.Unlock()
	keys := a.keys
	a.keys = nil
	return keys
}

// sync receives until ctx ends or the bot is locked out.
func (l *Line) sync(ctx context.Context) error {
	late, err := l.store.Late(ctx)
	if err != nil {
		return err
	}
	first := &batch{}
	l.again(ctx, first, late)
	if err := l.inbox.put(first); err != nil {
		return err
	}
	for n := 0; ; n++ {
		err := l.client.SyncWithContext(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, ErrLogin) {
			return err
		}
		wait := l.away(err, 0)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// pause remembers whether the homeserver was away, so that each outage is logged once.
type pause struct{ failures atomic.Int32 }

// away notes a failure to receive, logs the first in a row, and says how long to wait.
func (l *Line) away(err error, wait time.Duration) time.Duration {
	failed := int(l.pause.failures.Add(1)) - 1
	if failed == 0 {
		l.log.Warn().AnErr("reason", plain(err)).Str("homeserver", l.cfg.Homeserver).
			Msg("Nothing can be received from the homeserver; trying again until it answers")
	}
	return max(wait, l.backoff(failed, 15))
}

// back notes that the homeserver answers.
func (l *Line) back() {
	l.counters.lastSync.Store(time.Now().UnixNano())
	if l.pause.failures.Swap(0) > 0 {
		l.log.Info().Str("homeserver", l.cfg.Homeserver).Msg("The homeserver answers again")
	}
}

// receive puts the messages of one room into the batch, those included that a long response left
// out. Nothing counts that was said before the bot first looked or joined.
func (l *Line) receive(ctx context.Context, b *batch, room id.RoomID, line timeline, since string) error {
	if since == "" {
		return nil
	}
	messages := line.messages
	if line.limited && line.joined == nil && line.before != "" {
		gap, err := l.gap(ctx, room, line.before, since)
		if err != nil {
			return err
		}
		messages = append(gap, messages...)
	}
	for _, evt := range messages {
		if err := l.take(ctx, b, room, evt); err != nil {
			return err
		}
	}
	return nil
}

// gap fetches what lies between the last response and this one, oldest first.
func (l *Line) gap(ctx context.Context, room id.RoomID, from, to string) ([]*event.Event, error) {
	var missed []*event.Event
	for range gapPages {
		page, err := l.client.Messages(ctx, room, from, to, mautrix.DirectionBackward, nil, gapPage)
		if kind, _ := judge(err); kind == failurePermanent {
			l.log.Warn().AnErr("reason", plain(err)).Msg("Missed messages of a room cannot be fetched")
			break
		}
		if err != nil {
			return nil, fmt.Errorf("fetching missed messages: %w", err)
		}
		ended := false
		for _, evt := range page.Chunk {
			known, err := l.store.Handled(ctx, evt.ID.String())
			if err != nil {
				return nil, err
			}
			if ended = known || joinOf(evt, l.me); ended {
				break
			}
			if evt.StateKey == nil {
				missed = append(missed, evt)
			}
		}
		if ended || page.End == "" || page.End == from || len(page.Chunk) == 0 {
			break
		}
		from = page.End
	}
	slices.Reverse(missed)
	return missed, nil
}

// take decrypts one event and puts it into the batch, or keeps it until its key arrives.
func (l *Line) take(ctx context.Context, b *batch, room id.RoomID, evt *event.Event) error {
	if evt.Sender == l.me {
		return nil
	}
	l.counters.events.Add(1)
	// What was dealt with is not opened again: its key may be gone by now.
	if handled, err := l.store.Handled(ctx, evt.ID.String()); err != nil || handled {
		return err
	}
	raw, err := json.Marshal(evt)
	if err != nil {
		return fmt.Errorf("encoding event %s: %w", evt.ID, err)
	}
	clear, sealed, err := l.open(ctx, room, evt)
	switch {
	case err == nil:
		b.add(room, func(ctx context.Context) error { return l.handle(ctx, clear, sealed) })
	case noKeyYet(err):
		sess := evt.Content.AsEncrypted().SessionID
		l.counters.unreadable.Add(1)
		l.log.Debug().Stringer("session_id", sess).Msg("A message waits for its key")
		return l.store.PutLate(ctx, store.Late{Event: evt.ID.String(), Room: room.String(), Session: sess.String(), Raw: raw})
	case store.Failed(err) || ctx.Err() != nil:
		if store.Full(err) {
			l.sayFull(err)
		}
		return err // it comes again
	default:
		l.log.Debug().Err(err).Stringer("event_id", evt.ID).Msg("An event cannot be read and is left out")
	}
	return nil
}

// again tries events that waited for a key. What opens is handled and forgotten.
func (l *Line) again(ctx context.Context, b *batch, late []store.Late) {
	for _, entry := range late {
		var evt event.Event
		if err := json.Unmarshal(entry.Raw, &evt); err != nil {
			l.log.Warn().Err(err).Str("event_id", entry.Event).Msg("A kept event cannot be read")
			continue
		}
		room := id.RoomID(entry.Room)
		handled, err := l.store.Handled(ctx, entry.Event)
		if err != nil {
			l.log.Error().Err(err).Msg("A kept event cannot be looked up")
			continue
		}
		clear, sealed, err := l.open(ctx, room, &evt)
		if (noKeyYet(err) || store.Failed(err)) && !handled {
			continue
		}
		b.add(room, func(ctx context.Context) error {
			if err == nil {
				if err := l.handle(ctx, clear, sealed); err != nil {
					return err
				}
			}
			return l.store.DropLate(ctx, entry.Event)
		})
	}
}

// noKeyYet says whether an event may open later: its key has not come, or its sender withheld it. A key
// that the bot gave up does not come again.
func noKeyYet(err error) bool {
	if withheld, ok := errors.AsType[*event.RoomKeyWithheldEventContent](err); ok {
		return withheld.Code != event.RoomKeyWithheldBeeperRedacted
	}
	return errors.Is(err, crypto.ErrNoSessionFound) || errors.Is(err, olm.ErrUnknownMessageIndex)
}

// open parses an event and decrypts it if it is encrypted. Nothing that arrives makes it panic.
func (l *Line) open(ctx context.Context, room id.RoomID, evt *event.Event) (clear *event.Event, sealed sealed, err error) {
	defer func() {
		if p := recover(); p != nil {
			clear, err = nil, fmt.Errorf("event %s: panic: %v\n%s", evt.ID, p, debug.Stack())
		}
	}()
	if err := parse(evt, room); err != nil {
		return nil, sealed, err
	}
	if evt.Type.Type != event.EventEncrypted.Type {
		return evt, sealed, nil
	}
	clear, err = l.helper.Decrypt(ctx, evt)
	if err != nil {
		return nil, sealed, fmt.Errorf("decrypting event %s: %w", evt.ID, err)
	}
	content := evt.Content.AsEncrypted()
	sealed.session = content.SessionID
	if sealed.index, err = crypto.ParseMegolmMessageIndex(content.MegolmCiphertext); err != nil {
		return nil, sealed, fmt.Errorf("decrypting event %s: %w", evt.ID, err)
	}
	return clear, sealed, nil
}
