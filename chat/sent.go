package chat

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Why it cannot be said for certain that something was not sent.
var (
	ErrHistoryLong   = errors.New("more was said since than is looked through")
	ErrHistoryErased = errors.New("something that this account said was removed, and nobody knows what it was")
	ErrHistoryGone   = errors.New("what was said since cannot be read to its beginning")
)

const (
	sentPages = 100 // of a group's history are looked through at most
	sentPage  = 100 // events of each
)

// Sent looks in a group's history, back to an event that was there before, whether a delivery stands there already,
// whatever the store knows of it: a program that was started from a backup may have sent what it does not remember.
// The rooms are those that the group was in since, the newest first. Times say nothing: anybody may have written any.
// Where it cannot be certain that nothing was sent it says one of the errors above. The homeserver could hide it.
func (l *Line) Sent(ctx context.Context, rooms []string, key, after string) (bool, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return false, err
	}
	look := lookBack{line: l, mark: transaction(key), key: key, after: id.EventID(after), pages: l.lookBack}
	for _, room := range rooms {
		if err := look.through(ctx, id.RoomID(room)); err != nil || look.found {
			return look.found, err
		}
		if look.arrived {
			return false, look.doubt
		}
	}
	return false, ErrHistoryGone
}

// lookBack looks for what was sent, from what was said last back to an event.
type lookBack struct {
	line      *Line
	mark, key string
	after     id.EventID
	pages     int // that it may still read

	found   bool
	arrived bool  // at the event
	doubt   error // what speaks against being certain
}

// through looks through a room, back to the event or the room's beginning.
func (s *lookBack) through(ctx context.Context, room id.RoomID) error {
	for from := ""; ; {
		if s.pages == 0 {
			return ErrHistoryLong
		}
		s.pages--
		page, err := s.line.client.Messages(ctx, room, from, "", mautrix.DirectionBackward, nil, sentPage)
		if kind, _ := judge(err); kind == failurePermanent {
			return fmt.Errorf("%w: %w", ErrHistoryGone, err)
		}
		if err != nil {
			return fmt.Errorf("looking through the history of %s: %w", room, err)
		}
		for _, evt := range page.Chunk {
			begins := evt.Type.Type == event.StateCreate.Type && evt.StateKey != nil
			s.arrived = evt.ID == s.after
			if begins || s.arrived {
				return nil
			}
			if err := s.event(ctx, evt); err != nil || s.found {
				return err
			}
		}
		if page.End == "" || page.End == from {
			return ErrHistoryGone // there is a gap before the room's beginning
		}
		from = page.End
	}
}

// event looks at one event. One of this account's that was emptied may have been the one that is looked for, unless
// the store knows what it was.
func (s *lookBack) event(ctx context.Context, evt *event.Event) error {
	if evt.Sender != s.line.me || evt.StateKey != nil {
		return nil
	}
	if evt.Content.Raw[markKey] == s.mark {
		s.found = true
		return nil
	}
	if evt.Unsigned.RedactedBecause == nil && len(evt.Content.Raw) > 0 {
		return nil
	}
	key, err := s.line.store.SentAs(ctx, evt.ID.String())
	if err == nil && (key == "" || key == s.key) {
		s.doubt = ErrHistoryErased
	}
	return err
}
