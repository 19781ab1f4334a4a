package allot

import "time"

const (
	// heavy is the part of the packets from which on loss says that the line is full: less may be the weather.
	heavy = 0.2
	// heavyTold is that part where arrivals are reported, which tell of full lines before: few drop what they have no room
	// for at once.
	heavyTold = 0.35
	// drop is how much a receiver's own estimate falls when its line is full.
	drop = 0.95
	// rest is what is left for the line to empty itself.
	rest = 0.8
	// settle is how long it takes until what was changed can be seen.
	settle = 600 * time.Millisecond
	// growth is by how much the limit grows in a second while nothing speaks against it.
	growth = 0.5
	// faster is by how much it grows where arrivals are reported, and proven how long it has to be filled until pictures
	// may rely on it.
	faster = 1.0
	proven = 750 * time.Millisecond
	// part is what is made use of, of what a line is known to carry.
	part = 0.85
	// quick is by how much less a line has to carry than it is sent to be found full at once.
	quick = 0.7
	// drain is how long a line is left to sound alone that was found much too full, and drainOn for how long again while
	// that still waits for longer than drainWait, drainMost in all.
	drain     = 250 * time.Millisecond
	drainOn   = 100 * time.Millisecond
	drainWait = 150 * time.Millisecond
	drainMost = 2 * time.Second
	// step is how much longer packets have to wait one after the other: after a halt they wait less and less.
	step = 20 * time.Millisecond
	// stand is how long everything may wait in a line, and empty how long a line takes until that has become less.
	stand = 60 * time.Millisecond
	empty = 1600 * time.Millisecond
	// tooLong is how long everything may wait while the line is tried.
	tooLong = 25 * time.Millisecond
	// holdFirst and holdMost are how long nothing may speak against it before it grows. Each time that this was too much
	// it takes twice as long.
	holdFirst = 1500 * time.Millisecond
	holdMost  = 6 * time.Second
	holdBare  = 10 * time.Second // and at least and at most where it can only be tried with a picture that nobody sees so far
	mostBare  = 2 * time.Minute
	// tried is how long after the limit has grown a full line is taken for its fault.
	tried = 4 * time.Second
	// spare is how much more than is needed a line has to carry before it counts as free.
	spare = 1.3
	// least is what is taken for carried in any case: voices and a small picture.
	least = 200_000
	// leastTold is that where arrivals have told it.
	leastTold = 50_000
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
	// Least is what sound and the smallest picture would take.
	Least int
	// Bare says that there is nothing that the line could be filled with but pictures.
	Bare bool
	// Arrivals is what reports of arrival tell.
	Arrivals Arrivals
}

// Arrivals is what a receiver's reports of arrival tell. Packets that wait for each other in a line that is too thin are
// later and later.
type Arrivals struct {
	// Told says whether there are any.
	Told bool
	// Sent is what leaves, in bits per second, with all that is sent again.
	Sent int
	// Carries is what came through while packets had to wait for each other; 0 if they had not to.
	Carries int
	// Waits is how long the newest packet waited, and Grows how much longer than the first of those that had to. Up to Seldom
	// that means nothing on this line, up to Usual not much. Stands is how long every one of the last waited at least.
	Waits, Grows, Usual, Seldom, Stands time.Duration
}

// Line is an estimate of what a receiver's line carries. It carries all until something speaks against that: much is lost,
// the receiver's own estimate falls below what it is sent, or packets wait for each other. Then it is what has arrived, and
// grows again after a while; where arrivals are reported, first with what nobody relies on.
type Line struct {
	limit    float64 // 0: as much as anybody wants
	estimate int     // the receiver's last
	fullAt   time.Time
	grownAt  time.Time
	calm     time.Time // since when nothing speaks against it
	hold     time.Duration
	last     time.Time
	tries    []try // while it grows
	drained  time.Time
	sure     float64
	lost     float64 // when the present tries began
	from     float64 // and what was sure then
	seldom   time.Duration

	then      Heard   // when the line was last full
	weather   float64 // loss that has nothing to do with how much is sent
	weatherAt time.Time
}

// try is what the line was tried with at a time.
type try struct {
	at    time.Time
	limit float64
}

// Limit is what the line carries, in bits per second; limited is false while it carries all that there is.
func (l *Line) Limit() (bits int, limited bool) { return int(min(l.sure, l.limit)), l.limit > 0 }

// Drained is when there is room for anything but sound again: what waits in the line makes sound wait too.
func (l *Line) Drained() time.Time { return l.drained }

// Tries is what the line is to be filled with to see whether it carries more; 0 if with nothing.
func (l *Line) Tries() (bits int) {
	if len(l.tries) == 0 {
		return 0
	}
	return int(l.limit)
}

