package media

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Person is somebody who is in a room.
type Person struct {
	Identity, Name string
	Since          time.Time
}

// presence knows who is in which room, and tells it to whoever asked for it: one room at a time, and only the newest
// state of each.
type presence struct {
	mu    sync.Mutex
	rooms map[string][]Person
	dirty map[string]bool
	wake  chan struct{}
}

func newPresence() *presence {
	return &presence{rooms: map[string][]Person{}, dirty: map[string]bool{}, wake: make(chan struct{}, 1)}
}

func (p *presence) get(room string) []Person {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.rooms[room])
}

func (p *presence) set(room string, people []Person) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(people) == 0 && len(p.rooms[room]) == 0 {
		return // whoever left had not been in
	}
	if len(people) == 0 {
		delete(p.rooms, room)
	} else {
		p.rooms[room] = people
	}
	p.dirty[room] = true
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// run calls changed until ctx ends.
func (p *presence) run(ctx context.Context, changed func(string, []Person)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
			p.flush(changed)
		}
	}
}

func (p *presence) flush(changed func(string, []Person)) {
	p.mu.Lock()
	dirty := p.dirty
	p.dirty = map[string]bool{}
	p.mu.Unlock()
	for room := range dirty {
		changed(room, p.get(room))
	}
}
