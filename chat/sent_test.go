package chat

import (
	"fmt"
	"testing"
	"time"
)

// What was said is found in the room, whatever the store says.
func TestWhatWasSentIsFound(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	queue(t, r, Delivery{Key: "part", Room: room.id, Kind: "said"})
	r.sent(t)
	if err := r.store.PurgeOutgoing(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for i := range 90 { // several pages
		hs.say(room, anna, fmt.Sprint(i))
	}
	for key, want := range map[string]bool{"part": true, "another": false} {
		if got, err := r.Sent(t.Context(), room.id, key, time.Time{}); err != nil || got != want {
			t.Errorf("%s: %v, %v", key, got, err)
		}
	}
	if got, err := r.Sent(t.Context(), room.id, "part", time.Now()); err != nil || got {
		t.Errorf("what is older than is looked for: %v, %v", got, err)
	}
	if _, err := r.Sent(t.Context(), "!nowhere", "part", time.Time{}); err == nil {
		t.Error("a room that cannot be looked at says nothing")
	}
}
