package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/netip"
	"slices"
	"sync"
	"time"

	"stimmbote/media"
	"stimmbote/store"
)

// What goes on around a call but sound and pictures: who waits at the door, who has raised a hand, who was sent out.
// It is in memory only, and the server alone says it: what a page of a call shows of it came from here.

const (
	waiterGone  = 15 * time.Second // after which somebody who does not ask any more is gone
	mostWaiting = 50
	mostOfOne   = mostWaiting / 4 // of them guests from one address, behind which a whole house may be
	mostHands   = 100
	barredFor   = 15 * time.Minute // longer than any token of somebody who was sent out lives
	hallTopic   = "hall"
)

// group is what the chat knows of the people of a call, and what it is told. bot.Bot has it; nil: nobody is a member.
type group interface {
	Badge(ctx context.Context, c store.Call, badge string) (media.Bearer, error)
	Taken(ctx context.Context, c store.Call, name string) (*store.Doubt, error)
	// Standing says what those in a call are to its group now; who is not named is a guest.
	Standing(ctx context.Context, c store.Call, people []media.Person) map[string]media.Badge
	Answered(ticket string) *store.Doubt // nil: it is over
	Lock(ctx context.Context, c store.Call, locked bool) error
	Votes(ctx context.Context, c store.Call, badge string) ([]store.Vote, error)
	Waiting(room string, names []string)
}

// waiter is somebody who waits at the door.
type waiter struct {
	ticket  string // lets them in, so that nobody else learns it
	id      string // by which others mean them
	who     media.Bearer
	badge   string // of a member, to be looked at again before they come in
	from    netip.Prefix
	seen    time.Time
	in, out bool // was let in, was sent away
}

// hall is what goes on around one call.
type hall struct {
	waiting []*waiter
	hands   []string             // identities, in the order in which they were raised
	claims  map[string]time.Time // names of those who are about to come in, until when
}

// halls are those of all calls, by their room on the media server.
type halls struct {
	key []byte
	now func() time.Time

	mu     sync.Mutex
	of     map[string]*hall
	barred map[string]time.Time // identities that were sent out, until when
}

func newHalls(secret []byte) *halls {
	if len(secret) == 0 {
		secret = []byte(rand.Text())
	}
	return &halls{key: secret, now: time.Now, of: make(map[string]*hall), barred: make(map[string]time.Time)}
}

// pass shows that somebody is who they are in a room. It follows from the room and the identity, so that it stays good
// over a restart.
func (h *halls) pass(room, identity string) string {
	m := hmac.New(sha256.New, h.key)
	m.Write([]byte("stimmbote pass v1\x00" + room + "\x00" + identity))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// alias stands for a vote where its name must not be read.
func (h *halls) alias(vote string) string {
	m := hmac.New(sha256.New, h.key)
	m.Write([]byte("stimmbote vote v1\x00" + vote))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil)[:16])
}

func (h *halls) passes(room, identity, pass string) bool {
	return identity != "" && hmac.Equal([]byte(h.pass(room, identity)), []byte(pass))
}

func (h *halls) hall(room string) *hall {
	if h.of[room] == nil {
		h.of[room] = &hall{}
	}
	return h.of[room]
}

// wait has somebody wait at the door; false: too many do, or too many guests from where they are.
func (h *halls) wait(room string, who media.Bearer, badge string, from netip.Prefix) (ticket string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.hall(room)
	if len(at.waiting) >= mostWaiting || badge == "" && at.guests(from) >= mostOfOne {
		return "", false
	}
	w := &waiter{ticket: rand.Text(), id: rand.Text(), who: who, badge: badge, from: from, seen: h.now()}
	at.waiting = append(at.waiting, w)
	return w.ticket, true
}

// guests are how many wait without a badge who are known to come from one address. The lock is held.
func (at *hall) guests(from netip.Prefix) (n int) {
	for _, w := range at.waiting {
		if w.badge == "" && w.from == from && from.IsValid() {
			n++
		}
	}
	return n
}

