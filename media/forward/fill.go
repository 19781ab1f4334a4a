package forward

import (
	"time"

	"github.com/pion/rtp"
)

const (
	fillRecent = 8                      // packets of which one is sent again to fill a line
	fillMost   = 32                     // at once
	fillPause  = 100 * time.Millisecond // that is made up for at most
	padRate    = 25                     // packets of padding in a second, if it fits
	padLeast   = 20                     // bytes of it in one
	padMost    = 255                    // as much as a packet can have
)

// filling is what is sent only to see whether a line carries more: what it has carried already, or nothing but padding.
// Receivers drop both.
type filling struct {
	bits int // per second
	owed float64
	at   time.Time
}

// Fills says whether the receiver knows packets that a line can be filled with.
func (s *Sender) Fills() bool {
	b := s.out.Load()
	return b != nil && b.rtxSSRC != 0
}

// Fill has so many bits in a second sent beside the pictures, or in their place while the line has no room for them, where
// the receiver knows such packets.
func (s *Sender) Fill(bits int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.filling.bits = bits
	if bits == 0 {
		s.filling = filling{}
	}
}

// owes says whether something is to be sent now.
func (f *filling) owes(now time.Time) bool {
	if f.bits == 0 {
		return false
	}
	if !f.at.IsZero() {
		f.owed = min(f.owed+float64(f.bits)*min(now.Sub(f.at), fillPause).Seconds(), float64(f.bits)*fillPause.Seconds())
	}
	f.at = now
	return f.owed > 0
}

// fill sends what is owed, behind a picture. The lock is held.
func (s *Sender) fill(b *binding, now time.Time) {
	f := &s.filling
	if b.rtxSSRC == 0 || !f.owes(now) {
		return
	}
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
		s.again(b, w)
	}
}

// pad sends what is owed while there is no room for a picture, when one comes that is not sent.
func (s *Sender) pad(b *binding, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.filling
	if b.rtxSSRC == 0 || !f.owes(now) {
		return
	}
	size := min(max(f.bits/8/padRate-overhead, padLeast), padMost) // small ones make nobody wait for long
	for i := 0; f.owed > 0 && i < fillMost; i++ {
		f.owed -= float64(8 * (size + overhead))
		s.header = rtp.Header{
			Version: 2, Padding: true, PaddingSize: byte(size),
			SSRC: b.rtxSSRC, PayloadType: b.rtxPT, SequenceNumber: s.history.seq, Timestamp: s.rewrite.lastTS,
		}
		s.history.seq++
		s.number(size)
		_, _ = b.to.WriteRTP(&s.header, nil) // it is of no use to anybody
	}
}
