package media

import (
	"context"
	"sync"
	"time"
)

// What happens in rooms.
const (
	Opened EventKind = iota + 1 // a room
	Came                        // a person, who receives now
	Went                        // a person who had come
	Closed                      // a room, after everybody has gone
)

// EventKind is what has happened.
type EventKind int

// Event is something that has happened in a room.
type Event struct {
	Kind   EventKind
	Room   string
	Person Person // who came or went
	At     time.Time
}

// Meetings is what the rest of a program may want of a server of meetings. Server has it; every method takes a context and
// may fail, so that a cluster somewhere else can stand behind it as well.
type Meetings interface {
	OpenRoom(ctx context.Context, name string, keep time.Duration) error
	CloseRoom(ctx context.Context, name string) error
	Rooms(ctx context.Context) ([]string, error)
	People(ctx context.Context, room string) ([]Person, error)
	Remove(ctx context.Context, room, identity string) error
	Mute(ctx context.Context, room, identity, track string) error
	Permit(ctx context.Context, room, identity string, may Permissions) error
	Send(ctx context.Context, room string, m Message) error
}

var _ Meetings = (*Server)(nil)

// maxEvents is how many events wait for whoever is told. If it is that far behind, the newest are lost: People says how
// things are.
const maxEvents = 4096

// events hands what happens to whoever asked for it, in order, by one goroutine.
type events struct {
	mu      sync.Mutex
	waiting []Event
	wake    chan struct{}
}

func newEvents() *events { return &events{wake: make(chan struct{}, 1)} }

func (e *events) note(kind EventKind, room string, p Person) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) >= maxEvents {
		return
	}
	e.waiting = append(e.waiting, Event{Kind: kind, Room: room, Person: p, At: time.Now()})
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// take gives what waits.
func (e *events) take() []Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	list := e.waiting
	e.waiting = nil
	return list
}

// run calls tell until ctx ends, and then for what is left.
func (e *events) run(ctx context.Context, tell func(Event)) {
	for {
		select {
		case <-e.wake:
		case <-ctx.Done():
			for _, event := range e.take() {
				tell(event)
			}
			return
		}
		for _, event := range e.take() {
			tell(event)
		}
	}
}
