package chat

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// comes lets somebody be invited into a room, or enter it, and returns when the bot knows.
func (r *rig) comes(t *testing.T, hs *homeserver, room *fakeRoom, user string, membership event.Membership) {
	t.Helper()
	before := r.keys.dropped(id.RoomID(room.id))
	hs.member(room, user, string(membership))
	eventually(t, func() error {
		if !r.client.StateStore.IsMembership(t.Context(), id.RoomID(room.id), id.UserID(user), membership) || r.keys.dropped(id.RoomID(room.id)) == before {
			return errors.New("the bot does not know of it")
		}
		return nil
	})
}

// meanwhileOnce has something happen while the first answer to such a request is on its way.
func (hs *homeserver) meanwhileOnce(method, path string, do func()) {
	var first sync.Once
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.meanwhile = func(r *http.Request) {
		if r.Method == method && regexp.MustCompile(path).MatchString(r.URL.Path) {
			first.Do(do)
		}
	}
}

// Who is invited while a key is handed out, or while the bot asks who is in the room, reads what is said next.
func TestWhoComesMeanwhileReads(t *testing.T) {
	t.Parallel()
	for name, at := range map[string][2]string{
		"the key is handed out": {http.MethodPut, `/sendToDevice/m\.room\.encrypted/`},
		"the room is asked for": {http.MethodGet, `/state$`},
	} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			newPeer(t, hs, "anna", true)
			p := newPeer(t, hs, "eve", true)
			room := hs.makeRoom(true, anna, bot)
			r := start(t, hs, t.TempDir())
			eventually(t, func() error { // at the start it looks which rooms serve nobody
				if hs.count("GET /rooms/"+room.id+"/state") == 0 {
					return errors.New("it has not looked")
				}
				return nil
			})
			hs.meanwhileOnce(at[0], at[1], func() { r.comes(t, hs, room, eve, event.MembershipInvite) })
			queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "one"}, Delivery{Key: "2", Room: room.id, Kind: "two"})
			r.sent(t)
			hs.member(room, eve, "join")
			p.reads(t, "one ", "two ")
		})
	}
}

// Who was given a key while they were invited gets another one when they come in.
func TestWhoComesInGetsANewKey(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	p := newPeer(t, hs, "eve", true)
	room := hs.makeRoom(true, anna, bot)
	r := start(t, hs, t.TempDir())
	session := func(room *fakeRoom) any { return hs.raw(t, room, bot).Content.Raw["session_id"] }
	r.comes(t, hs, room, eve, event.MembershipInvite)
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "one"})
	r.sent(t)
	queue(t, r, Delivery{Key: "2", Person: eve, Kind: "ballot", Secret: true})
	r.sent(t)
	first, direct := session(room), r.directRoomOf(t, hs, eve)
	r.comes(t, hs, room, eve, event.MembershipJoin)
	p.reads(t, "one ")
	hs.member(direct, eve, "join")
	p.reads(t, "one ", "ballot ")
	queue(t, r, Delivery{Key: "3", Room: room.id, Kind: "three"})
	r.sent(t)
	p.reads(t, "one ", "ballot ", "three ")
	queue(t, r, Delivery{Key: "4", Person: eve, Kind: "clarification"})
	p.reads(t, "one ", "ballot ", "three ", "clarification ")
	if session(room) == first {
		t.Error("the group's key is that of the time before they came")
	}
}

// Somebody is invited while an older answer about the room is on its way that does not hold them: they can read what
// is said to them next.
func TestAnInvitationIsNotForgotten(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	p := newPeer(t, hs, "anna", true)
	took := func(what string) bool {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		return slices.ContainsFunc(hs.log, func(line string) bool { return strings.Contains(line+"$", what) })
	}
	until := func(what string) {
		eventually(t, func() error {
			if !took(what) {
				return errors.New("the bot does not ask for " + what)
			}
			return nil
		})
	}
	asks := regexp.MustCompile(`/!made\d+/state$`)
	var first sync.Once
	hs.mu.Lock()
	hs.log = nil
	hs.meanwhile = func(req *http.Request) {
		switch path := req.URL.Path; {
		case strings.HasSuffix(path, "/createRoom"): // a response tells of the room before the answer does
			until("/state$")
		case asks.MatchString(path):
			first.Do(func() { until("/state/m.room.encryption/") }) // the last look before something is said
		case strings.HasSuffix(path, "/sync") && took("PUT /rooms/!made"): // and a response tells of the invitation afterwards
			until("/send/m.room.encrypted/")
		}
	}
	hs.mu.Unlock()
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "secret", Secret: true})
	hs.member(r.directRoomOf(t, hs, anna), anna, "join")
	p.reads(t, "secret ")
}
