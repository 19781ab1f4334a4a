package chat

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// An invitation that is refused for a while is not the end: the person gets everything, in order.
func TestSomebodyWhoWasOutOfReachIsToldEverything(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	tries := 0
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if !strings.Contains(req.URL.Path, "/state/m.room.member/"+eve) {
			return 0
		}
		if tries++; tries <= 2*mostRefusals {
			return 403
		}
		return 0
	}
	hs.mu.Unlock()
	queue(t, r, Delivery{Key: "1", Person: eve, Kind: "ballot", Secret: true}, Delivery{Key: "2", Person: eve, Kind: "outcome", Secret: true})
	room := r.directRoomOf(t, hs, eve)
	if said := hs.said(room.id, bot); len(said) != 2 {
		t.Errorf("said %d things, want 2", len(said))
	}
}

func TestWhoWasOutOfReachIsTriedAtOnceWhenTheyWrite(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, eve, bot)
	r := start(t, hs, t.TempDir())
	away := true
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if away && strings.Contains(req.URL.Path, "/state/m.room.member/"+eve) {
			return 504
		}
		return 0
	}
	hs.mu.Unlock()
	queue(t, r, Delivery{Key: "1", Person: eve, Kind: "ballot", Secret: true})
	eventually(t, func() error {
		if o, err := r.store.Outgoing(t.Context(), "1"); err != nil || o.Failures < 10 {
			return fmt.Errorf("%+v, %v", o, err)
		}
		return nil
	})
	// The next try is some seconds away by now; make it an hour.
	if err := r.store.DelayOutgoing(t.Context(), "1", time.Now().Add(time.Hour), false); err != nil {
		t.Fatal(err)
	}
	hs.mu.Lock()
	away = false
	hs.mu.Unlock()
	hs.say(room, eve, "here I am")
	r.sent(t)
	if id, _, err := r.Event(t.Context(), "1"); id == "" || err != nil {
		t.Errorf("not said: %v", err)
	}
}
