package bot

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/rs/zerolog"
)

// job is something slow that is done beside everything else: the count of a poll does not hold
// up another group.
type job struct {
	running  bool
	failures int
	at       time.Time // not tried again before
}

const (
	firstRetry = 15 * time.Second
	lastRetry  = time.Hour
)

// work does something slow in a goroutine of its own, under a name at most once at a time. When
// it fails it is tried again later, longer each time. Run waits for it.
func (b *Bot) work(ctx context.Context, name string, next *time.Time, do func(ctx context.Context, failures int) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	j := b.jobs[name]
	switch {
	case j == nil:
		j = &job{}
		b.jobs[name] = j
	case j.running:
		return
	case j.at.After(b.Now()):
		*next = earlier(*next, j.at)
		return
	}
	j.running = true
	failures := j.failures
	b.working.Go(func() {
		err := b.guard(ctx, func() error { return do(ctx, failures) })
		if err != nil && ctx.Err() == nil {
			zerolog.Ctx(ctx).Err(err).Str("work", name).Msg("Trying again later")
		}
		b.mu.Lock()
		defer b.mu.Unlock()
		j.running = false
		if err == nil {
			delete(b.jobs, name)
		} else {
			j.at = b.Now().Add(min(firstRetry<<min(j.failures, 20), lastRetry))
			j.failures++
		}
		b.awake()
	})
}

// guard turns a panic into an error, so that nothing that is said can stop the bot.
func (b *Bot) guard(ctx context.Context, do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			zerolog.Ctx(ctx).Error().Bytes("stack", debug.Stack()).Msg("Panic")
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return do()
}
