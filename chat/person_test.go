package chat

import (
	"net/http"
	"strings"
	"testing"
)

// An invitation that is refused for a while is not the end: the person gets everything, in order.
func TestSomebodyWhoWasOutOfReachIsToldEverything(t *testing.T) {
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
