package media

import (
	"testing"
	"testing/synctest"
	"time"

	"stimmbote/media/forward"
)

// A line with room for no picture at all is tried again and again, which nobody hears; once it has room, a picture is there.
func TestTriesAreNotHeard(t *testing.T) {
	for _, carries := range []int64{70_000, 100_000, 130_000} {
		synctest.Test(t, func(t *testing.T) {
			q, stop := newQueued()
			defer stop()
			q.carries.Store(carries)
			time.Sleep(30 * time.Second)
			n := q.notice(5 * time.Minute)
			if n.silent > 0 || n.longest > 200*time.Millisecond || n.pictures > 0 {
				t.Errorf("at %d: %+v", carries, n)
			}
			q.mu.Lock()
			tried := q.padding
			q.mu.Unlock()
			if tried < 20 {
				t.Errorf("at %d: tried with %d packets", carries, tried)
			}
			q.carries.Store(400_000)
			if n = q.notice(15 * time.Second); n.silent > 0 || n.steady > 10*time.Second || n.pictures == 0 {
				t.Errorf("with room after %d: %+v", carries, n)
			}
		})
	}
}

// A line is tried with what comes: not with a picture that its sender has switched off since there was no room for it, or
// since it had some, nor with one that is not looked at.
func TestTriedWithWhatComes(t *testing.T) {
	off := func(q *queued) { q.other.Store(0) }
	for name, c := range map[string]struct {
		carries, other int64
		flows          bool // until then
		idle           func(q *queued)
	}{
		"switched off":                 {70_000, 90_000, false, off},
		"switched off while it flowed": {130_000, 30_000, true, off},
		"not looked at":                {70_000, 90_000, false, func(q *queued) { q.s.post(q.s.prefer("another", preference{quality: forward.Best, disabled: true})) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q, stop := newQueued()
				defer stop()
				q.other.Store(c.other)
				time.Sleep(10 * time.Second)
				q.carries.Store(c.carries)
				time.Sleep(20 * time.Second)
				starved := make(chan [2]bool, 1)
				q.s.post(func() error {
					starved <- [2]bool{q.s.incoming["another"].starved, q.s.incoming["camera"].starved}
					return nil
				})
				if are := <-starved; are != [2]bool{!c.flows, true} {
					t.Fatalf("no room for the other picture and the camera's: %v", are)
				}
				c.idle(q)
				time.Sleep(1500 * time.Millisecond) // until it shows
				q.mu.Lock()
				before := q.padding
				q.mu.Unlock()
				n := q.notice(2 * time.Minute)
				q.mu.Lock()
				tried := q.padding - before
				q.mu.Unlock()
				if n.silent > 0 || n.pictures > 0 || tried < 20 {
					t.Errorf("tried with %d packets: %+v", tried, n)
				}
			})
		})
	}
}
