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

// errNotAlone means that a direct room holds somebody else than the bot and the person, not both of
// them, or is not encrypted.
var errNotAlone = errors.New("the direct room is not only for the two")

// direct returns a person's lasting direct room, which the homeserver, asked now, calls encrypted
// and in which nobody is joined or invited but the bot and the person. If the room is not so any
// more, a new one takes its place; if that one is not so from the beginning, none takes its place.
func (l *Line) direct(ctx context.Context, person id.UserID) (id.RoomID, error) {
	known, err := l.store.Direct(ctx, person.String())
	if err != nil {
		return "", err
	}
	if known != nil {
		room := id.RoomID(known.Room)
		err := l.furnish(ctx, person, room, known.Invited)
		if err == nil {
			l.replaced.Delete(person)
			return room, nil
		}
		if kind, _ := judge(err); !errors.Is(err, errNotAlone) && kind != failurePermanent {
			return "", err
		}
		// The person may have shut the door: a new room would not open it.
		if errors.Is(err, errInvite) {
			return "", err
		}
		if _, again := l.replaced.Load(person); again {
			return "", fmt.Errorf("a new direct room is no better than the one before: %w", err)
		}
	}
	if known != nil {
		l.replaced.Store(person, true)
	}
	room, err := l.make(ctx, person)
	if err != nil {
		return "", err
	}
	if err := l.furnish(ctx, person, room, false); err != nil {
		return "", err
	}
	l.replaced.Delete(person)
	return room, nil
}

var (
	// errInvite means that the person cannot be invited.
	errInvite = errors.New("the person cannot be invited")
	// errInvited means that the person was invited, and the homeserver does not say so yet.
	errInvited = errors.New("the invitation has not arrived yet")
)

// furnish checks a direct room and invites the person if they are not in it.
func (l *Line) furnish(ctx context.Context, person id.UserID, room id.RoomID, listed bool) error {
	in, err := l.inside(ctx, room)
	if err != nil {
		return err
	}
	if !slices.Contains(in, person) {
		if in, err = l.invite(ctx, person, room); err != nil {
			return err
		}
	}
	if !onlyThe(in, person, l.me) {
		return errNotAlone
	}
	encrypted, err := l.encrypted(ctx, room)
	if err != nil && !errors.Is(err, errCipher) {
		return err
	}
	if !encrypted {
		return errNotAlone
	}
	if listed {
		return nil
	}
	if err := l.list(ctx, person, room); err != nil {
		return err
	}
	return l.store.InvitedDirect(ctx, person.String(), room.String())
}

// onlyThe says whether the users are exactly these two.
func onlyThe(users []id.UserID, a, b id.UserID) bool {
	return len(users) == 2 && a != b && slices.Contains(users, a) && slices.Contains(users, b)
}

// invite invites the person and returns who is inside when that has arrived.
func (l *Line) invite(ctx context.Context, person id.UserID, room id.RoomID) ([]id.UserID, error) {
	_, err := l.client.SendStateEvent(ctx, room, event.StateMember, person.String(), &event.MemberEventContent{
		Membership: event.MembershipInvite,
		IsDirect:   true,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errInvite, err)
	}
	l.rooms.turn(room)
	l.passed(ctx, inviting)
	if err := l.helper.Machine().CryptoStore.RemoveOutboundGroupSession(ctx, room); err != nil {
		return nil, fmt.Errorf("dropping the key of a direct room: %w", err)
	}
	// The homeserver may need a moment until its list of members has them.
	for n := range inviteLooks {
		in, err := l.inside(ctx, room)
		if err != nil || slices.Contains(in, person) {
			return in, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(l.backoff(n, 1) / 20):
		}
	}
	return nil, errInvited
}

// inviteLooks is how often the homeserver is asked whether an invitation has arrived.
const inviteLooks = 12

// inside lists who is joined or invited, as the homeserver says now.
func (l *Line) inside(ctx context.Context, room id.RoomID) ([]id.UserID, error) {
	members, err := l.client.Members(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("listing who is in a direct room: %w", err)
	}
	var in []id.UserID
	for _, evt := range members.Chunk {
		content, ok := evt.Content.Parsed.(*event.MemberEventContent)
		if ok && (content.Membership == event.MembershipJoin || content.Membership == event.MembershipInvite) {
			in = append(in, id.UserID(evt.GetStateKey()))
		}
	}
	return in, nil
}

// directRoom is an empty encrypted room in which only the bot can invite, change state, remove
// people, or redact what others said. What was said before somebody joined is for those who were
// invited then, and their clients hand its keys to nobody.
func directRoom(person id.UserID) *mautrix.ReqCreateRoom {
	all := 100
	state := func(kind event.Type, content any) *event.Event {
		return &event.Event{Type: kind, Content: event.Content{Parsed: content}}
	}
	return &mautrix.ReqCreateRoom{
		Preset:          "private_chat",
		IsDirect:        true,
		CreationContent: map[string]any{forKey: person},
		InitialState: []*event.Event{
			state(event.StateEncryption, &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}),
			state(event.StateHistoryVisibility, &event.HistoryVisibilityEventContent{HistoryVisibility: event.HistoryVisibilityInvited}),
			state(event.StateGuestAccess, &event.GuestAccessEventContent{GuestAccess: event.GuestAccessForbidden}),
		},
		PowerLevelOverride: &event.PowerLevelsEventContent{
			Events:          map[string]int{event.StateEncryption.Type: all, event.StatePowerLevels.Type: all},
			StateDefaultPtr: &all,
			InvitePtr:       &all,
			KickPtr:         &all,
			BanPtr:          &all,
			RedactPtr:       &all,
		},
	}
}
