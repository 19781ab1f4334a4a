package media

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pion/transport/v5/vnet"
)

// Sound and pictures do not wait for the channels of data on the same connection: what carries these may be lost.
func TestPictureBeforeData(t *testing.T) {
	t.Parallel()
	n := newRough(t)
	var lost atomic.Int64
	n.router.AddChunkFilter(func(c vnet.Chunk) bool {
		const applicationData = 23 // the content type that SCTP comes in, RFC 8261
		b := c.UserData()
		drop := len(b) > 0 && b[0] == applicationData && strings.HasPrefix(c.SourceAddr().String(), "10.0.0.3:")
		if drop {
			lost.Add(1)
		}
		return !drop
	})
	w := n.world(t)
	w.tune = n.onto(n.machine("10.0.0.2"))
	anna := w.enter(t, "r", "anna")
	anna.publish(video, "cam", "cam", gcm)
	w.tune = n.onto(n.machine("10.0.0.3"))
	bernd := w.enterSingle(t, "r", "bernd", true)
	bernd.publish(video, "cam", "cam", gcm)
	anna.gets(bernd, "cam", 20)
	if lost.Load() == 0 {
		t.Error("nothing of the channels was lost")
	}
}
