package allot

import (
	"testing"
	"testing/synctest"
	"time"
)

const (
	beat = 250 * time.Millisecond
	mbit = 1000 * kbit
)

// pipe is a line that carries so much: what is more waits for a while and is then lost.
type pipe struct {
	carries, waits int // bits per second, bits
}

// take gives what is lost of what is sent in one beat.
func (p *pipe) take(sent int) float64 {
	in, out := sent/4, p.carries/4
	p.waits += in - out
	lost := max(0, p.waits-p.carries/4) // a quarter of a second
	p.waits = min(max(p.waits, 0), p.carries/4)
	return float64(min(lost, in)) / float64(max(in, 1))
}

// run sends what the line is said to carry, of what is needed, and calls seen after each beat.
func run(l *Line, p *pipe, needs int, d time.Duration, seen func(sent int, lost float64)) {
	for end := time.Now().Add(d); time.Now().Before(end); {
		sent := needs
		if limit, limited := l.Limit(); limited {
			sent = min(sent, limit)
		}
		lost := p.take(sent)
		time.Sleep(beat)
		l.Note(time.Now(), Heard{Sent: sent, Lost: lost, Needs: needs})
		if seen != nil {
			seen(sent, lost)
		}
	}
}

// After a step down less than the line carries is sent within a second, and most of the time; after a step up all of it
// within ten seconds.
func TestLineFollowsSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, p := &Line{}, &pipe{carries: 2 * mbit}
		run(l, p, 1600*kbit, 10*time.Second, func(_ int, lost float64) {
			if _, limited := l.Limit(); limited || lost > 0 {
				t.Fatal("limited on a line that carries all")
			}
		})
		p.carries = 300 * kbit
		run(l, p, 1600*kbit, time.Second, nil)
		if limit, limited := l.Limit(); !limited || limit > 300*kbit || limit < 100*kbit {
			t.Errorf("limit %d, %v a second after the line became thin", limit, limited)
		}
		beats, bad := 0, 0
		run(l, p, 1600*kbit, time.Minute, func(_ int, lost float64) {
			if beats++; lost > 0.02 {
				bad++
			}
		})
		if bad > beats/10 {
			t.Errorf("%d of %d times too much was sent", bad, beats)
		}
		p.carries = 2 * mbit
		run(l, p, 1600*kbit, 10*time.Second, nil)
		if limit, limited := l.Limit(); limited && limit < 1600*kbit {
			t.Errorf("limit %d ten seconds after the line became good", limit)
		}
	})
}

// What is lost here and there, as on bad radio, is not taken for a full line.
func TestLineBearsWeather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Line{}
		for i := range 400 {
			time.Sleep(beat)
			l.Note(time.Now(), Heard{Sent: mbit, Lost: float64(i%3) * 0.08, Needs: mbit})
		}
		if _, limited := l.Limit(); limited {
			t.Error("limited")
		}
	})
}

// Where much is lost whatever is sent, nearly all is sent again after a while.
func TestLineKnowsBadWeather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, low := &Line{}, 0
		for i := range 240 {
			sent := mbit
			if limit, limited := l.Limit(); limited {
				sent = min(sent, limit)
			}
			time.Sleep(beat)
			l.Note(time.Now(), Heard{Sent: sent, Lost: 0.25 + float64(i%3)*0.02, Needs: mbit})
			if sent < mbit*7/10 {
				low++
			}
		}
		if low > 60 {
			t.Errorf("too little was sent %d of 240 times", low)
		}
	})
}

// A receiver's own estimate counts where it falls, and not where it only has not seen more yet.
func TestLineHearsTheReceiver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Line{}
		note := func(estimate int) {
			time.Sleep(beat)
			l.Note(time.Now(), Heard{Sent: mbit, Estimate: estimate, Needs: mbit})
		}
		for e := 300 * kbit; e < mbit; e += 50 * kbit {
			note(e)
		}
		if limit, limited := l.Limit(); limited {
			t.Fatalf("limit %d while the receiver's estimate grows", limit)
		}
		note(400 * kbit)
		if limit, limited := l.Limit(); !limited || limit > 400*kbit {
			t.Errorf("limit %d, %v", limit, limited)
		}
	})
}

// However much is lost, something is left for sound.
func TestLineLeavesSomething(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Line{}
		for range 100 {
			time.Sleep(beat)
			l.Note(time.Now(), Heard{Sent: mbit, Lost: 1, Needs: mbit})
		}
		if limit, _ := l.Limit(); limit != least {
			t.Errorf("limit %d", limit)
		}
	})
}

