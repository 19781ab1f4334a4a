package chat

import (
	"context"
	"time"

	"maunium.net/go/mautrix/id"
)

// joinTries is how often the bot tries to follow an invitation.
const joinTries = 5

// join follows an invitation. An invitation comes only once: what refuses for good is left out.
func (l *Line) join(ctx context.Context, room id.RoomID) error {
	for n := 0; ; n++ {
		_, err := l.client.JoinRoomByID(ctx, room)
		if err == nil {
			l.rooms.forget(room)
			l.log.Info().Stringer("room_id", room).Msg("Joined a room")
			if err := l.know(ctx, room); err != nil {
				l.log.Warn().AnErr("reason", plain(err)).Msg("The state of a new room will be fetched later")
			}
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		kind, wait := judge(err)
		if n+1 >= joinTries && kind != failureAway {
			l.log.Warn().AnErr("reason", plain(err)).Stringer("room_id", room).Msg("An invitation could not be followed")
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(wait, l.backoff(n, 30))):
		}
	}
}
