package chat

import (
	"context"
	"sync/atomic"
	"time"

	"stimmbote/store"
)

// Stats is how the line is. It names nobody.
type Stats struct {
	LastSync   time.Time     // when the homeserver last answered a sync; zero is never
	Events     uint64        // messages that arrived since the start
	Unreadable uint64        // messages whose key was not there when they arrived
	Limited    time.Duration // how long the homeserver asked to wait, summed up
	Signed     bool          // the device is signed by its owner
}

// counters are what Stats is made of.
type counters struct {
	lastSync   atomic.Int64 // nanoseconds since 1970
	answered   atomic.Int64 // when the bot asked for what came last
	handled    atomic.Int64 // when it asked for that with which all is done that came until then
	events     atomic.Uint64
	unreadable atomic.Uint64
	limited    atomic.Int64 // nanoseconds
	signed     atomic.Bool
}

// Stats says how the line is.
func (l *Line) Stats() Stats {
	s := Stats{
		Events:     l.counters.events.Load(),
		Unreadable: l.counters.unreadable.Load(),
		Limited:    time.Duration(l.counters.limited.Load()),
		Signed:     l.counters.signed.Load(),
	}
	if at := l.counters.lastSync.Load(); at != 0 {
		s.LastSync = time.Unix(0, at)
	}
	return s
}

// CaughtUp says whether everything was dealt with that the homeserver had at a moment: it was asked after that, and what it
// answered is done. Where it was not it is asked now, so that it is worth while to look again soon; that it says nothing
// to who listens is no answer, the connection may be dead.
func (l *Line) CaughtUp(at time.Time) bool {
	if l.counters.handled.Load() >= at.UnixNano() {
		return true
	}
	if l.counters.answered.Load() < at.UnixNano() {
		l.listening.askNow()
	}
	return false
}

// Deliveries counts what the bot has to say and has said, as far as it is remembered, by state.
func (l *Line) Deliveries(ctx context.Context) (map[string]int, error) {
	counts, err := l.store.OutgoingByState(ctx)
	if err != nil {
		return nil, err
	}
	return map[string]int{
		"waiting":  counts[store.OutgoingWaiting],
		"sent":     counts[store.OutgoingSent],
		"dropped":  counts[store.OutgoingDropped],
		"given_up": counts[store.OutgoingGiven],
	}, nil
}
