package media

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// upTo gives times by chance, and oneIn the few of many.
func upTo(d time.Duration) func() time.Duration {
	r := rand.New(rand.NewPCG(1, 2))
	return func() time.Duration { return time.Duration(r.Int64N(int64(d))) }
}

func oneIn(n int) func() bool {
	r := rand.New(rand.NewPCG(1, 2))
	return func() bool { return r.IntN(n) == 0 }
}

// After a step from 2 Mbit/s to 300 kbit/s sound is back as soon as what already waits in the line is through, pictures soon
// after, and nothing breaks any more; after the step back the best picture is there within ten seconds.
func TestStep(t *testing.T) {
	for _, phase := range []time.Duration{0, 23 * time.Millisecond, 51 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			q, stop := newQueued()
			defer stop()
			q.carries.Store(2_000_000)
			time.Sleep(10*time.Second + phase)
			if n := q.notice(10 * time.Second); n.silent+n.frozen > 0 || n.best > time.Second {
				t.Errorf("on a line that carries all: %+v", n)
			}
			q.carries.Store(300_000)
			if n := q.notice(24 * time.Second); n.silent > 300*time.Millisecond || n.silentUntil > 500*time.Millisecond || n.frozen > time.Second || n.steady > 2*time.Second {
				t.Errorf("after the step: %+v", n)
			}
			if n := q.notice(time.Minute); n.silent+n.frozen > 0 || n.longest > 150*time.Millisecond {
				t.Errorf("later: %+v", n)
			}
			q.carries.Store(2_000_000)
			if n := q.notice(20 * time.Second); n.silent+n.frozen > 0 || n.best < 0 || n.best > 10*time.Second {
				t.Errorf("after the step back: %+v", n)
			}
		})
	}
}

// Where a line has a deeper queue, more waits in it when it becomes thin. Sound is back as soon as that is through: nothing
// else is put behind it.
func TestStepBehindQueues(t *testing.T) {
	for most, bound := range map[time.Duration]struct{ silent, longest, frozen time.Duration }{
		100 * time.Millisecond: {0, 250 * time.Millisecond, 800 * time.Millisecond},
		500 * time.Millisecond: {600 * time.Millisecond, 700 * time.Millisecond, 1200 * time.Millisecond},
		time.Second:            {900 * time.Millisecond, 800 * time.Millisecond, 1500 * time.Millisecond},
	} {
		t.Run(most.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, stop := newQueued()
				defer stop()
				q.mu.Lock()
				q.most = most
				q.mu.Unlock()
				q.carries.Store(2_000_000)
				time.Sleep(20 * time.Second)
				q.carries.Store(300_000)
				if n := q.notice(24 * time.Second); n.silent > bound.silent || n.longest > bound.longest || n.frozen > bound.frozen {
					t.Errorf("after the step: %+v", n)
				}
				if n := q.notice(time.Minute); n.silent+n.frozen > 0 || n.longest > 150*time.Millisecond {
					t.Errorf("later: %+v", n)
				}
			})
		})
	}
}

// No sound and no picture at all are noticed as that.
func TestNothingIsSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, stop := newQueued()
		defer stop()
		time.Sleep(10 * time.Second)
		if n := q.notice(4 * time.Second); n.silent+n.frozen > 0 || n.pictures < 58 {
			t.Errorf("on a good line: %+v", n)
		}
		q.mu.Lock()
		q.lose = func() bool { return true }
		q.mu.Unlock()
		if n := q.notice(4 * time.Second); n.silent < 3700*time.Millisecond || n.frozen < 3700*time.Millisecond || n.pictures > 1 {
			t.Errorf("on a broken line: %+v", n)
		}
	})
}

