package forward

import (
	"sync"
	"time"
)

// layerSilence is how long the forwarded layer may send nothing before another one takes its place.
const layerSilence = time.Second

// layer remembers which of a sender's layers is forwarded: the first that came, as long as it comes.
type layer struct {
	mu   sync.Mutex
	ssrc uint32
	last time.Time
}

// pick says whether a packet of the layer with this SSRC is to be forwarded.
func (l *layer) pick(ssrc uint32, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ssrc != ssrc && l.ssrc != 0 && now.Sub(l.last) < layerSilence {
		return false
	}
	l.ssrc, l.last = ssrc, now
	return true
}

func (l *layer) current() uint32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ssrc
}
