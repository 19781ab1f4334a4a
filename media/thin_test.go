package media

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/transport/v5/vnet"
)

// size is that of the payloads that a client sends.
func (c *client) size(kind livekit.TrackType) int {
	if n := c.sizes[kind]; n > 0 {
		return n
	}
	return 100
}

// narrow lets through to one address so many bits in a second, and no more.
type narrow struct {
	to   string
	bits atomic.Int64

	mu    sync.Mutex
	level float64
	at    time.Time
}

func (n *narrow) filter(c vnet.Chunk) bool {
	to := c.DestinationAddr().String()
	if len(to) < len(n.to) || to[:len(n.to)] != n.to {
		return true
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now, rate := time.Now(), float64(n.bits.Load())
	n.level = min(n.level+rate*now.Sub(n.at).Seconds(), rate/5)
	n.at = now
	if need := float64(8 * (len(c.UserData()) + 28)); n.level >= need {
		n.level -= need
		return true
	}
	return false
}

// A line that becomes thin keeps its sound and the picture that it has room for, and its client is told what is paused;
// when it is good again all is back.
func TestThinLine(t *testing.T) {
	n, line := newRough(t), &narrow{to: "10.0.0.3:"}
	line.bits.Store(2_000_000)
	n.router.AddChunkFilter(line.filter)
	w := start(t, n.below)
	if err := n.router.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.router.Stop() })
	w.tune = n.onto(n.machine("10.0.0.2"))
	anna := w.enter(t, "r", "anna")
	anna.sizes = map[livekit.TrackType]int{audio: 20}
	anna.publish(audio, "mic", "mic", gcm)
	anna.publish(video, "small", "small", gcm)
	w.tune = n.onto(n.machine("10.0.0.4"))
	clara := w.enter(t, "r", "clara")
	clara.sizes = map[livekit.TrackType]int{video: 1100}
	clara.publish(video, "large", "large", gcm)
	w.tune = n.onto(n.machine("10.0.0.3"))
	bernd := w.enter(t, "r", "bernd")
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

	line.bits.Store(2_000_000)
	t.Logf("back after %s", paused(false))
	bernd.mu.Lock()
	before = bernd.received[large]
	bernd.mu.Unlock()
	bernd.gets(clara, "large", before+100)
}
