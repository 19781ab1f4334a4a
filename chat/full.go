package chat

import (
	"context"
	"time"

	"stimmbote/store"
)

// waitForRoom does something that the database must keep, again and again while the disk is full: nothing
// that arrived is left out for that. The first time is logged, and the end.
func (l *Line) waitForRoom(ctx context.Context, do func(context.Context) error) error {
	for n := 0; ; n++ {
		err := do(ctx)
		if !store.Full(err) {
			if n > 0 && l.full.CompareAndSwap(true, false) {
				l.log.Info().Msg("The disk has room again")
			}
			return err
		}
		l.sayFull(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(l.backoff(n, 15)):
		}
	}
}

func (l *Line) sayFull(err error) {
	if l.full.CompareAndSwap(false, true) {
		l.log.Error().Err(err).Msg("The disk is full: what arrives waits until there is room")
	}
}
