package forward

import (
	"time"

	"github.com/pion/rtcp"
)

// alignable is how far apart two sources of one picture may be by their sender's clock: what is further is a mistake.
const alignable = 5 * time.Second

// moment is what a sender said of a layer: which moment of its clock belongs to which time in its packets. Sound and
// pictures of one sender go by the same clock, and so do the layers of one picture.
type moment struct {
	ntp  int64 // nanoseconds
	rtp  uint32
	came time.Time
}

// Reported notes what a sender reports of one of the layers. What cannot be read is passed over.
func (t *Track) Reported(b []byte, now time.Time) {
	packets, err := rtcp.Unmarshal(b)
	if err != nil {
		return
	}
	for _, p := range packets {
		r, ok := p.(*rtcp.SenderReport)
		if !ok {
			continue
		}
		for _, l := range *t.layers.Load() {
			if l.ssrc == r.SSRC {
				l.moment.Store(&moment{ntp: fromNTP(r.NTPTime), rtp: r.RTPTime, came: now})
			}
		}
	}
}

// captured is when something with this time was recorded, by the sender's clock in nanoseconds; 0 if that is not known.
func (l *layer) captured(ts, clock uint32) int64 {
	r := l.moment.Load()
	if r == nil || clock == 0 {
		return 0
	}
	return r.ntp + int64(int32(ts-r.rtp))*int64(time.Second)/int64(clock)
}

// since is how much later than the newest packet that was sent one of another layer was recorded, 0 if that is not known.
func (s *Sender) since(l *layer, ts uint32) time.Duration {
	if s.layer == nil || s.layer == l {
		return 0
	}
	clock := s.track.Codec.ClockRate
	then, now := s.layer.captured(s.rewrite.lastTS-s.rewrite.time, clock), l.captured(ts, clock)
	if then == 0 || now == 0 {
		return 0
	}
	return time.Duration(now - then)
}

// Report is what the receiver is to be told of the stream, so that it plays sound and pictures together: by the clock of
// who sends them. It is nil while nothing is known.
func (s *Sender) Report(now time.Time) *rtcp.SenderReport {
	b := s.out.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	if b == nil || s.layer == nil {
		return nil
	}
	r := s.layer.moment.Load()
	if r == nil {
		return nil
	}
	since := now.Sub(r.came)
	return &rtcp.SenderReport{
		SSRC: b.ssrc, NTPTime: toNTP(r.ntp + int64(since)),
		RTPTime:     r.rtp + s.rewrite.time + uint32(since.Seconds()*float64(s.track.Codec.ClockRate)),
		PacketCount: s.packets, OctetCount: s.octets,
	}
}

// fromNTP and toNTP convert between RFC 3550's 32.32 bits of seconds and nanoseconds.
func fromNTP(t uint64) int64 {
	return int64(t>>32)*int64(time.Second) + int64((t&(1<<32-1))*uint64(time.Second)>>32)
}

func toNTP(ns int64) uint64 {
	n := uint64(ns)
	return n/uint64(time.Second)<<32 | (n%uint64(time.Second))<<32/uint64(time.Second)
}
