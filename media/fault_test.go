package media

import (
	"sync/atomic"
	"testing"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// A fault of the program in a room, in one of its connections or in what forwards its packets ends that room; its people
// are told to come again, and the next room goes on.
func TestFaultInARoom(t *testing.T) {
	t.Parallel()
	var faulty atomic.Pointer[string] // track whose packets cause one
	w := start(t, func(o *Options) {
		o.Tap = func(track string, _ *rtp.Header, _ []byte) {
			if f := faulty.Load(); f != nil && *f == track {
				panic("a fault")
			}
		}
	})
	nextDoor(t, w)
	for name, fault := range map[string]func(anna *client){
		"in the room": func(*client) {
			if err := w.within(t.Context(), "r", func(*room) error { panic("a fault") }); err == nil {
				t.Error("nothing was said about the fault")
			}
		},
		"in a connection": func(*client) {
			_ = w.about(t.Context(), "r", "anna", func(_ *room, p *participant) error {
				p.sub.post(func() error { panic("a fault") })
				return nil
			})
		},
		"with data": func(*client) {
			var hear func(webrtc.DataChannelMessage)
			_ = w.about(t.Context(), "r", "anna", func(r *room, p *participant) error {
				hear = r.hearing(p, livekit.DataPacket_RELIABLE, nil)
				return nil
			})
			hear(webrtc.DataChannelMessage{Data: []byte("a packet")})
		},
		"in forwarding": func(anna *client) {
			anna.publish(video, "cam", "cam", gcm)
			anna.until("published", func() bool { return anna.published["cam"] != nil })
			anna.mu.Lock()
			sid := anna.published["cam"].GetSid()
			anna.mu.Unlock()
			faulty.Store(&sid)
		},
	} {
		anna := w.enter(t, "r", "anna")
		fault(anna)
		anna.until("told to come again after a fault "+name, func() bool { return anna.leave.GetAction() == livekit.LeaveRequest_RECONNECT })
		anna.vanish()
	}
	w.enter(t, "r", "anna") // into a fresh one
}
