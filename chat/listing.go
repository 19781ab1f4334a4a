package chat

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// listing is what is still to be added to the bot's account data of direct rooms. The data is read
// and written as a whole: one at a time does it, for all that wait, and nobody's entry is lost.
type listing struct {
	writing sync.Mutex

	mu   sync.Mutex
	open map[id.RoomID]id.UserID
}

func (p *listing) add(rooms map[id.RoomID]id.UserID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open == nil {
		p.open = make(map[id.RoomID]id.UserID)
	}
	maps.Copy(p.open, rooms)
}

func (p *listing) take() map[id.RoomID]id.UserID {
	p.mu.Lock()
	defer p.mu.Unlock()
	rooms := p.open
	p.open = nil
	return rooms
}

// list adds a room to the bot's account data of direct rooms.
func (l *Line) list(ctx context.Context, person id.UserID, room id.RoomID) error {
	l.listing.add(map[id.RoomID]id.UserID{room: person})
	l.listing.writing.Lock()
	defer l.listing.writing.Unlock()
	rooms := l.listing.take()
	if len(rooms) == 0 {
		return nil // somebody else wrote it just now
	}
	if err := l.listAll(ctx, rooms); err != nil {
		l.listing.add(rooms)
		return err
	}
	return nil
}

func (l *Line) listAll(ctx context.Context, rooms map[id.RoomID]id.UserID) error {
	listed := make(event.DirectChatsEventContent)
	err := l.client.GetAccountData(ctx, event.AccountDataDirectChats.Type, &listed)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return fmt.Errorf("reading the list of direct rooms: %w", err)
	}
	changed := false
	for room, person := range rooms {
		if !slices.Contains(listed[person], room) {
			listed[person] = append(listed[person], room)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	if err := l.client.SetAccountData(ctx, event.AccountDataDirectChats.Type, listed); err != nil {
		return fmt.Errorf("writing the list of direct rooms: %w", err)
	}
	return nil
}
