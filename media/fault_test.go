package media

import (
	"testing"

	"github.com/livekit/protocol/livekit"
)

// A fault of the program in one room ends that room; its people are told to come again, and the next room goes on.
func TestFaultInARoom(t *testing.T) {
	w := start(t)
	nextDoor(t, w)
	anna := w.enter(t, "r", "anna")
	if err := w.within("r", func(*room) error { panic("a fault") }); err == nil {
		t.Error("nothing was said about the fault")
	}
	anna.until("told to come again", func() bool { return anna.leave.GetAction() == livekit.LeaveRequest_RECONNECT })
	w.enter(t, "r", "anna") // into a fresh one
}
