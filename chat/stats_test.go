package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestStats(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	begun := time.Now()
	idle := open(t, hs, t.TempDir(), Config{Password: password})
	if s := idle.Stats(); !s.LastSync.IsZero() || s.Signed || s.Events != 0 {
		t.Errorf("before the start: %+v", s)
	}
	if err := idle.store.Close(); err != nil {
		t.Fatal(err)
	}
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	hs.say(room, anna, "hello")
	hs.event(room, anna, "m.room.encrypted", object{
		"algorithm": "m.megolm.v1.aes-sha2", "session_id": strings.Repeat("s", 43), "ciphertext": strings.Repeat("A", 80),
	})
	hs.say(room, anna, "bye")
	r.heard(t, "hello", "bye")
	if s := r.Stats(); s.LastSync.Before(begun) || !s.Signed || s.Events != 3 || s.Unreadable != 1 {
		t.Errorf("got %+v", s)
	}
	if err := r.Queue(t.Context(), Delivery{Key: "one", Room: room.id, Kind: "x"}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		counts, err := r.Deliveries(t.Context())
		if err == nil && counts["sent"] != 1 {
			err = fmt.Errorf("counted %v, want one that was sent", counts)
		}
		return err
	})
}

// TestCaughtUp: nobody has been heard to the end who waits to be dealt with, before the first look, or while the
// homeserver is away.
func TestCaughtUp(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := open(t, hs, t.TempDir(), Config{Password: password})
	if r.CaughtUp(time.Now()) {
		t.Error("nothing was asked for yet")
	}
	r.run(t)
	catchesUp := func(at time.Time) {
		t.Helper()
		eventually(t, func() error {
			if !r.CaughtUp(at) {
				return errors.New("not caught up")
			}
			return nil
		})
	}
	began := time.Now()
	catchesUp(began) // also by a quiet homeserver, which keeps the bot waiting
	waiting := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(waiting) })
	defer goOn()
	r.bot.mu.Lock()
	r.bot.onSaid = func(context.Context, Message) error {
		<-waiting
		return nil
	}
	r.bot.mu.Unlock()
	hs.say(room, anna, "hello")
	said := time.Now()
	eventually(t, func() error {
		if n := r.Stats().Events; n != 1 || r.CaughtUp(said) {
			return fmt.Errorf("%d messages came; caught up: %t", n, r.CaughtUp(said))
		}
		return nil
	})
	goOn()
	catchesUp(said)
	hs.mu.Lock()
	hs.fault = func(*http.Request) int { return http.StatusBadGateway }
	hs.mu.Unlock()
	away := time.Now()
	eventually(t, func() error {
		if n := r.pause.failures.Load(); n < 2 || r.CaughtUp(away) {
			return fmt.Errorf("%d requests failed; caught up: %t", n, r.CaughtUp(away))
		}
		return nil
	})
	hs.mu.Lock()
	hs.fault = nil
	hs.mu.Unlock()
	catchesUp(away)
}
