package chat

import (
	"net/http"
	"strings"
	"time"
)

// limit is how Synapse limits: a bucket that runs out at a rate.
type limit struct {
	gap   time.Duration
	burst float64
	level float64
	start time.Time
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
	l := hs.limits[d]
	if l == nil || d == anything {
		return 0
	}
	now := time.Now()
	if l.level -= float64(now.Sub(l.start)) / float64(l.gap); l.level < 0 || l.start.IsZero() {
		l.level = 0
	}
	l.start = now
	if l.level+1 > l.burst {
		hs.refused[d]++
		return time.Duration((l.level + 1 - l.burst) * float64(l.gap))
	}
	l.level++
	return 0
}
