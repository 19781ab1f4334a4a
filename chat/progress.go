package chat

import (
	"context"
	"sync"
	"time"

	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// Progress is how far the deliveries of a group are.
type Progress struct {
	Waiting, Sent, Given int           // Given: given up
	Accepted             int           // who is in their direct room, of those that were to be met
	ETA                  time.Duration // until what waits is sent; what failed before does not count
}

// Progress says how far the deliveries of a group are. The time follows from how fast the homeserver lets
// the bot go, as far as its refusals have told, from how long a delivery takes, and from what leaves first.
func (l *Line) Progress(ctx context.Context, group string) (Progress, error) {
	states, err := l.store.GroupOutgoing(ctx, group)
	if err != nil {
		return Progress{}, err
	}
	p := Progress{
		Waiting: states[store.OutgoingWaiting],
		Sent:    states[store.OutgoingSent],
		Given:   states[store.OutgoingGiven],
	}
	if p.Accepted, err = l.accepted(ctx, group); err != nil || p.Waiting == 0 {
		return p, err
	}
	loads, err := l.store.Loads(ctx, group, meetKind)
	if err != nil {
		return Progress{}, err
	}
	p.ETA = l.span(loads)
	return p, nil
}

// accepted counts who came into their direct room, of those that a group wanted to be met.
func (l *Line) accepted(ctx context.Context, group string) (n int, err error) {
	met, err := l.store.Met(ctx, group, meetKind)
	if err != nil || l.Me() == "" { // nothing waits for the login
		return 0, err
	}
	for person, room := range met {
		if l.client.StateStore.IsInRoom(ctx, id.RoomID(room), id.UserID(person)) {
			n++
		}
	}
	return n, nil
}

// span is how long it takes until all of a group's own loads are gone. Before them go the lanes that are
// preferred to their last one, and in their lanes as much of others as there is of their own: groups
// take turns.
func (l *Line) span(loads []store.Load) time.Duration {
	last, own := -1<<31, make(map[int]int)
	for _, load := range loads {
		if load.Own {
			last = max(last, load.Lane)
			own[load.Lane] += load.Count
		}
	}
	var n [deeds]float64
	for _, load := range loads {
		share := 0.0
		switch {
		case load.Own, load.Lane < last:
			share = 1
		case load.Lane == last && load.Count > 0:
			share = min(1, float64(own[last])/float64(load.Count))
		}
		n[anything] += share * float64(load.Count)
		if !load.Silent {
			n[sending] += share * float64(load.Count)
		}
		if load.Need > 0 {
			n[inviting] += share * float64(load.People)
			n[sending] += share * float64(load.People)
		}
		if load.Own && load.Silent && load.Need > 0 {
			n[sending] += max(float64(load.People)-1, 0) // who comes in is greeted, before the next is invited
		}
		if load.Need > 1 {
			n[making] += share * float64(load.People)
			n[sending] += share * float64(load.People)
		}
	}
	now := time.Now()
	span := time.Duration(n[anything] * float64(l.work.each()) / float64(l.atOnce))
	l.pace.mu.Lock()
	defer l.pace.mu.Unlock()
	for d := range l.pace.meters {
		one := l.pace.span(now, deed(d), int(n[d]+0.5))
		if deed(d) == sending && last > int(Status) {
			one = l.corrected(one)
		}
		span = max(span, one)
	}
	return span
}

// corrected is how long the sending takes, if how far it is is said meanwhile, as often as it may be. The
// caller holds the pace's lock.
func (l *Line) corrected(span time.Duration) time.Duration {
	pause, gap := editPause*l.second, l.pace.meters[sending].gap
	if gap <= 0 {
		gap = usual[sending].gap
	}
	return span + time.Duration(float64(span)*float64(gap)/float64(max(pause-gap, gap)))
}

// work remembers how long a delivery takes.
type work struct {
	mu   sync.Mutex
	mean time.Duration
}

// firstGuess is how long a delivery takes as long as nothing is known.
const firstGuess = 500 * time.Millisecond

func (w *work) took(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mean == 0 {
		w.mean = d
	}
	w.mean += (d - w.mean) / 8
}

func (w *work) each() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.mean == 0 {
		return firstGuess
	}
	return w.mean
}
