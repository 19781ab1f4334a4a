package forward

import (
	"sync"
	"sync/atomic"
)

// arrivals counts what of a layer has come, and what should have. One goroutine counts, any may read.
type arrivals struct {
	begun bool
	first uint16
	top   atomic.Uint32 // packets that should have come
	have  atomic.Uint32 // packets that have

	mu      sync.Mutex // of who reads
	topThen uint32
	then    uint32
}

// note counts a packet.
func (a *arrivals) note(number uint16) {
	if !a.begun {
		a.begun, a.first = true, number
	}
	a.have.Add(1)
	top := a.top.Load()
	if ahead := int16(number - a.first - uint16(top) + 1); ahead > 0 {
		a.top.Store(top + uint32(ahead))
	}
}

// take gives how many have come and should have since the last time.
func (a *arrivals) take() (have, top uint32) {
	a.mu.Lock()
	defer a.mu.Unlock()
	have, top = a.have.Load(), a.top.Load()
	dHave, dTop := have-a.then, top-a.topThen
	a.then, a.topThen = have, top
	return dHave, dTop
}

// Loss is which part of the packets has been lost on the way here since the last time, of the layer that lost most, and
// in the end: what was asked for again and came has not.
func (t *Track) Loss() (worst float64) {
	for _, l := range *t.layers.Load() {
		if have, top := l.arrivals.take(); top > have {
			worst = max(worst, float64(top-have)/float64(top))
		}
	}
	return worst
}

// Loss is the largest part of the packets that the receiver has said was lost on the way to it since the last time.
func (s *Sender) Loss() float64 { return float64(s.lost.Swap(0)) / 256 }

// noteLoss notes what a receiver reports, in 256ths.
func (s *Sender) noteLoss(fraction uint8) {
	for {
		old := s.lost.Load()
		if uint32(fraction) <= old || s.lost.CompareAndSwap(old, uint32(fraction)) {
			return
		}
	}
}
