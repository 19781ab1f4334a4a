package chat

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"

	"stimmbote/store"
)

const (
	// unreadableAfter is how many seconds a message waits for its key before its sender is to be told.
	unreadableAfter = 60
	// lateLook is how many seconds lie between two looks at what waits.
	lateLook = 5
)

// lateness remembers since when events wait for their keys, as far as this process knows.
type lateness struct {
	mu    sync.Mutex
	since map[string]time.Time
	looks map[string]int
}

// due says whether an event has waited for long, and counts from now if it is new. Its key is to be asked for
// at the second look, and then ever more seldom.
func (l *lateness) due(event string, patience time.Duration) (late, ask bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since == nil {
		l.since, l.looks = make(map[string]time.Time), make(map[string]int)
	}
	since, known := l.since[event]
	if !known {
		l.since[event] = time.Now()
		return false, false
	}
	l.looks[event]++
	n := l.looks[event]
	return time.Since(since) >= patience, n&(n-1) == 0
}

// keep forgets the events that wait no more.
func (l *lateness) keep(waiting map[string]bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for event := range l.since {
		if !waiting[event] {
			delete(l.since, event)
			delete(l.looks, event)
		}
	}
}

// watchLate asks, until ctx ends, for keys that do not come, and tells the handler of their messages.
func (l *Line) watchLate(ctx, work context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(lateLook * l.second):
		}
		if err := l.tellLate(work); err != nil && ctx.Err() == nil {
			l.log.Error().Err(err).Msg("Messages without a key cannot be looked at")
		}
	}
}

// tellLate asks for the keys of messages that wait, and tells the handler once of each that has waited for
// long. It goes on waiting.
func (l *Line) tellLate(ctx context.Context) error {
	late, err := l.store.Late(ctx)
	if err != nil {
		return err
	}
	waiting := make(map[string]bool, len(late))
	var ask []store.Late
	for _, entry := range late {
		waiting[entry.Event] = true
		due, again := l.late.due(entry.Event, unreadableAfter*l.second)
		if again {
			ask = append(ask, entry)
		}
		if !due {
			continue
		}
		if err := l.notice(ctx, unreadable(entry)); err != nil {
			return err
		}
	}
	l.late.keep(waiting)
	l.askForKeys(ctx, ask)
	return nil
}

// unreadable is what the handler is told of a message that waits for its key.
func unreadable(entry store.Late) Notice {
	var evt event.Event
	_ = json.Unmarshal(entry.Raw, &evt) // it was made by json.Marshal; if not, nobody is told
	return Notice{Kind: Unreadable, ID: entry.Event, Room: entry.Room, Person: evt.Sender.String()}
}
