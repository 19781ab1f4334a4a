package chat

import (
	"context"
	"fmt"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"
)

const (
	sentPages = 100 // of a room's history are looked through at most
	sentPage  = 100 // events of each
)

// Sent looks in a room's history, back to a time, whether a delivery stands there already, whatever the
// store knows of it: a program that was started from a backup may have sent what it does not remember. The
// homeserver could hide it.
func (l *Line) Sent(ctx context.Context, room, key string, since time.Time) (bool, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return false, err
	}
	from := ""
	for range sentPages {
		page, err := l.client.Messages(ctx, id.RoomID(room), from, "", mautrix.DirectionBackward, nil, sentPage)
		if err != nil {
			return false, fmt.Errorf("looking through the history of %s: %w", room, err)
		}
		for _, evt := range page.Chunk {
			if evt.Sender == l.me && evt.Content.Raw[markKey] == transaction(key) {
				return true, nil
			}
			if l.clock.here(time.UnixMilli(evt.Timestamp)).Before(since) {
				return false, nil
			}
		}
		if page.End == "" || page.End == from {
			return false, nil
		}
		from = page.End
	}
	return false, nil
}
