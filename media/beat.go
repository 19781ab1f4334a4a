package media

import (
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// beat does what is to be done again and again.
func (s *subscriber) beat() {
	s.weigh(time.Now())
	if s.beats++; s.beats%reportBeats == 0 {
		s.report()
	}
}

// report tells the client by which times it is to play what it receives.
func (s *subscriber) report() {
	var list []rtcp.Packet
	now := time.Now()
	for _, in := range s.incoming {
		s.lost.note(in.send.Loss())
		if r := in.send.Report(now); r != nil {
			list = append(list, r)
		}
	}
	if len(list) > 0 {
		_ = s.pc.WriteRTCP(list) // not connected, or not any more
	}
}

// worst keeps the largest of what it is told until it is asked.
type worst struct {
	mu sync.Mutex
	of float64
}

func (w *worst) note(v float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.of = max(w.of, v)
}

func (w *worst) take() float64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	v := w.of
	w.of = 0
	return v
}
