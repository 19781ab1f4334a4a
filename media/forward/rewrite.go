package forward

import (
	"time"

	"github.com/pion/rtp"
)

// rewriter makes one unbroken stream out of what a receiver is sent of a track. A stretch is a run of packets of one
// source without a pause on our side: inside it numbers and times keep their distances, so that loss and reordering on
// the way in stay visible to the receiver; between stretches they are joined without a gap.
type rewriter struct {
	video bool
	clock uint32

	begun  bool   // something has been sent
	broken bool   // the next packet begins a stretch, whatever its source
	source uint32 // SSRC of the stretch
	first  uint16 // its first number, as received
	count  int    // its packets, counted up to where numbers could wrap
	number uint16 // added to received numbers
	time   uint32 // added to received times
	lastNo uint16 // newest number sent
	lastTS uint32 // newest time sent
	lastAt time.Time
}

// pause ends the stretch: the next packet begins one.
func (r *rewriter) pause() { r.broken = true }

// next gives number and time under which a packet is to be sent; ok is false if it must not be sent. between is how much
// later it was recorded than the newest one, of another source, by their sender's clock; 0 if that is not known.
func (r *rewriter) next(h *rtp.Header, key bool, now time.Time, between time.Duration) (number uint16, ts uint32, ok bool) {
	if !r.begun || r.broken || h.SSRC != r.source {
		if r.video && !key {
			r.broken = true
			return 0, 0, false
		}
		r.begin(h, now, between)
	}
	if r.count < 1<<14 {
		if int16(h.SequenceNumber-r.first) < 0 {
			return 0, 0, false // older than the stretch: its number would be another packet's
		}
		r.count++
	}
	number, ts = h.SequenceNumber+r.number, h.Timestamp+r.time
	if int16(number-r.lastNo) > 0 {
		r.lastNo, r.lastAt = number, now
	}
	if int32(ts-r.lastTS) > 0 {
		r.lastTS = ts
	}
	return number, ts, true
}

// waiting says whether only a key frame can begin the next stretch.
func (r *rewriter) waiting() bool { return r.video && (!r.begun || r.broken) }

func (r *rewriter) begin(h *rtp.Header, now time.Time, between time.Duration) {
	switch {
	case !r.begun:
		r.lastNo, r.lastTS = h.SequenceNumber-1, h.Timestamp
	case h.SSRC == r.source:
		r.number = r.lastNo + 1 - h.SequenceNumber
	default:
		r.number = r.lastNo + 1 - h.SequenceNumber
		r.time = r.lastTS + max(r.passed(now, between), 1) - h.Timestamp
	}
	r.begun, r.broken, r.source, r.first, r.count, r.lastAt = true, false, h.SSRC, h.SequenceNumber, 0, now
}

// passed is how much time lies between the newest packet and the first of another source: by their sender's clock where
// that is known, else by ours, which the way of each adds to.
func (r *rewriter) passed(now time.Time, between time.Duration) uint32 {
	if between == 0 || between > alignable || between < -alignable {
		between = now.Sub(r.lastAt)
	}
	return uint32(max(between, 0).Seconds() * float64(r.clock))
}
