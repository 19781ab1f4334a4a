package allot

import "time"

const (
	// heavy is the part of the packets from which on loss says that the line is full: less may be the weather.
	heavy = 0.2
	// drop is how much a receiver's own estimate falls when its line is full.
	drop = 0.95
	// rest is what is left for the line to empty itself.
	rest = 0.8
	// settle is how long it takes until what was changed can be seen.
	settle = 600 * time.Millisecond
	// growth is by how much the limit grows in a second while nothing speaks against it.
	growth = 0.5
	// holdFirst and holdMost are how long nothing may speak against it before it grows. Each time that this was too much
	// it takes twice as long.
	holdFirst = 1500 * time.Millisecond
	holdMost  = 8 * time.Second
	// tried is how long after the limit has grown a full line is taken for its fault.
	tried = 4 * time.Second
	// spare is how much more than is needed a line has to carry before it counts as free.
	spare = 1.3
	// least is what is taken for carried in any case: voices and a small picture.
	least = 200_000
	// less is how much less has to be sent for loss that stays to be the weather's, stays how much of it, and weatherFor
	// how long it is taken for that.
	less       = 0.75
	stays      = 0.8
	weatherFor = 30 * time.Second
)

// Heard is what has been learnt of a line since the last time.
type Heard struct {
	// Sent is what went out, in bits per second.
	Sent int
	// Lost is the part of it that did not arrive, from 0 to 1.
	Lost float64
	// Estimate is what the receiver itself takes its line for, in bits per second; 0 if it says nothing new.
	Estimate int
	// Needs is what everything that is wanted would take.
	Needs int
}

// Line is an estimate of what a receiver's line carries. It carries all until something speaks against that: much is lost,
// or the receiver's own estimate falls below what it is sent. Then it is what has arrived, and grows again after a while.
type Line struct {
	limit    float64 // 0: as much as anybody wants
	estimate int     // the receiver's last
	fullAt   time.Time
	grownAt  time.Time
	calm     time.Time // since when nothing speaks against it
	hold     time.Duration
	last     time.Time

	then      Heard   // when the line was last full
	weather   float64 // loss that has nothing to do with how much is sent
	weatherAt time.Time
}

// Limit is what the line carries, in bits per second; limited is false while it carries all that there is.
func (l *Line) Limit() (bits int, limited bool) { return int(l.limit), l.limit > 0 }

// Note takes in what has been learnt. lowered is whether the line turned out to be full: what has been heard until then
// says nothing of what is sent from now on.
func (l *Line) Note(now time.Time, h Heard) (lowered bool) {
	since := now.Sub(l.last)
	l.last = now
	carries, full := l.full(now, h)
	switch {
	case full && now.Sub(l.fullAt) < settle:
		l.calm = now // already seen, and answered
	case full:
		if now.Sub(l.grownAt) < tried {
			l.hold = min(2*l.hold, holdMost)
		} else if l.limit == 0 {
			l.hold = holdFirst
		}
		if l.limit == 0 || carries < l.limit {
			l.limit = carries
		}
		l.limit = max(l.limit*rest, least)
		l.fullAt, l.calm, l.then = now, now, h
		return true
	case l.limit == 0:
	case now.Sub(l.calm) >= l.hold:
		l.limit *= 1 + growth*min(since, time.Second).Seconds()
		l.grownAt = now
		if l.limit > spare*float64(h.Needs) {
			l.limit = 0
		}
	}
	return false
}

// full says whether the line was full, and what it then carried.
func (l *Line) full(now time.Time, h Heard) (carries float64, full bool) {
	before := l.estimate
	if h.Estimate > 0 {
		l.estimate = h.Estimate
	}
	arrived := float64(h.Sent) * (1 - h.Lost)
	switch {
	case h.Estimate > 0 && h.Estimate < h.Sent && float64(h.Estimate) < drop*float64(before):
		return min(float64(h.Estimate)/rest, arrived), true // the receiver has left room already
	case h.Lost < heavy, l.bears(now, h):
		return 0, false
	default:
		return arrived, true
	}
}

// bears says whether loss is no worse than on this line in any case: where less is sent and as much is lost, or was a
// while ago.
func (l *Line) bears(now time.Time, h Heard) bool {
	if l.limit > 0 && now.Sub(l.fullAt) >= settle && float64(h.Sent) < less*float64(l.then.Sent) && h.Lost > stays*l.then.Lost {
		l.weather, l.weatherAt = h.Lost, now
	}
	return now.Sub(l.weatherAt) < weatherFor && h.Lost*stays < l.weather
}
