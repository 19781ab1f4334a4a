package chat

import (
	"context"
	"fmt"
	"net/http"
	"strings"
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
	becomes := func(want bool, at func() time.Time) {
		t.Helper()
		eventually(t, func() error {
			if got := r.CaughtUp(at()); got != want {
				return fmt.Errorf("caught up: %v", got)
			}
			return nil
		})
	}
	becomes(true, time.Now) // a quiet homeserver keeps the bot waiting
	began := time.Now()
	goOn := make(chan struct{})
	r.bot.mu.Lock()
	r.bot.onSaid = func(context.Context, Message) error {
		<-goOn
		return nil
	}
	r.bot.mu.Unlock()
	hs.say(room, anna, "hello")
	becomes(false, time.Now)
	if r.CaughtUp(began) {
		t.Error("what came is not dealt with")
	}
	close(goOn)
	becomes(true, func() time.Time { return began })
	hs.mu.Lock()
	hs.fault = func(*http.Request) int { return http.StatusBadGateway }
	hs.mu.Unlock()
	becomes(false, time.Now)
	hs.mu.Lock()
	hs.fault = nil
	hs.mu.Unlock()
	becomes(true, time.Now)
}