// waits returns who waits with a ticket, as they are now, and notes that they still do; nil: nobody.
func (h *halls) waits(room, ticket string) *waiter {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.of[room]
	if at == nil {
		return nil
	}
	for _, w := range at.waiting {
		if w.ticket == ticket {
			w.seen = h.now()
			now := *w
			return &now
		}
	}
	return nil
}

// leaves takes somebody from those who wait, who is about to come in or goes away; false: they are not there any more.
func (h *halls) leaves(room, ticket string, comesIn bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.of[room]
	if at == nil {
		return false
	}
	i := slices.IndexFunc(at.waiting, func(w *waiter) bool { return w.ticket == ticket })
	if i < 0 {
		return false
	}
	if comesIn {
		at.take(at.waiting[i].who.Name, h.now())
	}
	at.waiting = slices.Delete(at.waiting, i, i+1)
	return true
}

// decide lets in, or sends away, those who wait that are meant.
func (h *halls) decide(room string, in bool, meant func(*waiter) bool) (names []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.of[room]
	if at == nil {
		return nil
	}
	for _, w := range at.waiting {
		if !w.in && !w.out && meant(w) {
			w.in, w.out = in, !in
			names = append(names, w.who.Name)
		}
	}
	return names
}

// undecided are those who wait for somebody to decide.
func (h *halls) undecided(room string) (list []shownWaiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at := h.of[room]; at != nil {
		for _, w := range at.waiting {
			if !w.in && !w.out {
				list = append(list, shownWaiter{ID: w.id, Name: w.who.Name})
			}
		}
	}
	return list
}

// raise raises a hand of one of those who are in. If there are too many, those of who has gone make room.
func (h *halls) raise(room, identity string, people []media.Person) {
	h.mu.Lock()
	defer h.mu.Unlock()
	gone := func(identity string) bool {
		return !slices.ContainsFunc(people, func(p media.Person) bool { return p.Identity == identity })
	}
	at := h.hall(room)
	if gone(identity) || slices.Contains(at.hands, identity) {
		return
	}
	if len(at.hands) >= mostHands {
		at.hands = slices.DeleteFunc(at.hands, gone)
	}
	if len(at.hands) < mostHands {
		at.hands = append(at.hands, identity)
	}
}

// lower lowers a hand.
func (h *halls) lower(room, identity string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at := h.of[room]; at != nil {
		at.hands = slices.DeleteFunc(at.hands, func(i string) bool { return i == identity })
	}
}

// hands are the raised hands of those who are in, in order.
func (h *halls) hands(room string, people []someone) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	hands := []string{}
	at := h.of[room]
	if at == nil {
		return hands
	}
	for _, identity := range at.hands {
		if slices.ContainsFunc(people, func(p someone) bool { return p.Identity == identity }) {
			hands = append(hands, identity)
		}
	}
	return hands
}

// bar keeps an identity out for as long as it may hold a token.
func (h *halls) bar(identity string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.barred[identity] = h.now().Add(barredFor)
}

func (h *halls) isBarred(identity string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.barred[identity].After(h.now())
}

// sweep forgets who has gone, and returns the rooms whose doors have changed by that.
func (h *halls) sweep(present func(room string) []media.Person) (changed []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.now()
	for identity, until := range h.barred {
		if !until.After(now) {
			delete(h.barred, identity)
		}
	}
	for room, at := range h.of {
		before := len(at.waiting)
		at.waiting = slices.DeleteFunc(at.waiting, func(w *waiter) bool { return now.Sub(w.seen) > waiterGone })
		if len(at.waiting) != before {
			changed = append(changed, room)
		}
		people := present(room)
		at.arrived(people, now)
		if len(at.waiting) == 0 && len(at.claims) == 0 && len(people) == 0 {
			delete(h.of, room)
		}
	}
	return changed
}
