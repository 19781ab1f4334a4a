// Package peer is somebody in the tests whose Matrix client is not ours: matrix-js-sdk with its own
// cryptography, strict as current clients are. What it reads, they read.
package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"stimmbote/e2e/node"
)

// Event is something that the client tells.
type Event struct {
	On        string // ready, invited, event, unreadable; done and failed answer an order
	ID        int    // of the order
	Room      string
	Event     string
	Sender    string
	At        int64 // milliseconds since 1970, by the homeserver's clock
	Type      string
	State     bool // it sets a state of the room and is never encrypted
	Body      string
	Edits     string
	Encrypted bool
	Shield    string // none, grey, red: what a client shows beside it
	Reason    string // why it cannot be read, or an order failed
	Result    string
}

// Peer is one device.
type Peer struct {
	ID string // its user's Matrix ID

	client *node.Program

	mu     sync.Mutex
	events []Event
	news   chan struct{} // closed and replaced with each event
	orders int
}

// Start installs the client where that has not been done, and logs in with it.
func Start(ctx context.Context, repo, homeserver, user, password string) (*Peer, error) {
	p := &Peer{news: make(chan struct{})}
	client, err := node.Start(ctx, repo, p.hear, "peer/peer.mjs", homeserver, user, password)
	if err != nil {
		return nil, fmt.Errorf("starting the independent client: %w", err)
	}
	p.client = client
	ready, err := p.Wait(ctx, func(e Event) bool { return e.On == "ready" })
	if err != nil {
		p.Stop()
		return nil, fmt.Errorf("logging in with the independent client: %w\n%s", err, client.Complaints())
	}
	p.ID = ready.Sender
	return p, nil
}

// hear takes in what the client tells.
func (p *Peer) hear(line []byte) {
	var e Event
	if json.Unmarshal(line, &e) != nil {
		return // not ours
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.events = append(p.events, e)
	close(p.news)
	p.news = make(chan struct{})
}

// Stop ends the client.
func (p *Peer) Stop() { p.client.Stop(0) }

// Events are what the client has told so far.
func (p *Peer) Events() []Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]Event(nil), p.events...)
}

// Wait returns the first event, of all that were and will be, that is as wanted.
func (p *Peer) Wait(ctx context.Context, wanted func(Event) bool) (Event, error) {
	for seen := 0; ; {
		p.mu.Lock()
		events, news := p.events, p.news
		p.mu.Unlock()
		for ; seen < len(events); seen++ {
			if wanted(events[seen]) {
				return events[seen], nil
			}
		}
		select {
		case <-news:
		case <-p.client.Ended():
			return Event{}, errors.New("the independent client has ended")
		case <-ctx.Done():
			return Event{}, fmt.Errorf("waiting for the independent client: %w; its last news: %+v", ctx.Err(), events[max(0, len(events)-5):])
		}
	}
}

// order has the client do something and returns what came of it.
func (p *Peer) order(ctx context.Context, order map[string]any) (string, error) {
	p.mu.Lock()
	p.orders++
	id := p.orders
	p.mu.Unlock()
	order["id"] = id
	if err := p.client.Tell(order); err != nil {
		return "", fmt.Errorf("ordering %v: %w", order["do"], err)
	}
	answer, err := p.Wait(ctx, func(e Event) bool { return e.ID == id && (e.On == "done" || e.On == "failed") })
	if err != nil {
		return "", err
	}
	if answer.On == "failed" {
		return "", fmt.Errorf("the independent client cannot %v: %s", order["do"], answer.Reason)
	}
	return answer.Result, nil
}

// Join enters a room.
func (p *Peer) Join(ctx context.Context, room string) error {
	_, err := p.order(ctx, map[string]any{"do": "join", "room": room})
	return err
}

// Leave leaves a room, or declines to enter it.
func (p *Peer) Leave(ctx context.Context, room string) error {
	_, err := p.order(ctx, map[string]any{"do": "leave", "room": room})
	return err
}

// Say says something in a room and returns the event.
func (p *Peer) Say(ctx context.Context, room, text string) (event string, err error) {
	return p.order(ctx, map[string]any{"do": "say", "room": room, "text": text})
}
