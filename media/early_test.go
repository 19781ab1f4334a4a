package media

import (
	"net/url"
	"testing"

	"github.com/livekit/protocol/livekit"
)

// What a client publishes while its connection is still being made arrives as well, however many offers that takes.
func TestPublishedBeforeConnected(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	bernd, ws := w.come(t, url.Values{"access_token": {w.token(t, "r", "bernd")}})
	bernd.apart.Store(true)
	bernd.stay(ws, func() {
		bernd.until("joined", func() bool { return bernd.join != nil })
		bernd.offer()
		bernd.publish(audio, "mic", "mic", gcm)
		bernd.offer()
		bernd.publish(video, "cam", "cam", gcm)
		bernd.offer()
		bernd.together()
	})
	anna.sees("bernd", livekit.ParticipantInfo_ACTIVE)
	anna.gets(bernd, "mic", 20)
	anna.gets(bernd, "cam", 20)
}

// together lets a client connect that was apart.
func (c *client) together() {
	c.apart.Store(false)
	for len(c.unsaid) > 0 {
		c.say(<-c.unsaid)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush(livekit.SignalTarget_PUBLISHER, c.pub)
	c.flush(livekit.SignalTarget_SUBSCRIBER, c.sub)
}
