package chat

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// Why a room to which somebody invited the bot does not become their direct room. Whoever opened it can
// be told so.
var (
	ErrInClear = errors.New("the room is not encrypted")
	ErrNotTwo  = errors.New("somebody else is or may come into the room")
)

// adopt makes a room, to which a person invited the bot and which it has joined, their lasting direct room,
// if it is encrypted and exactly the two are in it. False without an error means that they have one already.
func (l *Line) adopt(ctx context.Context, person, room string) (bool, error) {
	user, where := id.UserID(person), id.RoomID(room)
	known, err := l.store.Direct(ctx, person)
	if err != nil {
		return false, err
	}
	if known != nil && known.Room == room {
		return true, nil
	}
	if known != nil {
		in, err := l.membership(ctx, id.RoomID(known.Room), user)
		if err != nil || in == event.MembershipJoin {
			return false, err
		}
	}
	if err := l.fits(ctx, user, where); err != nil {
		return false, err
	}
	if err := l.list(ctx, user, where); err != nil {
		return false, err
	}
	// A key from before the person was known to be alone here is not used.
	if err := l.helper.Machine().CryptoStore.RemoveOutboundGroupSession(ctx, where); err != nil {
		return false, fmt.Errorf("dropping the key of a direct room: %w", err)
	}
	if err := l.store.PutDirect(ctx, store.Direct{Person: person, Room: room, Invited: true}); err != nil {
		return false, err
	}
	return true, l.retry(ctx, personRoute(person))
}

// fits says whether a room can be the direct room of a person, as the homeserver says now.
func (l *Line) fits(ctx context.Context, person id.UserID, room id.RoomID) error {
	encrypted, err := l.encrypted(ctx, room)
	if err != nil && !errors.Is(err, errCipher) {
		return err
	}
	if !encrypted {
		return ErrInClear
	}
	in, err := l.inside(ctx, room)
	if kind, _ := judge(err); kind == failurePermanent {
		return ErrNotTwo // the bot is out again
	}
	if err != nil {
		return err
	}
	if !onlyThe(in, person, l.me) {
		return ErrNotTwo
	}
	if joined, err := l.membership(ctx, room, person); err != nil || joined != event.MembershipJoin {
		return errors.Join(ErrNotTwo, err)
	}
	var rules event.JoinRulesEventContent
	err = l.client.StateEvent(ctx, room, event.StateJoinRules, "", &rules)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return fmt.Errorf("asking who may come into a room: %w", err)
	}
	if err == nil && rules.JoinRule != event.JoinRuleInvite && rules.JoinRule != event.JoinRulePrivate {
		return ErrNotTwo
	}
	var history event.HistoryVisibilityEventContent
	err = l.client.StateEvent(ctx, room, event.StateHistoryVisibility, "", &history)
	if err != nil && !errors.Is(err, mautrix.MNotFound) {
		return fmt.Errorf("asking who may read a room: %w", err)
	}
	if history.HistoryVisibility == event.HistoryVisibilityWorldReadable {
		return ErrNotTwo
	}
	l.rooms.forget(room)
	return l.know(ctx, room)
}
