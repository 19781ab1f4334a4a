package chat

import (
	"errors"
	"net/http"
	"path"
	"testing"

	"stimmbote/store"
)

// The answer to the making of a direct room is lost, or the program dies before it is noted.
func TestADirectRoomWhoseAnswerWasLostIsUsed(t *testing.T) {
	t.Parallel()
	for _, dies := range []bool{false, true} {
		hs := newHomeserver(t)
		dir := t.TempDir()
		r := start(t, hs, dir)
		lost := 0
		hs.mu.Lock()
		hs.fault = func(req *http.Request) int {
			if path.Base(req.URL.Path) != "createRoom" {
				return 0
			}
			if lost++; lost > 1 && !dies {
				return 0
			}
			return faultDrop
		}
		hs.mu.Unlock()
		queue(t, r, Delivery{Key: "1", Person: anna, Kind: "ballot", Secret: true})
		if dies {
			eventually(t, func() error {
				if hs.count("POST /createRoom") == 0 {
					return errors.New("no room was made")
				}
				return nil
			})
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			hs.mu.Lock()
			hs.fault = nil
			hs.mu.Unlock()
			r = start(t, hs, dir)
		}
		r.directRoomOf(t, hs, anna)
		if made := hs.count("POST /createRoom"); made != 1 {
			t.Errorf("%d rooms were made for one person (dies: %v)", made, dies)
		}
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// A room of somebody else's that claims to be a direct room is not taken for one.
func TestOnlyRoomsThatTheBotMadeAreUsed(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	forged := hs.makeRoom(true, eve, bot)
	hs.mu.Lock()
	forged.state["m.room.create "]["content"] = object{"room_version": "11", forKey: anna}
	hs.mu.Unlock()
	hs.member(forged, eve, "leave")
	r := start(t, hs, t.TempDir())
	if before, err := r.store.BeginDirect(t.Context(), anna); before || err != nil {
		t.Fatal(before, err)
	}
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "ballot", Secret: true})
	if room := r.directRoomOf(t, hs, anna); room == forged {
		t.Error("a secret was said in a room that somebody else made")
	}
}

func TestARoomThatWasMadeTwiceIsLeft(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	r := start(t, hs, dir)
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "ballot", Secret: true})
	used := r.directRoomOf(t, hs, anna)
	group := hs.makeRoom(false, bot)
	twin, awaited := hs.makeRoom(true, bot), hs.makeRoom(true, bot)
	hs.mu.Lock()
	twin.state["m.room.create "]["content"] = object{"room_version": "11", forKey: anna}
	awaited.state["m.room.create "]["content"] = object{"room_version": "11", forKey: eve}
	hs.mu.Unlock()
	if err := r.store.PutDirect(t.Context(), store.Direct{Person: eve}); err != nil {
		t.Fatal(err)
	}
	if err := r.leaveNobodys(t.Context()); err != nil {
		t.Fatal(err)
	}
	hs.mu.Lock()
	defer hs.mu.Unlock()
	for room, want := range map[*fakeRoom]string{twin: "leave", used: "join", awaited: "join", group: "join"} {
		if got := room.membership(bot); got != want {
			t.Errorf("the bot's membership of %s is %q, want %q", room.id, got, want)
		}
	}
}

// What several people wait for is written for all of them, and no entry is lost.
func TestAllDirectRoomsAreListed(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	refused := false
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if path.Base(req.URL.Path) == "m.direct" && req.Method == http.MethodPut && !refused {
			refused = true
			return 502
		}
		return 0
	}
	hs.mu.Unlock()
	var people []Delivery
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g", "h"} {
		people = append(people, Delivery{Key: name, Person: "@" + name + ":test", Kind: "ballot", Secret: true})
	}
	queue(t, r, people...)
	r.sent(t)
	for _, d := range people {
		room := r.directRoomOf(t, hs, d.Person)
		var listed map[string][]string
		if err := r.client.GetAccountData(t.Context(), "m.direct", &listed); err != nil {
			t.Fatal(err)
		}
		if got := listed[d.Person]; len(got) != 1 || got[0] != room.id {
			t.Errorf("listed for %s: %q, want %q", d.Person, got, room.id)
		}
	}
}
