package forward

import "time"

const (
	fillRecent = 8                      // packets of which one is sent again to fill a line
	fillMost   = 32                     // at once
	fillPause  = 100 * time.Millisecond // that is made up for at most
)

// filling is what is sent only to see whether a line carries more: what it has carried already, which receivers drop.
type filling struct {
	bits int // per second
	owed float64
	at   time.Time
}

// Fill has so many bits in a second sent beside the pictures, where the receiver knows such packets.
func (s *Sender) Fill(bits int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filling.bits = bits
	if bits == 0 {
		s.filling = filling{}
	}
}

// fill sends what is owed, behind a picture. The lock is held.
func (s *Sender) fill(b *binding, now time.Time) {
	f := &s.filling
	if f.bits == 0 || b.rtxSSRC == 0 {
		return
	}
	if !f.at.IsZero() {
		f.owed = min(f.owed+float64(f.bits)*min(now.Sub(f.at), fillPause).Seconds(), float64(f.bits)*fillPause.Seconds())
	}
	f.at = now
	last := s.rewrite.lastNo
	for i := range uint16(fillMost) {
		w := &s.history.sent[int(last-i%fillRecent)%len(s.history.sent)]
		if f.owed <= 0 {
			return
		}
		if w.layer != s.layer || w.out != last-i%fillRecent || !w.layer.ring.get(w.number, &s.history.copy) {
			continue
		}
		f.owed -= float64(8 * (len(s.history.copy.payload) + overhead))
		s.again(b, w, now)
	}
}
