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
