package guest

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
)

const (
	reckonEvery = 200 * time.Millisecond
	firstReckon = 1_000_000               // bit/s
	queueing    = 40 * time.Millisecond   // longer on the way than the fastest: the line is full
	flowing     = 20 * time.Millisecond   // and now it is not any more
	faster      = 0.08 * 0.2              // growth in one step: 8 % in a second
	lower       = 0.85                    // of what comes, where the line is full
	tellEvery   = 1000 * time.Millisecond // at least
)

// reckoner says what the line to the guest carries, as browsers do where a server asks for it (REMB): by how much longer
// packets take than the fastest ones. Those have said when they were sent.
type reckoner struct {
	mu      sync.Mutex
	bits    int
	least   time.Duration   // on the way, in this step
	some    bool            // has come in this step
	fastest []time.Duration // of earlier steps
	rate    float64
	full    bool
	ssrcs   map[uint32]bool
}

func newReckoner() *reckoner { return &reckoner{rate: firstReckon, ssrcs: map[uint32]bool{}} }

// take notes a packet of so many bytes that was so long on the way, if that is known.
func (r *reckoner) take(ssrc uint32, size int, way time.Duration, known bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ssrcs[ssrc] = true
	r.bits += size * 8
	if known && (!r.some || way < r.least) {
		r.least, r.some = way, true
	}
}

// step reckons anew, and says whether the rate has become lower.
func (r *reckoner) step() (rate float64, ssrcs []uint32, less bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.ssrcs {
		ssrcs = append(ssrcs, s)
	}
	comes := float64(r.bits) / reckonEvery.Seconds()
	r.bits = 0
	if !r.some {
		return r.rate, ssrcs, false
	}
	r.some = false
	r.fastest = append(r.fastest, r.least)
	if most := int(10 * time.Second / reckonEvery); len(r.fastest) > most {
		r.fastest = r.fastest[1:]
	}
	base := r.least
	for _, w := range r.fastest {
		base = min(base, w)
	}
	switch wait := r.least - base; {
	case wait > queueing:
		r.full = true
		if r.rate > lower*comes {
			r.rate, less = max(lower*comes, 30_000), true
		}
	case r.full && wait > flowing:
	default:
		r.full = false
		if r.rate < 1.5*comes+10_000 {
			r.rate *= 1 + faster
		}
	}
	return r.rate, ssrcs, less
}

// run tells the server until ctx ends.
func (r *reckoner) run(ctx context.Context, pc *webrtc.PeerConnection) {
	told := time.Time{}
	clock := time.NewTicker(reckonEvery)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-clock.C:
			rate, ssrcs, less := r.step()
			if len(ssrcs) > 0 && (less || now.Sub(told) >= tellEvery) {
				told = now
				_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.ReceiverEstimatedMaximumBitrate{Bitrate: float32(rate), SSRCs: ssrcs}})
			}
		}
	}
}

// reckons says whether a server asks its receivers to reckon.
func reckons(sdp string) bool {
	return strings.Contains(sdp, "goog-remb") && !strings.Contains(sdp, "transport-cc")
}
