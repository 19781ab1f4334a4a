package media

import (
	"net/url"
	"strings"
	"testing"

	"github.com/livekit/protocol/livekit"
)

// Whose way out is there before their way in is not heard before they are known: clients drop for good what is of nobody
// that they know.
func TestKnownBeforeHeard(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	bernd, ws := w.come(t, url.Values{"access_token": {w.token(t, "r", "bernd")}})
	bernd.slow = true
	bernd.stay(ws, func() {
		bernd.until("joined", func() bool { return bernd.join != nil && bernd.offered != nil })
		bernd.publish(audio, "mic", "mic", gcm)
		until(t, func() string {
			if in, _ := w.Packets(); in < 20 {
				return "nothing comes"
			}
			return ""
		})
		bernd.mu.Lock()
		defer bernd.mu.Unlock()
		bernd.slow = false
		bernd.answer(bernd.offered)
	})
	anna.sees("bernd", livekit.ParticipantInfo_ACTIVE)
	anna.gets(bernd, "mic", 20)
}

// knows fails the test if a description brings tracks of somebody whom the client has not been told of: browsers' clients
// drop those for good.
func (c *client) knows(d *livekit.SessionDescription) {
	for line := range strings.Lines(d.GetSdp()) {
		sid, isStream := strings.CutPrefix(line, "a=msid:PA_")
		if sid, _, _ = strings.Cut(sid, "|"); isStream && c.people["PA_"+sid] == nil {
			c.t.Errorf("a track of a participant that is not known: %s", line)
		}
	}
}
