package media

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/transport/v5/vnet"
)

// soundNumber is the payload type under which the server sends sound.
const soundNumber = 111

// size is that of the payloads that a client sends.
func (c *client) size(kind livekit.TrackType) int {
	if n := c.sizes[kind]; n > 0 {
		return n
	}
	return 100
}

// narrow lets through to one address, for each sound that comes, so many bits, and no more. So it is as narrow as it should
// be on a machine that has other things to do and sends less than it should.
type narrow struct {
	to   string
	bits atomic.Int64 // in a second, in which a hundred sounds are sent; 0: any

	mu    sync.Mutex
	level float64
}

func (n *narrow) filter(c vnet.Chunk) bool {
	b := c.UserData()
	if !strings.HasPrefix(c.DestinationAddr().String(), n.to) || len(b) < 12 || b[0]&0xc0 != 0x80 || b[1] >= 192 && b[1] <= 223 {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	rate := float64(n.bits.Load())
	if rate == 0 {
		return true
	}
	if b[1]&0x7f == soundNumber {
		n.level = min(n.level+rate/100, rate/5)
	}
	if need := float64(8 * (len(b) + 28)); n.level >= need {
		n.level -= need
		return true
	}
	return false
}

// A line that becomes thin keeps its sound and the picture that it has room for, and its client is told what is paused;
// when it is good again all is back.
func TestThinLine(t *testing.T) {
	t.Parallel()
	n, line := newRough(t), &narrow{to: "10.0.0.3:"}
	n.router.AddChunkFilter(line.filter)
	w := n.world(t)
	w.tune = n.onto(n.machine("10.0.0.2"))
	anna := w.enter(t, "r", "anna")
	anna.sizes = map[livekit.TrackType]int{audio: 20}
	anna.publish(audio, "mic", "mic", gcm)
	anna.publish(video, "small", "small", gcm)
	w.tune = n.onto(n.machine("10.0.0.4"))
	clara := w.enter(t, "r", "clara")
	clara.sizes = map[livekit.TrackType]int{video: 1100}
	clara.publish(video, "large", "large", gcm)
	w.tune, w.timeless = n.onto(n.machine("10.0.0.3")), true // on a machine that is at its limit packets wait in any case
	bernd := w.enter(t, "r", "bernd")
	for _, c := range []*client{anna, bernd, clara} {
		c.every(time.Second) // says that it is still there
	}
	bernd.gets(anna, "mic", 100)
	bernd.gets(anna, "small", 100)
	large := bernd.gets(clara, "large", 200)
	sid := clara.published["large"].GetSid()
	paused := func(is bool) time.Duration {
		from := time.Now()
		bernd.until(fmt.Sprintf("told that the large picture is paused: %v", is), func() bool {
			_, told := bernd.paused[sid]
			return told && bernd.paused[sid] == is
		})
		return time.Since(from)
	}
	count := func(of *client, name string) int {
		stream := bernd.gets(of, name, 0)
		bernd.mu.Lock()
		defer bernd.mu.Unlock()
		return bernd.received[stream]
	}

	line.bits.Store(300_000)
	t.Logf("paused after %s", paused(true))
	small, mic, before := count(anna, "small"), count(anna, "mic"), count(clara, "large")
	bernd.gets(anna, "small", small+150)
	bernd.gets(anna, "mic", mic+150)
	if more := count(clara, "large") - before; more > 100 {
		t.Errorf("%d packets of the large picture beside", more)
	}

	line.bits.Store(0)
	t.Logf("back after %s", paused(false))
	bernd.mu.Lock()
	before = bernd.received[large]
	bernd.mu.Unlock()
	bernd.gets(clara, "large", before+100)
}
