package chat

import (
	"context"
	"fmt"
	"slices"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// forKey names, in the event that creates a direct room, whom it is for: the homeserver has no other
// way to say, to a program that died or lost its answer, that the room is there already.
const forKey = "stimmbote.direct"

// make makes an empty direct room for a person and stores it. Nobody but the bot is ever in a room
// that is not stored. One that was made before, without the bot getting to know of it, is used.
func (l *Line) make(ctx context.Context, person id.UserID) (id.RoomID, error) {
	begun, err := l.store.BeginDirect(ctx, person.String())
	if err != nil {
		return "", err
	}
	var room id.RoomID
	if begun {
		if room, err = l.madeBefore(ctx, person); err != nil {
			return "", err
		}
	}
	if room == "" {
		created, err := l.client.CreateRoom(ctx, directRoom(person))
		if kind, _ := judge(err); kind == failurePermanent || limited(err) {
			if err := l.store.EndDirect(ctx, person.String()); err != nil {
				return "", err
			}
		}
		if err != nil {
			return "", fmt.Errorf("creating a direct room: %w", err)
		}
		l.passed(ctx, making)
		room = created.RoomID
	}
	return room, l.store.PutDirect(ctx, store.Direct{Person: person.String(), Room: room.String()})
}

// madeBefore looks among the bot's rooms for a direct room that was made for a person and is nobody's yet.
func (l *Line) madeBefore(ctx context.Context, person id.UserID) (id.RoomID, error) {
	nobodys, err := l.nobodys(ctx)
	if err != nil {
		return "", err
	}
	for room, owner := range nobodys {
		if owner == person {
			return room, nil
		}
	}
	return "", nil
}

// nobodys lists the direct rooms that were made and not stored, with whom they were made for. The bot
// is alone in them.
func (l *Line) nobodys(ctx context.Context) (map[id.RoomID]id.UserID, error) {
	joined, err := l.client.JoinedRooms(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing the bot's rooms: %w", err)
	}
	stored, err := l.store.DirectRooms(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[id.RoomID]id.UserID)
	for _, room := range joined.JoinedRooms {
		if _, other := l.otherRooms.Load(room); other || slices.Contains(stored, room.String()) {
			continue
		}
		state, err := l.state(ctx, room)
		if kind, _ := judge(err); kind == failurePermanent {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("fetching a room's state: %w", err)
		}
		if person := l.madeFor(state); person != "" {
			found[room] = person
		} else {
			l.otherRooms.Store(room, true)
		}
	}
	return found, nil
}

// madeFor is for whom the bot made a direct room in which it is alone, empty if this is none.
func (l *Line) madeFor(state mautrix.RoomStateMap) id.UserID {
	created := state[event.StateCreate][""]
	if created == nil || created.Sender != l.me {
		return ""
	}
	for user, evt := range state[event.StateMember] {
		if m := rawMembership(&evt.Content); user != l.me.String() && (m == event.MembershipJoin || m == event.MembershipInvite) {
			return ""
		}
	}
	person, _ := created.Content.Raw[forKey].(string)
	return id.UserID(person)
}

// leaveNobodys leaves the direct rooms that were made twice, because an answer was lost, and serve nobody.
func (l *Line) leaveNobodys(ctx context.Context) error {
	nobodys, err := l.nobodys(ctx)
	if err != nil {
		return err
	}
	for room, person := range nobodys {
		known, err := l.store.Direct(ctx, person.String())
		if err != nil {
			return err
		}
		if known == nil || known.Room == room.String() {
			continue // it is about to be used
		}
		if _, err := l.client.LeaveRoom(ctx, room); err != nil {
			return fmt.Errorf("leaving a direct room that serves nobody: %w", err)
		}
	}
	return nil
}