// What packets wait is taken for a full line where they wait longer and longer, and much less comes through than is sent;
// or where all of them wait. After a halt they wait less and less.
func TestLineHearsOfArrivals(t *testing.T) {
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		a    Arrivals
		full bool
	}{
		"it fills":               {Arrivals{Sent: 2 * mbit, Carries: 300 * kbit, Waits: 110 * ms, Grows: 80 * ms}, true},
		"after a halt":           {Arrivals{Sent: 2 * mbit, Carries: 300 * kbit, Waits: 110 * ms, Grows: -30 * ms}, false},
		"a large picture":        {Arrivals{Sent: mbit, Carries: mbit, Waits: 110 * ms, Grows: 80 * ms}, false},
		"jitter":                 {Arrivals{Sent: 2 * mbit, Carries: 300 * kbit, Waits: 60 * ms, Grows: 40 * ms}, false},
		"all wait":               {Arrivals{Sent: mbit, Carries: 950 * kbit, Waits: 65 * ms, Stands: 65 * ms}, true},
		"it has filled a little": {Arrivals{Sent: mbit, Carries: 950 * kbit, Waits: 50 * ms, Stands: 50 * ms}, false},
	} {
		l := &Line{}
		c.a.Told, c.a.Usual, c.a.Seldom = true, 60*ms, 80*ms
		l.Note(time.Now(), Heard{Arrivals: c.a, Needs: 2 * mbit})
		limit, limited := l.Limit()
		if limited != c.full || limited && limit != int(part*float64(c.a.Carries)) {
			t.Errorf("%s: limit %d, %v", name, limit, limited)
		}
	}
}

// A line is tried for more with what nobody relies on, and pictures may rely on it later; if it begins to fill, or to lose,
// that ends at once, and pictures have what they had.
func TestLineIsTried(t *testing.T) {
	for name, c := range map[string]Heard{
		"filling": {Arrivals: Arrivals{Told: true, Waits: 70 * time.Millisecond, Carries: 300 * kbit}},
		"losing":  {Arrivals: Arrivals{Told: true}, Lost: 0.5},
		"well":    {Arrivals: Arrivals{Told: true}},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := &Line{}
			full := Arrivals{Told: true, Sent: 2 * mbit, Carries: 300 * kbit, Waits: time.Second, Grows: time.Second}
			l.Note(time.Now(), Heard{Arrivals: full, Needs: 2 * mbit})
			before, _ := l.Limit()
			for l.Tries() < before+100*kbit {
				time.Sleep(beat)
				l.Note(time.Now(), Heard{Arrivals: Arrivals{Told: true}, Needs: 2 * mbit})
			}
			if limit, _ := l.Limit(); limit != before {
				t.Errorf("%s: pictures have %d at once", name, limit)
			}
			c.Needs, c.Arrivals.Usual = 2*mbit, 60*time.Millisecond
			for range 2 {
				time.Sleep(beat)
				l.Note(time.Now(), c)
			}
			if limit, limited := l.Limit(); name != "well" && (!limited || limit != before || l.Tries() > 0) {
				t.Errorf("%s: limit %d, %v, tried with %d", name, limit, limited, l.Tries())
			}
			if name != "well" {
				return
			}
			for range 20 {
				time.Sleep(beat)
				l.Note(time.Now(), c)
			}
			if _, limited := l.Limit(); limited {
				t.Error("still limited")
			}
		})
	}
}

// Where a line bears more only because something waits in it, pictures have what came through.
func TestTriedIsNotCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Line{}
		full := Arrivals{Told: true, Sent: 2 * mbit, Carries: 300 * kbit, Waits: time.Second, Grows: time.Second}
		l.Note(time.Now(), Heard{Arrivals: full, Needs: 2 * mbit})
		for limit := 0; limit < 400*kbit; limit, _ = l.Limit() {
			time.Sleep(beat)
			l.Note(time.Now(), Heard{Arrivals: Arrivals{Told: true}, Needs: 2 * mbit})
		}
		halt := Arrivals{Told: true, Carries: 380 * kbit, Waits: 100 * time.Millisecond, Grows: -time.Millisecond}
		filling := halt
		filling.Grows = time.Millisecond
		before, _ := l.Limit()
		copied := *l
		l.Note(time.Now(), Heard{Arrivals: filling, Needs: 2 * mbit})
		if limit, _ := l.Limit(); limit != 323*kbit {
			t.Errorf("limit %d", limit)
		}
		copied.Note(time.Now(), Heard{Arrivals: halt, Needs: 2 * mbit})
		if limit, _ := copied.Limit(); limit != before {
			t.Errorf("limit %d after a halt, %d before", limit, before)
		}
	})
}

// A line that can be filled with nothing but pictures is tried seldom, one with padding as usual; both end with the
// first that waits.
func TestLineWithoutPictures(t *testing.T) {
	for _, bare := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			l, tries, trying, most := &Line{}, 0, false, 0
			full := Arrivals{Told: true, Sent: mbit, Carries: 100 * kbit, Waits: time.Second, Grows: time.Second}
			l.Note(time.Now(), Heard{Arrivals: full, Needs: mbit, Least: 160 * kbit, Bare: bare})
			for range 10 * 60 * 4 {
				time.Sleep(beat)
				h := Heard{Arrivals: Arrivals{Told: true, Usual: 40 * time.Millisecond, Seldom: 45 * time.Millisecond}, Needs: mbit, Least: 160 * kbit, Bare: bare}
				if l.Tries() > 100*kbit {
					h.Arrivals.Waits, h.Arrivals.Usual = 50*time.Millisecond, 60*time.Millisecond
				}
				if l.Note(time.Now(), h); l.Tries() > 0 && !trying {
					tries++
				}
				trying, most = l.Tries() > 0, max(most, l.Tries())
			}
			if bare && (tries < 4 || tries > 8) || !bare && tries < 60 || most > 120*kbit {
				t.Errorf("bare %v: %d tries in ten minutes, with %d at most", bare, tries, most)
			}
		})
	}
}
