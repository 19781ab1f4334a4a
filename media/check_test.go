package media

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
)

// However many try their network: there are rooms left for calls.
func TestChecksLeaveRoomForCalls(t *testing.T) {
	t.Parallel()
	w := start(t)
	for range maxChecks {
		r, err := w.Server.enter(NewCheckRoom())
		if err != nil {
			t.Fatal(err)
		}
		defer w.leave(r)
	}
	if r, err := w.Server.enter(NewCheckRoom()); !errors.Is(err, errTooManyRooms) {
		t.Errorf("one too many: %v", err)
		w.leave(r)
	}
	if got := validate(t, w, "/rtc/validate", url.Values{"access_token": {w.token(t, NewCheckRoom(), "eve")}}); got != http.StatusServiceUnavailable {
		t.Errorf("one too many is told %d", got)
	}
	r, err := w.Server.enter("call")
	if err != nil {
		t.Fatal(err)
	}
	w.leave(r)
}
