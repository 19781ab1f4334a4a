package forward

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/pion/rtcp"
)

const (
	resendGap   = 20 * time.Millisecond // within which a packet is not sent a second time
	resendLeast = 8                     // a key frame of a small picture has to get whole

	resendRate = 500 // packets in a second that are sent again to one receiver, and after a silence
)

// history remembers what a receiver got under which number. It is made with the first packet.
type history struct {
	sent  []was
	lost  int     // packets that were asked for again, each once
	since int64   // what was sent before, in nanoseconds, does not count
	early early   // numbers that were asked for before the packet had come here
	rate  int     // of packets that may be sent again, if that is less than usual; else 0
	level float64 // of what may be sent again
	at    time.Time
	seq   uint16 // of the stream for packets that are sent again
	copy  packet
	out   []byte
}

// was is a packet that has been sent, as it was received.
type was struct {
	layer  *layer
	at     int64  // when it was sent, in nanoseconds
	again  int64  // and when it was sent again
	time   uint32 // added to the time
	out    uint16
	number uint16 // as received
	pid    uint16 // added to the picture's numbers
	tl0    uint8
	asked  bool // for, again
}

func (w *was) holds() (uint16, int64, bool) { return w.out, w.at, w.layer != nil }

func (h *history) note(now time.Time, w was) {
	h.sent = grown(h.sent, w.out, now)
	w.asked = h.early.take(w.out)
	h.sent[int(w.out)%len(h.sent)] = w
}

// has says whether a packet has been sent under this number already.
func (h *history) has(out uint16, l *layer, number uint16) bool {
	if h.sent == nil {
		return false
	}
	w := &h.sent[int(out)%len(h.sent)]
	return w.layer == l && w.out == out && w.number == number
}

// find gives a packet that may be sent again now. To a line that is full only what belongs to the present layer is: what
// was before it is of no use any more.
func (h *history) find(out uint16, present *layer, now time.Time) *was {
	if h.sent == nil {
		return nil
	}
	w := &h.sent[int(out)%len(h.sent)]
	switch {
	case w.layer == nil || w.out != out:
		h.early.put(out)
	case !w.asked:
		w.asked = true
		if w.at >= h.since {
			h.lost++
		}
	}
	if w.layer == nil || w.out != out || h.rate > 0 && w.layer != present || now.UnixNano()-w.again < int64(resendGap) {
		return nil
	}
	rate := float64(resendRate)
	if h.rate > 0 {
		rate = min(rate, float64(h.rate))
	}
	if h.at.IsZero() {
		h.level = rate
	} else {
		h.level = min(rate, h.level+rate*now.Sub(h.at).Seconds())
	}
	h.at = now
	if h.level < 1 || !w.layer.ring.get(w.number, &h.copy) {
		return nil
	}
	h.level--
	w.again = now.UnixNano()
	return w
}

// early is a set of the newest numbers. What a receiver lacks because it was late on its way to the server was not lost on
// the way to the receiver.
type early struct {
	numbers [128]uint16
	count   int
}

func (e *early) put(n uint16) {
	if e.count < len(e.numbers) && !slices.Contains(e.numbers[:e.count], n) {
		e.numbers[e.count] = n
		e.count++
	}
}

// take says whether a number is in the set, and takes it and those out that are too old to come.
func (e *early) take(n uint16) bool {
	if e.count == 0 {
		return false
	}
	i, left := slices.Index(e.numbers[:e.count], n), e.numbers[:0]
	for _, x := range e.numbers[:e.count] {
		if x != n && n-x < kept {
			left = append(left, x)
		}
	}
	e.count = len(left)
	return i >= 0
}

// resend sends again what a receiver has not got.
func (s *Sender) resend(n *rtcp.TransportLayerNack, now time.Time) {
	b := s.out.Load()
	if b == nil || n.MediaSSRC != b.ssrc {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	present := s.layer
	if s.rewrite.waiting() {
		present = nil // what has gone so far leads to nothing: a key frame comes next
	}
	for _, pair := range n.Nacks {
		for _, number := range pair.PacketList() {
			if w := s.history.find(number, present, now); w != nil {
				s.again(b, w)
			}
		}
	}
}

// again sends one packet: on the stream for such packets, RFC 4588, or under its old number where there is none.
func (s *Sender) again(b *binding, w *was) {
	p := &s.history.copy
	h := &s.header
	*h = headerOf(p)
	h.Timestamp += w.time
	payload := p.payload
	p.picture.patch(payload, w.pid, w.tl0)
	h.SSRC, h.PayloadType, h.SequenceNumber = b.ssrc, b.pt, w.out
	if b.rtxSSRC != 0 {
		s.history.out = binary.BigEndian.AppendUint16(s.history.out[:0], w.out)
		payload = append(s.history.out, payload...)
		s.history.out = payload
		h.SSRC, h.PayloadType, h.SequenceNumber = b.rtxSSRC, b.rtxPT, s.history.seq
		s.history.seq++
	}
	s.number(len(payload))
	if n, err := b.to.WriteRTP(h, payload); n > 0 && err == nil {
		s.track.Counters.Again.Add(1)
	}
}
