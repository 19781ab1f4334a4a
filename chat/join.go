package chat

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Anybody can invite the bot, also into rooms whose homeserver never answers.
const (
	// joinTries is how often the bot tries to follow an invitation, within half a minute of waits …
	joinTries = 7
	// … and this much time in all.
	joinTime = time.Minute
	// joinHold is how many seconds a sync token waits for the invitations that came with it, since
	// an invitation comes only once; after that it waits no more.
	joinHold = 5
	// joinsAtOnce bounds the requests that are open.
	joinsAtOnce = 8
)

// invitation is a way into a room.
type invitation struct {
	room   id.RoomID
	by     id.UserID // who invited the bot; empty: the room replaces one that the bot is in
	direct bool      // it is meant for the two
	via    string    // a server that knows the room
}

// invitationOf reads the bot's invitation in the state of a room that it may see before it enters.
func invitationOf(room id.RoomID, state []*event.Event, me id.UserID) (invitation, bool) {
	for _, evt := range state {
		if evt.Type.Type != event.StateMember.Type || evt.GetStateKey() != me.String() {
			continue
		}
		if rawMembership(&evt.Content) != event.MembershipInvite {
			return invitation{}, false
		}
		direct, _ := evt.Content.Raw["is_direct"].(bool)
		return invitation{room: room, by: evt.Sender, direct: direct}, true
	}
	return invitation{}, false
}

// join follows an invitation, beside the inbox: nothing that was said waits for it. What cannot be
// followed in time is left out.
func (in *inbox) join(b *batch, invited invitation) {
	l := in.line
	release := sync.OnceFunc(b.open.Done)
	defer release()
	defer time.AfterFunc(joinHold*l.second, release).Stop()
	ctx, cancel := context.WithTimeout(mautrix.WithMaxRetries(in.begin, 0), joinTime)
	defer cancel()
	var err error
	for n := 0; n < joinTries && ctx.Err() == nil; n++ {
		if err = in.joinOnce(ctx, invited); err == nil {
			return
		}
		_, wait := judge(err)
		select {
		case <-ctx.Done():
		case <-time.After(max(wait, l.backoff(n, 30))):
		}
	}
	if in.begin.Err() != nil {
		b.left.Store(true) // it comes again, unless its token was stored before
		return
	}
	l.log.Warn().AnErr("reason", plain(err)).Stringer("room_id", invited.room).Msg("An invitation could not be followed")
}

func (in *inbox) joinOnce(ctx context.Context, invited invitation) error {
	select {
	case in.joining <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-in.joining }()
	l := in.line
	welcome, err := l.welcome(ctx, invited)
	if err != nil {
		return err
	}
	if !welcome {
		return l.refuse(ctx, invited)
	}
	if invited.by != "" {
		l.invitations.Store(invited.room, invited)
	}
	if invited.via == "" {
		_, err = l.client.JoinRoomByID(ctx, invited.room)
	} else {
		_, err = l.client.JoinRoom(ctx, invited.room.String(), &mautrix.ReqJoinRoom{Via: []string{invited.via}})
	}
	if err != nil {
		return err
	}
	l.rooms.forget(invited.room)
	l.log.Info().Stringer("room_id", invited.room).Msg("Joined a room")
	if err := l.know(ctx, invited.room); err != nil {
		l.log.Warn().AnErr("reason", plain(err)).Msg("The state of a new room will be fetched later")
	}
	return nil
}

// welcome says whether an invitation is to be followed: by whom the configuration allows, and into a
// direct chat by anybody who is in a group with the bot.
func (l *Line) welcome(ctx context.Context, invited invitation) (bool, error) {
	if invited.by == "" || l.cfg.allows(invited.by) {
		return true, nil
	}
	if !invited.direct {
		return false, nil
	}
	return l.sharesGroup(ctx, invited.by)
}

// sharesGroup says whether somebody is in a group that the bot is in.
func (l *Line) sharesGroup(ctx context.Context, person id.UserID) (bool, error) {
	joined, err := l.client.JoinedRooms(ctx)
	if err != nil {
		return false, fmt.Errorf("listing the bot's rooms: %w", err)
	}
	direct, err := l.store.DirectRooms(ctx)
	if err != nil {
		return false, err
	}
	for _, room := range joined.JoinedRooms {
		if slices.Contains(direct, room.String()) {
			continue
		}
		membership, err := l.membership(ctx, room, person)
		if err != nil {
			return false, err
		}
		if membership == event.MembershipJoin {
			return true, nil
		}
	}
	return false, nil
}

// RefusalKind is the kind of a delivery that is never queued: [Handler.Compose] is asked for the reason why
// the bot does not enter a room into which Person invited it.
const RefusalKind = "chat.refusal"

// refuse turns an invitation down and says why: in the refusal itself, which not every client shows, and to
// whom the bot knows from a group by the handler.
func (l *Line) refuse(ctx context.Context, invited invitation) error {
	reason, err := l.handler.Compose(ctx, Delivery{Kind: RefusalKind, Person: invited.by.String()})
	if err != nil {
		return fmt.Errorf("composing why a room is not entered: %w", err)
	}
	known, err := l.sharesGroup(ctx, invited.by)
	if err != nil {
		return err
	}
	if known {
		n := Notice{Kind: Refused, ID: invited.room.String(), Room: invited.room.String(), Person: invited.by.String()}
		if err := l.notice(ctx, n); err != nil {
			return err
		}
	}
	if _, err := l.client.LeaveRoom(ctx, invited.room, &mautrix.ReqLeave{Reason: reason.Plain}); err != nil {
		return err
	}
	l.log.Info().Stringer("room_id", invited.room).Msg("Turned an invitation down: matrix.inviters does not allow it")
	return nil
}
