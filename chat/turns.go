package chat

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"stimmbote/store"
)

// turns lets groups take turns within a lane. What belongs to no group takes turns by its room or person.
type turns struct {
	n     uint64
	taken map[string]uint64 // when it was somebody's turn
}

func unit(o store.Outgoing) string {
	if o.Group != "" {
		return "group " + o.Group
	}
	return o.Route
}

// order puts whoever waited longest for a turn first within each lane.
func (t *turns) order(due []store.Outgoing) []store.Outgoing {
	slices.SortStableFunc(due, func(a, b store.Outgoing) int {
		return cmp.Or(cmp.Compare(a.Lane, b.Lane), cmp.Compare(t.taken[unit(a)], t.taken[unit(b)]))
	})
	return due
}

// mostTurns bounds what is remembered; after that all begin anew.
const mostTurns = 1000

func (t *turns) took(o store.Outgoing) {
	if t.taken == nil || len(t.taken) > mostTurns {
		t.taken = make(map[string]uint64)
	}
	t.n++
	t.taken[unit(o)] = t.n
}

// editPause is how many seconds lie between two edits in the lane Status of the same message at least.
const editPause = 15

// edits knows when messages were edited last.
type edits struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// next is when an edit may be made, zero if now.
func (e *edits) next(o store.Outgoing, second time.Duration) time.Time {
	if o.Edits == "" || Lane(o.Lane) != Status {
		return time.Time{}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for target, at := range e.last {
		if time.Since(at) > editPause*second {
			delete(e.last, target)
		}
	}
	if at, ok := e.last[o.Edits]; ok {
		return at.Add(editPause * second)
	}
	return time.Time{}
}

// said notes an edit.
func (e *edits) said(o store.Outgoing) {
	if o.Edits == "" || Lane(o.Lane) != Status {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.last == nil {
		e.last = make(map[string]time.Time)
	}
	e.last[o.Edits] = time.Now()
}

// putBack lets a delivery wait for the one that it edits or redacts, in the lane of that one or a later one.
func (l *Line) putBack(ctx context.Context, o store.Outgoing) error {
	lane := o.Lane
	for _, key := range []string{o.Edits, strings.TrimPrefix(o.Redacts, redactsKey)} {
		target, err := l.store.Outgoing(ctx, key)
		if err != nil {
			return err
		}
		if target != nil {
			lane = max(lane, target.Lane)
		}
	}
	return l.store.RearOutgoing(ctx, o.Key, lane, time.Now().Add(l.second))
}
