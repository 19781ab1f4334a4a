package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// entered deals with the bot's own join, once per join: the room is somebody's direct chat with it, or
// takes the place of a group's older room, or is a group.
func (l *Line) entered(ctx context.Context, room id.RoomID, join *event.Event) error {
	return l.once(ctx, "entered "+join.ID.String(), func(ctx context.Context) error {
		state, err := l.state(ctx, room)
		if kind, _ := judge(err); kind == failurePermanent {
			return nil // the bot is out again
		}
		if err != nil {
			return err
		}
		created := state[event.StateCreate][""]
		own, err := l.isDirect(ctx, room)
		if err != nil || own || created == nil || created.Sender == l.me {
			return err
		}
		invited := l.invitation(room, join)
		if invited.direct {
			adopted, err := l.adopt(ctx, invited.by.String(), room.String())
			switch {
			case adopted:
				return l.notice(ctx, Notice{Kind: Met, ID: join.ID.String(), Room: room.String(), Person: invited.by.String()})
			case err == nil:
				return nil // they have another one, and are in it
			case !errors.Is(err, ErrInClear) && !errors.Is(err, ErrNotTwo):
				return err
			}
		}
		old := created.Content.AsCreate().GetPredecessor().RoomID
		replaces, err := l.replaces(ctx, old, room)
		if err != nil {
			return err
		}
		if replaces {
			return l.moved(ctx, old, room)
		}
		return l.notice(ctx, Notice{Kind: Joined, ID: join.ID.String(), Room: room.String(), Person: invited.by.String()})
	})
}

// invitation is what the bot knows of how it came to be invited into a room.
func (l *Line) invitation(room id.RoomID, join *event.Event) invitation {
	if known, ok := l.invitations.LoadAndDelete(room); ok {
		return known.(invitation)
	}
	invited := invitation{room: room, by: join.Unsigned.PrevSender}
	if before := join.Unsigned.PrevContent; before != nil && rawMembership(before) == event.MembershipInvite {
		invited.direct, _ = before.Raw["is_direct"].(bool)
	}
	if invited.by == "" {
		invited.direct = false
	}
	return invited
}

// isDirect says whether a room is a lasting direct room.
func (l *Line) isDirect(ctx context.Context, room id.RoomID) (bool, error) {
	rooms, err := l.store.DirectRooms(ctx)
	return slices.Contains(rooms, room.String()), err
}

// replaces says whether a group's older room itself names the newer one: the newer could name any.
func (l *Line) replaces(ctx context.Context, old, newer id.RoomID) (bool, error) {
	if old == "" {
		return false, nil
	}
	var stone event.TombstoneEventContent
	err := l.client.StateEvent(ctx, old, event.StateTombstone, "", &stone)
	if kind, _ := judge(err); kind == failurePermanent {
		return false, nil
	}
	return err == nil && stone.ReplacementRoom == newer, err
}

// Successor is the room that a group's room says it was replaced by, and who made it say so; both are empty if it
// was not. It is [ErrShut] if the homeserver does not say that to the account.
func (l *Line) Successor(ctx context.Context, room string) (to, by string, err error) {
	ctx, err = l.online(ctx)
	if err != nil {
		return "", "", err
	}
	var stone event.TombstoneEventContent
	err = l.client.StateEvent(ctx, id.RoomID(room), event.StateTombstone, "", &stone)
	if errors.Is(err, mautrix.MNotFound) || err == nil && stone.ReplacementRoom == "" {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("asking whether %s was replaced: %w", room, shut(err))
	}
	state, err := l.state(ctx, id.RoomID(room)) // which names the sender
	if err != nil {
		return "", "", fmt.Errorf("asking who replaced %s: %w", room, shut(err))
	}
	evt := state[event.StateTombstone][""]
	if evt == nil {
		return "", "", nil // it was taken back just now
	}
	to, _ = evt.Content.Raw["replacement_room"].(string)
	return to, evt.Sender.String(), nil
}

// Stay has the line stay in the older rooms of groups that move, for what is said there. It is called before [Line.Run].
func (l *Line) Stay() { l.stays = true }

