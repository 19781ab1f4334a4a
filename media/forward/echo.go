package forward

import (
	"math"
	"sync"
	"time"
)

const (
	echoKept   = 2048                   // packets whose departure is remembered
	echoAlarms = 20 * time.Millisecond  // between two, whatever a receiver reports
	echoTold   = time.Second            // for which a report counts
	echoBroke  = 700 * time.Millisecond // without one, after which the line was broken
	echoRate   = 500 * time.Millisecond // over which is counted what leaves
	echoLooked = 100_000                // packets that are looked up in a second, whatever a receiver reports: all wait for that
	echoReport = 500                    // of them that a report takes as much time as
)

// Echo is what a receiver says of when packets reach it, by the numbers that all of its tracks share
// (draft-holmer-rmcat-transport-wide-cc-extensions). Packets that wait for each other in a line that is too thin are later
// and later: that shows before anything is lost, and the gaps between them tell what the line carries.
type Echo struct {
	alarm func()       // the line fills
	guard func(func()) // does something for which a fault is no matter of others

	mu      sync.Mutex
	begun   time.Time
	next    uint16
	sent    []departure // by number; made with the first packet
	told    time.Time   // of the last report
	broke   bool        // there was none for longer than usual
	first   uint32      // reference time of the first one
	alarmed time.Time   // last
	second  int64       // in which packets are looked up
	looked  int         // how many were

	ways  [echoBase]time.Duration // the shortest of each second
	since [echoBase]int64         // the second, 0 if there was none
	lows  [3]low                  // the shortest waits of late, the newest first
	empty time.Duration           // the way while nothing waits
	known int                     // seconds that it has been found by
	noise time.Duration           // how much longer packets wait than the one among them that waits least, as a rule
	swing time.Duration           // and how different that is
	trail []trip
	drop  trip // from which on the trail counts, and how long it waited
}

// departure is a packet that has left.
type departure struct {
	at     time.Duration
	bytes  int32
	number uint16
	open   bool // nothing has been said of it
}

// NewEcho returns one for a receiver that has said nothing yet. alarm is called when its line fills; it must not wait. Reports
// are heard in guard, which does what it is given at once.
func NewEcho(alarm func(), guard func(func())) *Echo {
	return &Echo{alarm: alarm, guard: guard, begun: time.Now()}
}

// leaves gives a packet its number.
func (e *Echo) leaves(payload int, now time.Time) uint16 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sent == nil {
		e.sent = make([]departure, echoKept)
	}
	n := e.next
	e.next++
	e.sent[n%echoKept] = departure{at: now.Sub(e.begun), bytes: int32(payload + overhead), number: n, open: true}
	return n
}

// heard takes a report, as it came. What cannot be read is passed over.
func (e *Echo) heard(b []byte, now time.Time) {
	if r, ok := readNotice(b); ok && e.take(r, now) {
		e.alarm()
	}
}

// take is heard, and says whether the line fills.
func (e *Echo) take(r notice, now time.Time) (fills bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.sent == nil || !e.affords(r.count, now) {
		return false
	}
	switch since := now.Sub(e.told); {
	case e.told.IsZero():
		e.first = r.reference
	case since > echoBroke:
		e.broke = true
		e.trail, e.lows = e.trail[:0], [3]low{}
	}
	e.told = now
	begin := time.Duration(int32((r.reference-e.first)<<8)>>8) * 64 * time.Millisecond // 24 bits, which begin again
	e.way(now)
	for number, came := range r.arrivals {
		e.arrived(number, begin+came, now)
	}
	e.longer()
	if now.Sub(e.alarmed) < echoAlarms {
		return false
	}
	a := e.arrivals(now)
	if a.Waits <= a.Usual && a.Stands <= waitSome {
		return false
	}
	e.alarmed = now
	return true
}

// affords says whether there is time for a report of so many packets. The lock is held.
func (e *Echo) affords(count int, now time.Time) bool {
	if second := int64(now.Sub(e.begun) / time.Second); second != e.second {
		e.second, e.looked = second, 0
	}
	if e.looked >= echoLooked {
		return false
	}
	e.looked += echoReport + count
	return true
}

// rate is what leaves, in bits per second.
func (e *Echo) rate(now time.Time) int {
	bytes, from := 0, now.Sub(e.begun)-echoRate
	for n := e.next - 1; n != e.next-echoKept; n-- {
		d := &e.sent[n%echoKept]
		if d.number != n || d.bytes == 0 || d.at < from {
			break
		}
		bytes += int(d.bytes)
	}
	return int(float64(8*bytes) / echoRate.Seconds())
}

// Forget lets what has been heard until now count no more: less is sent from now on.
func (e *Echo) Forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.trail) > 0 {
		e.drop = e.trail[len(e.trail)-1]
	}
	e.trail, e.lows = e.trail[:0], [3]low{}
}

// Broke says whether the line is broken, or was for a while since the last time.
func (e *Echo) Broke(now time.Time) (broke bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	broke, e.broke = e.broke || !e.told.IsZero() && now.Sub(e.told) > echoBroke, false
	return broke
}

// Move lets everything that is known of the line count no more: packets go another way from now on.
func (e *Echo) Move() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.since, e.known, e.empty = [echoBase]int64{}, 0, math.MaxInt64
	e.trail, e.lows, e.drop = e.trail[:0], [3]low{}, trip{}
	for i := range e.sent {
		e.sent[i].open = false
	}
}
