package web

import (
	"fmt"
	"strings"
	"time"

	"stimmbote/media"
)

// Nobody has the name of another one in a call. Whoever was let in is in it only some moments later, and a second one of
// that name may be at the door just then: so a name that was given is taken at once.

const (
	claimHolds = 30 * time.Second // for a slow phone to come in
	mostClaims = 500
)

// claim returns the name, with a number behind it if somebody of that name is in, waits, or is just coming in, and takes
// it. Of too many at once none is taken: whoever floods the door shall not make it slow.
func (h *halls) claim(room, name string, people []media.Person) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	at := h.hall(room)
	at.arrived(people, h.now())
	used := make(map[string]bool)
	for _, p := range people {
		used[strings.ToLower(p.Name)] = true
	}
	for _, w := range at.waiting {
		used[strings.ToLower(w.who.Name)] = true
	}
	free := name
	for n := 2; ; n++ {
		key := strings.ToLower(free)
		if _, taken := at.claims[key]; !taken && !used[key] {
			break
		}
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	at.take(free, h.now())
	return free
}

// take takes a name for somebody who is about to come in. The lock is held.
func (at *hall) take(name string, now time.Time) {
	if len(at.claims) >= mostClaims {
		return
	}
	if at.claims == nil {
		at.claims = make(map[string]time.Time)
	}
	at.claims[strings.ToLower(name)] = now.Add(claimHolds)
}

// came gives up the names of those who are in: if they go, the next one may have them.
func (h *halls) came(room string, people []media.Person) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if at := h.of[room]; at != nil {
		at.arrived(people, h.now())
	}
}

// arrived gives up the names of those who are in, or did not come. The lock is held.
func (at *hall) arrived(people []media.Person, now time.Time) {
	for _, p := range people {
		delete(at.claims, strings.ToLower(p.Name))
	}
	for name, until := range at.claims {
		if !until.After(now) {
			delete(at.claims, name)
		}
	}
}
