package chat

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// clock compares the homeserver's clock with this machine's, by the time that each of its answers bears: what
// somebody wrote bears the homeserver's time, and what the bot decides with it this machine's.
type clock struct {
	http.RoundTripper
	ahead atomic.Int64 // how far the homeserver's clock is ahead, in nanoseconds
	told  sync.Once
	tell  func(ahead time.Duration)
}

const (
	// An answer bears whole seconds only and is on its way for a moment: so little is no difference …
	sameTime = 3 * time.Second
	// … and from here on the operator is told.
	otherTime = 30 * time.Second
	// quickly is how long a request takes of which no part can have been delayed by more than that. Of others the
	// answer may have been: it makes the homeserver's clock seem behind, never ahead.
	quickly = time.Second
)

// RoundTrip passes a request on and reads the time in its answer.
func (c *clock) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	resp, err := c.RoundTripper.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		now := time.Now()
		c.read(date.Add(time.Second/2).Sub(now), now.Sub(began) <= quickly)
	}
	return resp, nil
}

func (c *clock) read(ahead time.Duration, quick bool) {
	if ahead.Abs() < sameTime {
		ahead = 0
	}
	if !quick && int64(ahead) <= c.ahead.Load() {
		return
	}
	c.ahead.Store(int64(ahead))
	if ahead.Abs() >= otherTime && c.tell != nil {
		c.told.Do(func() { c.tell(ahead) })
	}
}

// here is what this machine's clock said at a time of the homeserver's.
func (c *clock) here(there time.Time) time.Time { return there.Add(-time.Duration(c.ahead.Load())) }
