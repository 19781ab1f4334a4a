package chat

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// limit is how Synapse limits: a bucket that runs out at a rate. A room or an invitation is a message as well.
type limit struct {
	gap   time.Duration
	burst float64
	level float64
	start time.Time
	first int // so many are refused in any case
}

// tooFast says how long a request has to wait. The caller holds the lock.
func (hs *homeserver) tooFast(r *http.Request) time.Duration {
	d := anything
	switch path := r.URL.Path; {
	case strings.HasSuffix(path, "/createRoom"):
		d = making
	case r.Method == http.MethodPut && strings.Contains(path, "/state/m.room.member/"):
		d = inviting
	case strings.Contains(path, "/send/"), strings.Contains(path, "/redact/"):
		d = sending
	}
	if d == anything {
		return 0
	}
	now := time.Now()
	for _, one := range []deed{d, sending} {
		if wait := hs.limits[one].wait(now); wait > 0 {
			hs.refused[d]++
			return wait
		}
	}
	for _, one := range slices.Compact([]deed{d, sending}) {
		if l := hs.limits[one]; l != nil {
			l.level++
		}
	}
	return 0
}

func (l *limit) wait(now time.Time) time.Duration {
	if l == nil {
		return 0
	}
	if l.first > 0 {
		l.first--
		return l.gap
	}
	if l.level -= float64(now.Sub(l.start)) / float64(l.gap); l.level < 0 || l.start.IsZero() {
		l.level = 0
	}
	l.start = now
	return time.Duration(max(l.level+1-l.burst, 0) * float64(l.gap))
}
