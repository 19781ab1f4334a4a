package forward

import (
	"sync/atomic"
	"time"
)

// youngKey is how old a key frame may be that a receiver begins with. It gets with it what has come since, at once: that
// is quicker than asking the sender, who would have to send another one to all.
const youngKey = 250 * time.Millisecond

// Hold keeps the track back until Begin: before its receiver is connected, a key frame would go nowhere, and the next one
// would have to wait.
func (s *Sender) Hold() { s.held.Store(true) }

// Begin lets the track flow, from a key frame on: one that has just come, or one that it asks for.
func (s *Sender) Begin(now time.Time) { s.goOn(&s.held, now) }

// Pause stops or resumes the flow to this receiver; video resumes with a key frame.
func (s *Sender) Pause(paused bool) { s.stop(&s.paused, paused) }

// stopped says whether something stops the flow.
func (s *Sender) stopped() bool { return s.paused.Load() || s.held.Load() || s.starved.Load() }

// stop sets or takes away what stops the flow.
func (s *Sender) stop(why *atomic.Bool, stopped bool) {
	switch {
	case why.Load() == stopped:
	case !stopped:
		s.goOn(why, time.Now())
	default:
		why.Store(true)
		s.interrupt()
	}
}

// interrupt ends the stretch of packets: what comes next follows without a gap.
func (s *Sender) interrupt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rewrite.pause()
}

// goOn takes away what stopped the flow, and has it begin with a picture.
func (s *Sender) goOn(stopped *atomic.Bool, now time.Time) {
	s.mu.Lock()
	stopped.Store(false)
	s.filling = filling{} // it was reckoned without the picture
	b := s.out.Load()
	flows := b != nil && !s.stopped()
	shown := flows && s.open(b, s.track.target(s.most(), s.layer, now), now)
	s.mu.Unlock()
	if flows && !shown {
		s.ask(now, true)
	}
}

// open sends what a receiver that waits for a key frame needs to see a picture at once, if there is a young one that is
// newer than all it has got. The lock is held.
func (s *Sender) open(b *binding, l *layer, now time.Time) bool {
	if l == nil || !s.rewrite.waiting() || s.layer != nil && s.layer != l {
		return false
	}
	key, count, ok := l.ring.opening(now)
	if !ok || s.rewrite.begun && int32(key.time+s.rewrite.time-s.rewrite.lastTS) <= 0 {
		return false
	}
	before, p := s.rewrite, &s.history.copy
	for i := range count {
		if !l.ring.get(key.number+uint16(i), p) {
			continue // lost so far; it goes out when it comes
		}
		h := headerOf(p)
		h.SSRC = l.ssrc
		if !s.send(b, l, &h, p.picture, p.payload, i == 0, now) {
			continue
		}
		if i == 0 {
			s.rewrite = before // not connected yet: nobody has got anything
		}
		return false
	}
	return !s.rewrite.waiting()
}
