package forward

import (
	"math"
	"sync"
	"time"

	"github.com/pion/rtp"
)

const (
	loudness   = 35                    // dB below overload: what is quieter is no speech
	speechPart = 0.4                   // of the time that has to be loud
	packetTime = 20 * time.Millisecond // one packet of Opus; whoever is silent sends fewer
)

// Levels gathers how loud a track is, from the header extension of RFC 6464, which stays readable when the sound is not.
type Levels struct {
	id uint8 // of the extension; 0 where there is none

	mu    sync.Mutex
	loud  int // packets with speech
	total int // their levels added up
}

// Observe notes one packet, and gives its level in dB below overload; ok is false if it does not say.
func (l *Levels) Observe(h *rtp.Header) (level int, ok bool) {
	if l.id == 0 {
		return 0, false
	}
	ext := h.GetExtension(l.id)
	if len(ext) < 1 {
		return 0, false
	}
	if level = int(ext[0] & 0x7f); level > loudness {
		return level, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loud++
	l.total += level
	return level, true
}

// Take gives the level since the last call, from 0 to 1, and 0 if nobody spoke for long enough in this time.
func (l *Levels) Take(window time.Duration) float32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	loud, total := l.loud, l.total
	l.loud, l.total = 0, 0
	if float64(loud)*float64(packetTime) < speechPart*float64(window) {
		return 0
	}
	return float32(math.Pow(10, -float64(total)/float64(loud)/20))
}
