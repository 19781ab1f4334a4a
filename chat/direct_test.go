package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/store"
)

// directRoomOf waits until nothing waits and returns the person's direct room.
func (r *rig) directRoomOf(t *testing.T, hs *homeserver, person string) *fakeRoom {
	t.Helper()
	r.sent(t)
	d, err := r.store.Direct(t.Context(), person)
	if err != nil || d == nil {
		t.Fatalf("direct room: %+v, %v", d, err)
	}
	hs.mu.Lock()
	defer hs.mu.Unlock()
	return hs.rooms[d.Room]
}

func (hs *homeserver) state(room *fakeRoom, kind string) object {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	content, _ := room.state[kind+" "]["content"].(object)
	return content
}

func TestADirectRoomIsForTheTwo(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	r := start(t, hs, dir)
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "ballot", Secret: true})
	room := r.directRoomOf(t, hs, anna)
	asked, _ := hs.state(room, "m.room.create")["asked"].(object)
	if asked["preset"] != "private_chat" || asked["is_direct"] != true || asked["invite"] != nil {
		t.Errorf("asked for %v, want an empty private room", asked)
	}
	power, _ := asked["power_level_content_override"].(object)
	for _, may := range []string{"invite", "state_default", "redact", "kick", "ban"} {
		if power[may] != float64(100) {
			t.Errorf("power to %s is %v, want 100", may, power[may])
		}
	}
	if power["users_default"] != nil || power["events_default"] != nil {
		t.Errorf("the person's own power is changed: %v", power)
	}
	for kind, want := range map[string]object{
		"m.room.encryption":         {"algorithm": "m.megolm.v1.aes-sha2"},
		"m.room.history_visibility": {"history_visibility": "invited"},
		"m.room.guest_access":       {"guest_access": "forbidden"},
	} {
		got := hs.state(room, kind)
		for key, value := range want {
			if got[key] != value {
				t.Errorf("%s: %v, want %v", kind, got, want)
			}
		}
	}
	hs.mu.Lock()
	invitation := room.state["m.room.member "+anna]["content"].(object)
	listed := string(hs.data[bot]["m.direct"])
	hs.mu.Unlock()
	if invitation["membership"] != "invite" || invitation["is_direct"] != true {
		t.Errorf("invitation: %v", invitation)
	}
	if listed != `{"`+anna+`":["`+room.id+`"]}` {
		t.Errorf("m.direct: %s", listed)
	}
	said := hs.said(room.id, bot)
	if len(said) != 1 || said[0]["type"] != "m.room.encrypted" || strings.Contains(fmt.Sprint(said), "ballot") {
		t.Errorf("said %v, want one encrypted event", said)
	}

	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, hs, dir)
	queue(t, again, Delivery{Key: "2", Person: anna, Kind: "receipt", Secret: true})
	if next := again.directRoomOf(t, hs, anna); next != room {
		t.Errorf("another room for the same person: %s, want %s", next.id, room.id)
	}
}

// Whatever happened to a direct room, the next secret goes where nobody else is.
func TestASecretNeverGoesWhereAThirdIs(t *testing.T) {
	t.Parallel()
	empty := ""
	for name, c := range map[string]struct {
		happens func(hs *homeserver, room *fakeRoom)
		stays   bool // the room serves on
	}{
		"nothing":         {func(*homeserver, *fakeRoom) {}, true},
		"joined":          {func(hs *homeserver, room *fakeRoom) { hs.member(room, anna, "join") }, true},
		"declined":        {func(hs *homeserver, room *fakeRoom) { hs.member(room, anna, "leave") }, true},
		"a third joined":  {func(hs *homeserver, room *fakeRoom) { hs.member(room, eve, "join") }, false},
		"a third invited": {func(hs *homeserver, room *fakeRoom) { hs.member(room, eve, "invite") }, false},
		"a third instead": {func(hs *homeserver, room *fakeRoom) {
			hs.member(room, anna, "leave")
			hs.member(room, eve, "join")
		}, false},
		"the bot was removed": {func(hs *homeserver, room *fakeRoom) { hs.member(room, bot, "leave") }, false},
		"not encrypted": {func(hs *homeserver, room *fakeRoom) {
			hs.mu.Lock()
			defer hs.mu.Unlock()
			delete(room.state, "m.room.encryption "+empty)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			r := start(t, hs, t.TempDir())
			queue(t, r, Delivery{Key: "1", Person: anna, Kind: "first", Secret: true})
			room := r.directRoomOf(t, hs, anna)
			c.happens(hs, room)
			queue(t, r, Delivery{Key: "2", Person: anna, Kind: "second", Secret: true})
			next := r.directRoomOf(t, hs, anna)
			if (next == room) != c.stays {
				t.Errorf("the second secret is in %s, the first in %s", next.id, room.id)
			}
			var in []string
			for _, user := range []string{anna, bot, eve} {
				if m := next.membership(user); m == "join" || m == "invite" {
					in = append(in, user)
				}
			}
			if !slices.Equal(in, []string{anna, bot}) {
				t.Errorf("in the room are %v", in)
			}
			if !c.stays && len(hs.said(room.id, bot)) != 1 {
				t.Error("something was said in the old room")
			}
		})
	}
}

