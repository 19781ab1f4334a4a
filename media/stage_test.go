package media

import (
	"sync/atomic"
	"testing"

	"github.com/livekit/protocol/livekit"
)

// In a large room the others hear as many voices as there are places: who falls silent gives way to who speaks. What does
// not say how loud it is, and what is shared, is always heard; and all voices are again once people have gone.
func TestFewVoicesInALargeRoom(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.many, w.voices = 2, 1
	speaks := func(name string, level int32) (*client, *atomic.Int32) {
		w.level = &atomic.Int32{}
		w.level.Store(level)
		defer func() { w.level = nil }()
		c := w.enter(t, "r", name)
		c.publish(audio, "mic", "mic", gcm)
		return c, c.level
	}
	clara := w.enter(t, "r", "clara")
	anna, annas := speaks("anna", 20)
	bernd, bernds := speaks("bernd", 20) // the room is large now
	clara.gets(anna, "mic", 50)
	count := func(of *client) int {
		stream := clara.gets(of, "mic", 0)
		clara.mu.Lock()
		defer clara.mu.Unlock()
		return clara.received[stream]
	}
	more := func(of *client) { t.Helper(); clara.gets(of, "mic", count(of)+50) }
	before := count(bernd)
	more(anna)
	if n := count(bernd) - before; n > 0 {
		t.Errorf("%d packets of bernd's beside anna's", n)
	}
	annas.Store(127)
	more(bernd)
	bernds.Store(127)
	annas.Store(20)
	more(anna)
	clara.mu.Lock()
	if clara.gaps > 0 {
		t.Errorf("%d gaps in what clara heard", clara.gaps)
	}
	clara.mu.Unlock()
	quiet := w.enter(t, "r", "dora") // does not say how loud she is
	quiet.publish(audio, "mic", "mic", gcm)
	more(quiet)
	for _, c := range []*client{quiet, anna} {
		c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{}}})
	}
	more(bernd) // who is silent, and alone with clara
}
