package chat

import (
	"context"
	"sync"
	"time"

	"maunium.net/go/mautrix"
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

// join follows an invitation, beside the inbox: nothing that was said waits for it. What cannot be
// followed in time is left out.
func (in *inbox) join(b *batch, room id.RoomID) {
	l := in.line
	release := sync.OnceFunc(b.open.Done)
	defer release()
	defer time.AfterFunc(joinHold*l.second, release).Stop()
	ctx, cancel := context.WithTimeout(mautrix.WithMaxRetries(in.begin, 0), joinTime)
	defer cancel()
	var err error
	for n := 0; n < joinTries && ctx.Err() == nil; n++ {
		if err = in.joinOnce(ctx, room); err == nil {
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
	l.log.Warn().AnErr("reason", plain(err)).Stringer("room_id", room).Msg("An invitation could not be followed")
}

func (in *inbox) joinOnce(ctx context.Context, room id.RoomID) error {
	select {
	case in.joining <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-in.joining }()
	l := in.line
	if _, err := l.client.JoinRoomByID(ctx, room); err != nil {
		return err
	}
	l.rooms.forget(room)
	l.log.Info().Stringer("room_id", room).Msg("Joined a room")
	if err := l.know(ctx, room); err != nil {
		l.log.Warn().AnErr("reason", plain(err)).Msg("The state of a new room will be fetched later")
	}
	return nil
}