// moved goes on in a group's newer room, and leaves the older one.
func (l *Line) moved(ctx context.Context, old, newer id.RoomID) error {
	err := l.store.MoveOutgoing(ctx, old.String(), newer.String(), roomRoute(old.String()), roomRoute(newer.String()))
	if err != nil {
		return err
	}
	err = l.notice(ctx, Notice{Kind: Moved, ID: old.String() + " " + newer.String(), Room: old.String(), To: newer.String()})
	if err != nil {
		return err
	}
	l.log.Info().Stringer("room_id", newer).Msg("A group moved into another room")
	if l.stays {
		return nil
	}
	if _, err := l.client.LeaveRoom(ctx, old); err != nil {
		l.log.Debug().AnErr("reason", plain(err)).Msg("The older room cannot be left")
	}
	return nil
}

// came deals with somebody who joined: into their direct room, it matters.
func (l *Line) came(ctx context.Context, room id.RoomID, join *event.Event) error {
	person := join.GetStateKey()
	direct, err := l.store.Direct(ctx, person)
	if err != nil || direct == nil || direct.Room != room.String() {
		return err
	}
	return l.once(ctx, "came "+join.ID.String(), func(ctx context.Context) error {
		err := l.notice(ctx, Notice{Kind: Met, ID: join.ID.String(), Room: room.String(), Person: person})
		return errors.Join(err, l.newDevices(ctx, id.UserID(person)))
	})
}

// went deals with somebody who left: the bot does not stay behind alone in a group.
func (l *Line) went(ctx context.Context, room id.RoomID, leave *event.Event) error {
	direct, err := l.isDirect(ctx, room)
	if err != nil || direct {
		return err
	}
	return l.once(ctx, "went "+leave.ID.String(), func(ctx context.Context) error {
		state, err := l.state(ctx, room)
		if kind, _ := judge(err); kind == failurePermanent {
			return nil
		}
		if err != nil {
			return err
		}
		created := state[event.StateCreate][""]
		if created == nil || created.Sender == l.me {
			return nil
		}
		for user, evt := range state[event.StateMember] {
			m := rawMembership(&evt.Content)
			if user != l.me.String() && (m == event.MembershipJoin || m == event.MembershipInvite) {
				return nil
			}
		}
		if _, err := l.client.LeaveRoom(ctx, room); err != nil {
			return err
		}
		l.log.Info().Stringer("room_id", room).Msg("Left a room that nobody else is in")
		return l.notice(ctx, Notice{Kind: Left, ID: leave.ID.String(), Room: room.String()})
	})
}

// removed deals with the bot's own leave by somebody else's hand.
func (l *Line) removed(ctx context.Context, room id.RoomID, leave *event.Event) error {
	direct, err := l.isDirect(ctx, room)
	if err != nil || direct {
		return err
	}
	return l.notice(ctx, Notice{Kind: Left, ID: leave.ID.String(), Room: room.String()})
}

// newDevices looks whether somebody has a signed device that the last secret was not encrypted for. The
// next one is then encrypted anew, for all of them.
func (l *Line) newDevices(ctx context.Context, person id.UserID) error {
	direct, err := l.store.Direct(ctx, person.String())
	if err != nil || direct == nil || direct.Session == "" {
		return err
	}
	device, err := l.missed(ctx, person, id.SessionID(direct.Session), true)
	if err != nil || device == nil {
		return err
	}
	if err := l.keys.RemoveOutboundGroupSession(ctx, id.RoomID(direct.Room)); err != nil {
		return err
	}
	return l.notice(ctx, Notice{
		Kind: NewDevice, ID: device.DeviceID.String() + " " + direct.Session, Room: direct.Room, Person: person.String(),
	})
}

// patience is how often something is tried while the homeserver is away: about a quarter of an hour.
const patience = 36

// patient does something that needs the homeserver, and waits while that does not answer.
func (l *Line) patient(ctx context.Context, do func(context.Context) error) error {
	for n := 0; ; n++ {
		err := do(mautrix.WithMaxRetries(ctx, 0))
		kind, wait := judge(err)
		if err == nil || kind != failureAway || n == patience {
			return err
		}
		if limited(err) {
			l.counters.limited.Add(int64(wait))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(wait, l.backoff(n, 30))):
		}
	}
}