// Packets that are lost, late, or by a longer way are not taken for a line that is full: pictures are as good as before.
func TestWeatherIsNoThinLine(t *testing.T) {
	for name, change := range map[string]func(q *queued){
		"loss 5 %":     func(q *queued) { q.lose = oneIn(20) },
		"loss 10 %":    func(q *queued) { q.lose = oneIn(10) },
		"jitter 40 ms": func(q *queued) { q.jitter = upTo(40 * time.Millisecond) },
		"jitter 80 ms": func(q *queued) { q.jitter = upTo(80 * time.Millisecond) },
		"a longer way": func(q *queued) { q.delay += 30 * time.Millisecond },
		"1.5 Mbit/s":   func(q *queued) { q.carries.Store(1_500_000) },
		"broken for 2 s": func(q *queued) {
			from := time.Now()
			q.lose = func() bool { return time.Since(from) < 2*time.Second }
		},
		"another way": func(q *queued) {
			q.delay += 200 * time.Millisecond
			q.s.post(q.s.moved)
		},
		"halts": func(q *queued) {
			time.AfterFunc(7*time.Second, func() { q.halt(150 * time.Millisecond) })
			time.AfterFunc(12*time.Second, func() { q.halt(200 * time.Millisecond) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, stop := newQueued()
				defer stop()
				q.carries.Store(3_000_000)
				time.Sleep(10 * time.Second)
				q.mu.Lock()
				change(q)
				q.mu.Unlock()
				pictures := 0
				for range 15 {
					n := q.notice(2 * time.Second)
					if pictures += n.pictures; n.worse > 0 {
						t.Fatalf("%d pictures in a smaller layer", n.worse)
					}
				}
				if pictures < 400 {
					t.Errorf("%d pictures in half a minute", pictures)
				}
			})
		})
	}
}

// Whatever a line carries, sound comes through it, and a picture if there is room, soon after it has become so thin and from
// then on; a way that has become much longer costs the best picture for some seconds.
func TestThinLines(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(q *queued)
		picture bool
	}{
		"1.3 Mbit/s":  {func(q *queued) { q.carries.Store(1_300_000) }, true},
		"1.2 Mbit/s":  {func(q *queued) { q.carries.Store(1_200_000) }, true},
		"600 kbit/s":  {func(q *queued) { q.carries.Store(600_000) }, true},
		"400 kbit/s":  {func(q *queued) { q.carries.Store(400_000) }, true},
		"200 kbit/s":  {func(q *queued) { q.carries.Store(200_000) }, true},
		"100 kbit/s":  {func(q *queued) { q.carries.Store(100_000) }, false},
		"much longer": {func(q *queued) { q.delay += 200 * time.Millisecond }, true},
		"300 kbit/s with jitter": {func(q *queued) {
			q.carries.Store(300_000)
			q.jitter = upTo(40 * time.Millisecond)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, stop := newQueued()
				defer stop()
				q.carries.Store(3_000_000)
				time.Sleep(10 * time.Second)
				q.mu.Lock()
				c.change(q)
				q.mu.Unlock()
				n := q.notice(20 * time.Second)
				silent := 300 * time.Millisecond
				if !c.picture {
					silent = 0 // what it is tried with is not heard
				}
				if n.silent > 600*time.Millisecond || c.picture && n.frozen > 1500*time.Millisecond {
					t.Errorf("at first: %+v", n)
				}
				if n = q.notice(time.Minute); n.silent > silent || c.picture && n.frozen > time.Second {
					t.Errorf("later: %+v", n)
				}
			})
		})
	}
}

// What is known to be lost counts when a line fills between two beats, too.
func TestAlarmKnowsWhatWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, stop := newQueued()
		defer stop()
		q.mu.Lock()
		q.lose = oneIn(8)
		q.mu.Unlock()
		time.Sleep(5 * time.Second)
		lost := make(chan float64, 1)
		q.s.post(func() error {
			lost <- q.s.thin.heard.Lost
			return nil
		})
		if l := <-lost; l < 0.05 || l > 0.25 {
			t.Errorf("%v of the packets are taken for lost", l)
		}
		if _, limited := q.s.thin.line.Limit(); limited {
			t.Fatal("the line is taken for thin")
		}
		q.s.post(func() error {
			q.s.thin.heard.Lost = 0.5
			return nil
		})
		q.s.alarm()
		synctest.Wait()
		if _, limited := q.s.thin.line.Limit(); !limited {
			t.Error("what is lost has not counted")
		}
	})
}
