package chat

import (
	"fmt"
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
