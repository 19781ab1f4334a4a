package forward

import (
	"math"
	"slices"
	"time"
)

const (
	echoSpan  = 400 * time.Millisecond // after which waiting is no accident
	echoTrail = 2048                   // arrivals that are looked back on, at most
	echoBase  = 10                     // seconds among which the shortest way counts as that of an empty line,
	echoRare  = 4                      // but for one in so many

	waitSome  = 40 * time.Millisecond  // longer than usual: the line fills
	waitUsual = 150 * time.Millisecond // more is never usual
	runLeast  = 2000                   // bytes that have to come one after the other to say what a line carries
	runSpan   = 20 * time.Millisecond  // and for how long
	longerFor = 1500 * time.Millisecond
)

// trip is a packet that has arrived.
type trip struct {
	came, wait time.Duration
	bytes      int
}

// low is the shortest wait of a while.
type low struct {
	from, wait time.Duration
	known      bool
}

// Arrivals is what a receiver's reports tell of its line.
type Arrivals struct {
	// Told says whether there are any.
	Told bool
	// Sent is what leaves, in bits per second, with all that is sent again.
	Sent int
	// Carries is what came through while packets had to wait for each other, in bits per second; 0 if they had not to.
	Carries int
	// Waits is how long the newest packet waited, and Grows how much longer than the first of those that had to. Up to Seldom
	// that means nothing on this line, up to Usual not much. Stands is how long every one of the last waited at least.
	Waits, Grows, Usual, Seldom, Stands time.Duration
}

// arrived notes a packet that has come, by the receiver's clock. The lock is held, as below.
func (e *Echo) arrived(number uint16, came time.Duration, now time.Time) {
	d := &e.sent[number%echoKept]
	if !d.open || d.number != number {
		return
	}
	d.open = false
	way := came - d.at
	second := int64(now.Sub(e.begun)/time.Second) + 1
	if i := second % echoBase; e.since[i] != second || way < e.ways[i] {
		e.ways[i], e.since[i] = way, second
	}
	if e.known <= echoRare {
		e.empty, e.known = min(e.empty, way), max(e.known, 1)
	}
	t := trip{came: came, wait: max(0, way-e.empty), bytes: int(d.bytes)}
	e.settle(t)
	if half := len(e.trail) / 2; half > 0 && (came-e.trail[half].came > echoSpan || half == echoTrail/2) {
		e.trail = append(e.trail[:0], e.trail[half:]...)
	}
	e.trail = append(e.trail, t)
}

// settle notes how long a packet waited at least as everybody did of late, and how much longer than that.
func (e *Echo) settle(t trip) {
	if !e.lows[0].known || t.came-e.lows[0].from > echoSpan/2 {
		e.lows = [3]low{{from: t.came, wait: t.wait, known: true}, e.lows[0], e.lows[1]}
	}
	e.lows[0].wait = min(e.lows[0].wait, t.wait)
	more, weight := t.wait-min(e.lows[0].wait, e.lows[1].wait), time.Duration(64)
	if _, seldom := e.usual(); more > seldom {
		weight = 512
	}
	e.noise += (more - e.noise) / weight
	e.swing += ((more - e.noise).Abs() - e.swing) / weight
}

// usual is how long a packet waits at most as a rule, and seldom what is hardly ever more.
func (e *Echo) usual() (usual, seldom time.Duration) {
	return waitSome + min(e.noise, waitUsual), waitSome + min(e.noise+2*e.swing, waitUsual)
}

// way finds how long the way is while the line is empty: the shortest of all seconds, but for a few that are rare.
func (e *Echo) way(now time.Time) {
	second := int64(now.Sub(e.begun)/time.Second) + 1
	var ways []time.Duration
	for i, s := range e.since {
		if s > 0 && second-s < echoBase {
			ways = append(ways, e.ways[i])
		}
	}
	slices.Sort(ways)
	if e.known = len(ways); e.known > 0 {
		e.empty = ways[e.known/echoRare]
	} else {
		e.empty = math.MaxInt64
	}
}

// stands is how long everybody waited of late, 0 if that is not known yet.
func (e *Echo) stands() time.Duration {
	if !e.lows[2].known {
		return 0
	}
	return min(e.lows[0].wait, e.lows[1].wait, e.lows[2].wait)
}

// longer finds that the way itself has become longer: less was sent, and packets wait as before.
func (e *Echo) longer() {
	if e.drop.wait == 0 || len(e.trail) == 0 {
		return
	}
	switch {
	case e.trail[len(e.trail)-1].wait < e.drop.wait*4/5:
		e.drop.wait = 0
	case e.trail[len(e.trail)-1].came-e.drop.came > longerFor:
		e.drop.wait = 0
		e.since, e.lows = [echoBase]int64{}, [3]low{}
		e.trail = e.trail[:0]
	}
}

// Arrivals sums up what has been heard.
func (e *Echo) Arrivals(now time.Time) Arrivals {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.arrivals(now)
}

func (e *Echo) arrivals(now time.Time) Arrivals {
	a := Arrivals{Told: !e.told.IsZero() && now.Sub(e.told) < echoTold}
	if !a.Told {
		return a
	}
	a.Usual, a.Seldom = e.usual()
	a.Sent = e.rate(now)
	if len(e.trail) == 0 {
		return a
	}
	last := e.trail[len(e.trail)-1]
	a.Waits, a.Stands = last.wait, e.stands()
	bytes, from := 0, len(e.trail)-1
	for i := from; i >= 0 && last.came-e.trail[i].came <= echoSpan; i-- {
		t := e.trail[i]
		if t.wait <= a.Usual/2 {
			break
		}
		from = i
		bytes += t.bytes
	}
	bytes -= e.trail[from].bytes // it waited for others
	if span := last.came - e.trail[from].came; bytes >= runLeast && span >= runSpan {
		a.Carries, a.Grows = int(float64(8*bytes)/span.Seconds()), last.wait-e.trail[from].wait
	}
	return a
}
