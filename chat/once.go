package chat

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	"stimmbote/store"
)

// notice tells the handler what happened, unless it was told before.
func (l *Line) notice(ctx context.Context, n Notice) error {
	return l.once(ctx, "notice "+strconv.Itoa(int(n.Kind))+" "+n.ID, func(ctx context.Context) error {
		return l.handler.Noticed(ctx, n)
	})
}

// once does what an event asks for, unless that was done before. What cannot be done is tried again and
// then left out, so that it does not come for ever; while the homeserver is away, it waits.
func (l *Line) once(ctx context.Context, name string, do func(context.Context) error) error {
	handled, err := l.store.Handled(ctx, name)
	if err != nil || handled {
		return err
	}
	log := l.log.With().Str("event", name).Logger()
	for {
		n, err := l.store.TryEvent(ctx, name)
		if err != nil {
			return err
		}
		if n > handleTries {
			log.Error().Int("tries", handleTries).Msg("An event cannot be handled and is left out")
			return l.store.MarkHandled(ctx, name)
		}
		err = l.patient(log.WithContext(ctx), func(ctx context.Context) error { return guarded(ctx, do) })
		if err == nil {
			return l.store.MarkHandled(ctx, name)
		}
		if ctx.Err() != nil || store.Full(err) {
			return errors.Join(err, l.store.UntryEvent(context.WithoutCancel(ctx), name))
		}
		log.Error().AnErr("reason", plain(err)).Int("try", n).Msg("An event was not handled")
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(l.backoff(n-1, 1)):
		}
	}
}

// guarded turns a panic into an error with its stack.
func guarded(ctx context.Context, do func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do(ctx)
}