// However somebody is out of reach, a vote does not wait for them for more than a day.
func TestWhoIsOutOfReachForADayIsGivenUp(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := open(t, hs, t.TempDir(), Config{Password: password})
	r.second = 10 * time.Microsecond // a day of tries
	r.run(t)
	tries := 0
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if !strings.Contains(req.URL.Path, "/state/m.room.member/"+eve) {
			return 0
		}
		tries++
		return []int{403, 502, 504, 500}[tries%4]
	}
	hs.mu.Unlock()
	err := r.store.Tx(t.Context(), func(ctx context.Context) error {
		return r.Queue(ctx,
			Delivery{Key: "1", Person: eve, Kind: "ballot", Secret: true, Group: "g"},
			Delivery{Key: "2", Person: anna, Kind: "ballot", Secret: true, Group: "g"},
			Delivery{Key: "3", Person: eve, Kind: "outcome", Secret: true, Group: "g"},
		)
	})
	if err != nil {
		t.Fatal(err)
	}
	r.sent(t)
	hs.mu.Lock()
	if tries != mostForPerson+1 {
		t.Errorf("%d tries, want %d for the first message, and one for the second, whose day is over as well", tries, mostForPerson+1)
	}
	hs.mu.Unlock()
	if id, known, err := r.Event(t.Context(), "1"); id != "" || !known || err != nil {
		t.Errorf("refused: %q, %v, %v", id, known, err)
	}
	if id, _, err := r.Event(t.Context(), "2"); id == "" || err != nil {
		t.Errorf("the other: %q, %v", id, err)
	}
	if created := hs.count("POST /createRoom"); created != 2 {
		t.Errorf("%d rooms were created for two people", created)
	}
}

func TestARoomMadeBeforeADeathIsUsed(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, bot)
	if err := r.store.PutDirect(t.Context(), store.Direct{Person: anna, Room: room.id}); err != nil {
		t.Fatal(err)
	}
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "ballot", Secret: true})
	if next := r.directRoomOf(t, hs, anna); next != room || room.membership(anna) != "invite" {
		t.Errorf("in %s, invited: %q; want %s", next.id, room.membership(anna), room.id)
	}
}

func TestRooms(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room, open := hs.makeRoom(true, anna, bot), hs.makeRoom(false, anna, bot)
	empty := ""
	hs.mu.Lock()
	hs.add(room, anna, "m.room.name", &empty, object{"name": "Choir"})
	hs.add(room, anna, "io.element.functional_members", &empty, object{"service_members": []any{"@bridge:test", 7, bot}})
	hs.add(room, anna, "m.room.power_levels", &empty, object{"users": object{anna: 100, bot: 50}})
	hs.mu.Unlock()
	r := start(t, hs, t.TempDir())
	ctx := t.Context()
	if got, err := r.Members(ctx, room.id); err != nil || !slices.Equal(got, []Member{{anna, "@anna"}, {bot, "@bot"}}) {
		t.Errorf("Members: %v, %v", got, err)
	}
	for _, c := range []struct {
		room *fakeRoom
		want bool
	}{{room, true}, {open, false}} {
		if got, err := r.Encrypted(ctx, c.room.id); err != nil || got != c.want {
			t.Errorf("Encrypted: %v, %v, want %v", got, err, c.want)
		}
	}
	for user, want := range map[string]int{anna: 100, bot: 50, eve: 0} {
		if got, err := r.Power(ctx, room.id, user); err != nil || got != want {
			t.Errorf("Power of %s: %d, %v, want %d", user, got, err, want)
		}
	}
	if got, err := r.Service(ctx, room.id); err != nil || !slices.Equal(got, []string{"@bridge:test", bot}) {
		t.Errorf("Service: %q, %v", got, err)
	}
	if got, err := r.Service(ctx, open.id); err != nil || got != nil {
		t.Errorf("Service of none: %q, %v", got, err)
	}
	if got, err := r.RoomName(ctx, room.id); err != nil || got != "Choir" {
		t.Errorf("RoomName: %q, %v", got, err)
	}
	if got, err := r.RoomName(ctx, open.id); err != nil || got != "" {
		t.Errorf("RoomName of none: %q, %v", got, err)
	}
	if _, err := r.Members(ctx, "!unknown"); !errors.Is(err, ErrShut) {
		t.Errorf("Members of an unknown room: %v", err)
	}
}

// A homeserver that puts somebody else into each new room is not given one room after the other.
func TestARoomThatIsNeverForTheTwoIsReplacedOnce(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := open(t, hs, t.TempDir(), Config{Password: password})
	r.second = 10 * time.Microsecond // a day of tries
	r.run(t)
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		for _, room := range hs.rooms {
			if room.membership(eve) == "" {
				other := eve
				hs.add(room, bot, "m.room.member", &other, object{"membership": "join"})
			}
		}
		return 0
	}
	hs.mu.Unlock()
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "ballot", Secret: true})
	r.sent(t)
	if created := hs.count("POST /createRoom"); created != 2 {
		t.Errorf("%d rooms were created, want one and another in its place", created)
	}
	if id, known, err := r.Event(t.Context(), "1"); id != "" || !known || err != nil {
		t.Errorf("said all the same: %q, %v, %v", id, known, err)
	}
}
