package forward

import (
	"sync/atomic"
	"time"
)

// overhead is what a packet takes on the line beside its payload: headers of IP, UDP, SRTP and RTP.
const overhead = 28 + 10 + 12

// rateWindow is how long a rate is counted before it is told.
const rateWindow = 500 * time.Millisecond

// rate is how much comes of a layer. One goroutine counts, any may read.
type rate struct {
	bytes int
	since time.Time
	bits  atomic.Int64 // per second, smoothed
}

func (r *rate) note(bytes int, now time.Time) {
	r.bytes += bytes
	passed := now.Sub(r.since)
	if passed < rateWindow {
		return
	}
	bits := int64(float64(8*r.bytes) / min(passed, 2*rateWindow).Seconds())
	if old := r.bits.Load(); old > 0 {
		bits = (old + bits) / 2
	}
	if !r.since.IsZero() {
		r.bits.Store(max(bits, 1))
	}
	r.bytes, r.since = 0, now
}

// Rates is what each quality of the track takes at present, in bits per second; 0 where it is not sent.
func (t *Track) Rates(now time.Time) (bits [Best + 1]int) {
	for _, l := range *t.layers.Load() {
		if l.alive(now) && !t.off.Load() && l.quality <= Best {
			bits[l.quality] += int(l.rate.bits.Load())
		}
	}
	return bits
}

// flow counts what goes to one receiver and what it says of it.
type flow struct {
	packets  atomic.Int64
	bytes    atomic.Int64
	missing  atomic.Int64  // packets of sound that did not arrive, in 256ths, by the receiver's reports
	said     atomic.Int64  // packets that these reports are about
	before   atomic.Int64  // packets that had been sent at the last one
	estimate atomic.Uint64 // what the receiver takes its line for, in bits per second
}

func (f *flow) sent(payload int) {
	f.packets.Add(1)
	f.bytes.Add(int64(payload + overhead))
}

func (f *flow) lost(fraction uint8) {
	now := f.packets.Load()
	about := now - f.before.Swap(now)
	f.said.Add(about)
	f.missing.Add(about * int64(fraction))
}

func (f *flow) estimated(bits float32) { f.estimate.Store(uint64(max(bits, 0))) }

// Flow is what has gone to a receiver, in all, without what was sent again.
type Flow struct {
	Bytes int64
	// Pictures are packets of pictures, Asked those that the receiver has asked for again. Its reports are not counted:
	// they are about what was lost on the way to the server too.
	Pictures, Asked int64
	// Said is how many packets of sound its reports are about, Missing how many of them did not arrive.
	Said, Missing int64
}

// Flow gives what has gone to the receiver so far.
func (s *Sender) Flow() Flow {
	f := Flow{Bytes: s.flow.bytes.Load()}
	if !s.track.video {
		f.Said, f.Missing = s.flow.said.Load(), s.flow.missing.Load()/256
		return f
	}
	f.Pictures = s.flow.packets.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Asked = int64(s.history.lost)
	return f
}

// Minus is what has gone since an earlier time.
func (f Flow) Minus(o Flow) Flow {
	return Flow{f.Bytes - o.Bytes, f.Pictures - o.Pictures, f.Asked - o.Asked, f.Said - o.Said, f.Missing - o.Missing}
}

// Plus adds up.
func (f Flow) Plus(o Flow) Flow {
	return Flow{f.Bytes + o.Bytes, f.Pictures + o.Pictures, f.Asked + o.Asked, f.Said + o.Said, f.Missing + o.Missing}
}

// Gone is how many packets did not arrive.
func (f Flow) Gone() int64 {
	if f.Pictures > 0 {
		return f.Asked
	}
	return f.Missing
}

// Lost is the part of the packets that did not arrive: by what was asked for again, or by the reports where there are no
// pictures.
func (f Flow) Lost() float64 {
	switch {
	case f.Pictures > 0:
		return min(1, float64(f.Asked)/float64(f.Pictures))
	case f.Said > 0:
		return float64(f.Missing) / float64(f.Said)
	default:
		return 0
	}
}

// Forget lets loss of what was sent until now count no more.
func (s *Sender) Forget(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.since = now.UnixNano()
}

// Renew has a whole picture sent, to a receiver that may have lost much.
func (s *Sender) Renew(now time.Time) {
	if b := s.out.Load(); b != nil && s.track.video && !s.stopped() {
		s.ask(now, true)
	}
}

// Estimate takes what the receiver has said that its line carries, in bits per second; 0 if it has said nothing new.
func (s *Sender) Estimate() int { return int(s.flow.estimate.Swap(0)) }

// Now is the quality that is sent, or is about to be.
func (s *Sender) Now() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped() || s.layer == nil {
		return -1
	}
	return s.layer.quality
}

// Allot says what the line has room for: the best quality, below 0 for none. What is too much is sent no longer, while a
// better picture waits for its key frame beside the present one.
func (s *Sender) Allot(quality int) {
	if quality < 0 {
		s.stop(&s.starved, true)
		return
	}
	now := time.Now()
	s.mu.Lock()
	s.room = quality
	less := !s.stopped() && s.layer != nil && s.layer.quality > s.most() && s.track.target(s.most(), s.layer, now) != s.layer
	if less {
		s.rewrite.pause()
	}
	s.mu.Unlock()
	s.stop(&s.starved, false)
	if less {
		s.ask(now, true)
	}
}

// Spare bounds what is sent again, in bits per second; 0 is the bound of a line that carries all.
func (s *Sender) Spare(bits int) {
	packets := bits / (8 * mtu)
	if bits > 0 {
		packets = max(packets, resendLeast)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.history.rate = packets
}

// most is the best quality that is of use and fits. The lock is held.
func (s *Sender) most() int { return min(s.want, s.room) }