// Note takes in what has been learnt. lowered is whether the line turned out to be full: what has been heard until then
// says nothing of what is sent from now on.
func (l *Line) Note(now time.Time, h Heard) (lowered bool) {
	since := now.Sub(l.last)
	l.last = now
	if l.drains(now, h.Arrivals) {
		l.drained = now.Add(drainOn)
	}
	if a := h.Arrivals; now.Before(l.drained) && a.Carries > 0 && a.Waits > a.Usual {
		l.limit = min(l.limit, l.borne(h)) // it shows better now than at first sight
		l.sure = min(l.sure, l.limit)
	}
	carries, full := l.full(now, h)
	switch {
	case l.tooMuch(h):
		if h.Bare && l.from < float64(h.Least) {
			l.sure = l.from // there was nothing to try it with but a picture
		}
		if a := h.Arrivals; a.Carries > 0 && a.Grows > 0 {
			l.sure = min(l.sure, l.borne(h)) // it has borne more, but in part by letting it wait
		}
		l.limit, l.tries = l.sure, nil
		l.fullAt, l.calm = now, now
		l.wait(h)
		return true
	case full && now.Sub(l.fullAt) < settle:
		l.calm = now // already seen, and answered
	case full:
		first := l.limit == 0
		if first || carries < l.limit {
			l.limit = carries
		}
		l.limit = max(l.limit*rest, l.least(h))
		if first {
			l.hold = holdFirst / 2
		}
		if first || now.Sub(l.grownAt) < tried {
			l.wait(h)
		}
		if a := h.Arrivals; len(l.tries) == 0 && float64(a.Carries) < quick*float64(a.Sent) {
			l.drained = now.Add(drain)
		}
		l.sure, l.tries = l.limit, nil
		l.fullAt, l.calm, l.then = now, now, h
		return true
	case l.limit == 0:
	case now.Sub(l.calm) >= l.hold:
		l.grow(now, min(since, time.Second).Seconds(), h)
	}
	return false
}

// grow tries the line for more: with pictures, or, where it shows soon enough that it is too much, with something that
// nobody looks at.
func (l *Line) grow(now time.Time, since float64, h Heard) {
	l.grownAt = now
	if !h.Arrivals.Told {
		l.limit *= 1 + growth*since
		l.sure, l.tries = l.limit, nil
		if l.limit > spare*float64(h.Needs) {
			l.limit = 0
		}
		return
	}
	enough := float64(h.Needs) * (1 + 1.0/more + 0.01)
	if len(l.tries) == 0 {
		l.lost, l.from, l.seldom = h.Lost, l.sure, h.Arrivals.Seldom
	}
	l.limit = max(l.sure, min(l.limit*(1+faster*since), enough))
	l.tries = append(l.tries, try{now, l.limit})
	for len(l.tries) > 1 && now.Sub(l.tries[0].at) >= proven {
		l.sure = max(l.sure, l.tries[0].limit)
		l.tries = l.tries[1:]
	}
	if l.sure >= enough {
		l.limit, l.tries = 0, nil
	}
}

// full says whether the line was full, and what it then carried.
func (l *Line) full(now time.Time, h Heard) (carries float64, full bool) {
	before := l.estimate
	if h.Estimate > 0 {
		l.estimate = h.Estimate
	}
	arrived := float64(h.Sent) * (1 - h.Lost)
	switch {
	case l.fills(now, h.Arrivals):
		return float64(h.Arrivals.Carries) * part / rest, true
	case h.Estimate > 0 && h.Estimate < h.Sent && float64(h.Estimate) < drop*float64(before):
		return min(float64(h.Estimate)/rest, arrived), true // the receiver has left room already
	case h.Lost < heavy, h.Arrivals.Told && h.Lost < heavyTold, l.bears(now, h):
		return 0, false
	default:
		return arrived, true
	}
}

// drains says whether a line that has been left to sound is to be left to it for longer.
func (l *Line) drains(now time.Time, a Arrivals) bool {
	over := now.Sub(l.drained)
	return over >= 0 && over < drainOn && a.Told && a.Waits > drainWait && now.Sub(l.fullAt) < drainMost
}

// wait has the line grow later than the last time.
func (l *Line) wait(h Heard) {
	if h.Bare && l.limit < float64(h.Least) {
		l.hold = min(max(2*l.hold, holdBare), mostBare)
	} else {
		l.hold = min(2*l.hold, holdMost)
	}
}

// borne is what a line that lets packets wait bears, by how they arrive.
func (l *Line) borne(h Heard) float64 { return max(part*float64(h.Arrivals.Carries), l.least(h)) }

// least is what is taken for carried in any case.
func (l *Line) least(h Heard) float64 {
	if h.Arrivals.Carries > 0 {
		return leastTold
	}
	return least
}

// fills says whether packets wait for each other: all of them, or the newest, and much less comes through than is sent.
func (l *Line) fills(now time.Time, a Arrivals) bool {
	stands := a.Stands > stand && now.Sub(l.fullAt) > empty
	grows := a.Waits > a.Seldom && a.Grows > step && float64(a.Carries) < quick*float64(a.Sent)
	return a.Carries > 0 && (stands || grows)
}

// tooMuch says whether a line that is tried begins to fill, which is seen before sound waits for long, or to lose.
func (l *Line) tooMuch(h Heard) bool {
	a := h.Arrivals
	waits := a.Stands > tooLong || a.Waits > a.Usual && a.Carries > 0 && float64(a.Carries) < l.limit
	if l.from < float64(h.Least) {
		waits = waits || a.Waits > l.seldom // little has to wait on such a line until sound does
	}
	return len(l.tries) > 0 && (waits || h.Lost > l.lost+heavy)
}

// bears says whether loss is no worse than on this line in any case: where less is sent and as much is lost, or was a
// while ago.
func (l *Line) bears(now time.Time, h Heard) bool {
	if l.limit > 0 && now.Sub(l.fullAt) >= settle && float64(h.Sent) < less*float64(l.then.Sent) && h.Lost > stays*l.then.Lost {
		l.weather, l.weatherAt = h.Lost, now
	}
	return now.Sub(l.weatherAt) < weatherFor && h.Lost*stays < l.weather
}
