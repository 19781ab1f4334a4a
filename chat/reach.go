package chat

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Reach says whether somebody can be reached in their direct room now, and if not, why.
type Reach int

// How far somebody can be reached.
const (
	NotMet   Reach = iota // there is no room yet
	Invited               // they have not accepted the invitation
	Declined              // they turned it down, or left
	Blocked               // they let nobody, or not the bot, invite them
	NoDevice              // they have no device at all
	Unsigned              // none of their devices is signed by its owner
	Reachable
)

// inviteBlocked is what a homeserver says on behalf of somebody who wants no invitation.
var inviteBlocked = mautrix.RespError{ErrCode: "M_INVITE_BLOCKED"}

// Reach asks the homeserver how somebody can be reached now, with the trust in devices that a secret asks
// for. Whoever could not be invited is invited once more, and what waits for them is tried at once.
func (l *Line) Reach(ctx context.Context, person string) (Reach, error) {
	ctx, err := l.online(ctx)
	if err != nil {
		return NotMet, err
	}
	direct, err := l.store.Direct(ctx, person)
	if err != nil || direct == nil {
		return NotMet, err
	}
	if err := l.retry(ctx, personRoute(person)); err != nil {
		return NotMet, err
	}
	user, room := id.UserID(person), id.RoomID(direct.Room)
	membership, err := l.membership(ctx, room, user)
	if err != nil {
		return NotMet, err
	}
	switch membership {
	case event.MembershipJoin:
		return l.reachDevices(ctx, user)
	case event.MembershipInvite:
		return Invited, nil
	case event.MembershipLeave:
		return Declined, nil
	case event.MembershipBan:
		return Blocked, nil
	}
	ctx = mautrix.WithMaxRetries(ctx, 0)
	switch err := l.furnish(ctx, user, room, direct.Invited); {
	case err == nil:
		return Invited, nil
	case errors.Is(err, inviteBlocked):
		return Blocked, nil
	case limited(err):
		l.slowDown(ctx, err)
		return NotMet, nil
	case errors.Is(err, errInvite), errors.Is(err, errInvited):
		return NotMet, nil // the homeserver says nothing about the person
	default:
		return NotMet, err
	}
}

// membership asks whether somebody is in a direct room. A room that the bot is not in any more is none.
func (l *Line) membership(ctx context.Context, room id.RoomID, user id.UserID) (event.Membership, error) {
	var content event.MemberEventContent
	err := l.client.StateEvent(ctx, room, event.StateMember, user.String(), &content)
	if kind, _ := judge(err); kind == failurePermanent {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("asking whether somebody is in a direct room: %w", err)
	}
	return content.Membership, nil
}

// reachDevices asks for somebody's devices.
func (l *Line) reachDevices(ctx context.Context, user id.UserID) (Reach, error) {
	mach := l.helper.Machine()
	devices, err := mach.FetchKeys(ctx, []id.UserID{user}, true)
	if err != nil {
		return NotMet, fmt.Errorf("asking for devices: %w", err)
	}
	reach := NoDevice
	for _, device := range devices[user] {
		reach = Unsigned
		trust, err := mach.ResolveTrustContext(ctx, device)
		if err != nil {
			return NotMet, fmt.Errorf("looking up whether a device is signed: %w", err)
		}
		if trust >= strictTrust {
			return Reachable, nil
		}
	}
	return reach, nil
}
