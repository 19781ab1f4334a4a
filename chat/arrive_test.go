package chat

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"maunium.net/go/mautrix/id"
)

// notices waits until the bot noticed just these, in any order.
func (r *rig) notices(t *testing.T, want ...Notice) {
	t.Helper()
	key := func(n Notice) string { return fmt.Sprint(n.Kind, " ", n.Room, " ", n.Person, " ", n.To) }
	var wanted []string
	for _, n := range want {
		wanted = append(wanted, key(n))
	}
	slices.Sort(wanted)
	eventually(t, func() error {
		r.bot.mu.Lock()
		defer r.bot.mu.Unlock()
		var got []string
		for _, n := range r.bot.noticed {
			got = append(got, key(n))
		}
		slices.Sort(got)
		if !slices.Equal(got, wanted) {
			return fmt.Errorf("noticed %q, want %q", got, wanted)
		}
		return nil
	})
}

// invite invites the bot.
func (hs *homeserver) invite(room *fakeRoom, by string, direct bool) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	user := bot
	hs.add(room, by, "m.room.member", &user, object{"membership": "invite", "is_direct": direct})
}

func (hs *homeserver) in(t *testing.T, room *fakeRoom, want string) {
	t.Helper()
	eventually(t, func() error {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		if got := room.membership(bot); got != want {
			return fmt.Errorf("the bot's membership is %q, want %q", got, want)
		}
		return nil
	})
}

func TestAGroupIsEnteredOnce(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	r := start(t, hs, dir)
	room := hs.makeRoom(true, anna, eve)
	hs.invite(room, anna, false)
	joined := Notice{Kind: Joined, Room: room.id, Person: anna}
	r.notices(t, joined)
	hs.say(room, anna, "hello")
	r.heard(t, "hello")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	// As after a death: the response with the join comes once more.
	again := open(t, hs, dir, Config{Password: password})
	if _, err := again.store.DB().Exec(t.Context(), `UPDATE crypto_account SET sync_token='s1'`); err != nil {
		t.Fatal(err)
	}
	again.run(t)
	hs.say(room, anna, "again")
	again.heard(t, "again")
	again.notices(t)
}

func TestADirectChatOfAPersonsOwnIsAdopted(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, anna)
	hs.invite(room, anna, true)
	r.notices(t, Notice{Kind: Met, Room: room.id, Person: anna})
	if d, err := r.store.Direct(t.Context(), anna); err != nil || d == nil || d.Room != room.id {
		t.Fatalf("the direct room is %+v, %v", d, err)
	}
	hs.say(room, anna, "hallo")
	r.heard(t, "hallo")
	if !r.bot.heard[0].Direct {
		t.Error("what is said there does not count as said to the bot alone")
	}
}

// What cannot be a direct chat is treated as a group: it works, and says what is missing.
func TestADirectChatInClearIsAGroup(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(false, anna)
	hs.invite(room, anna, true)
	r.notices(t, Notice{Kind: Joined, Room: room.id, Person: anna})
	if d, err := r.store.Direct(t.Context(), anna); err != nil || d != nil {
		t.Errorf("the direct room is %+v, %v", d, err)
	}
}

func TestOnlyConfiguredPeopleInviteIntoGroups(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := open(t, hs, t.TempDir(), Config{Password: password, Inviters: []string{"@anna:*"}}).run(t)
	eventually(t, func() error {
		if !r.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	strangers := hs.makeRoom(true, eve)
	hs.invite(strangers, eve, false)
	hs.in(t, strangers, "leave")
	lonely := hs.makeRoom(true, eve)
	hs.invite(lonely, eve, true)
	hs.in(t, lonely, "leave")
	r.notices(t) // a stranger is not written to

	group := hs.makeRoom(true, anna, eve)
	hs.invite(group, anna, false)
	joined := Notice{Kind: Joined, Room: group.id, Person: anna}
	r.notices(t, joined)
	other := hs.makeRoom(true, eve)
	hs.invite(other, eve, false)
	hs.in(t, other, "leave")
	r.notices(t, joined, Notice{Kind: Refused, Room: other.id, Person: eve})
	direct := hs.makeRoom(true, eve)
	hs.invite(direct, eve, true)
	hs.in(t, direct, "join")
}

func TestInviters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		patterns []string
		person   string
		want     bool
	}{
		{nil, "@a:x.org", true},
		{[]string{"@*:x.org"}, "@a:x.org", true},
		{[]string{"@*:x.org"}, "@a:xyorg", false},
		{[]string{"@*:x.org"}, "@a:x.org.evil", false},
		{[]string{"@a:x.org", "@b:y.org"}, "@b:y.org", true},
		{[]string{"@a:x.org"}, "@ab:x.org", false},
	} {
		if got := (Config{Inviters: c.patterns}).allows(id.UserID(c.person)); got != c.want {
			t.Errorf("%q allows %s: %v", c.patterns, c.person, got)
		}
	}
	cfg := Config{Homeserver: "https://x.org", User: "bot", Inviters: []string{"anna", "@*:x.org"}}
	if err := cfg.Validate(); err == nil {
		t.Error("anna alone is taken for a Matrix ID")
	}
}

// A group goes on in the room that replaces its own, if the older room says so.
func TestAGroupIsFollowedIntoItsNewRoom(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	old := hs.makeRoom(true, anna, bot)
	hs.say(old, anna, "before")
	r.heard(t, "before")
	joined := Notice{Kind: Joined, Room: old.id}
	r.notices(t, joined)

	successor := hs.successor(old, anna)
	empty := ""
	hs.mu.Lock()
	hs.add(old, anna, "m.room.tombstone", &empty, object{"replacement_room": successor.id})
	hs.mu.Unlock()
	hs.in(t, successor, "join")
	r.notices(t, joined, Notice{Kind: Moved, Room: old.id, To: successor.id})
	hs.in(t, old, "leave")

	// Whoever only claims to follow a group is a group of its own.
	claims := hs.successor(successor, eve)
	hs.invite(claims, eve, false)
	r.notices(t, joined, Notice{Kind: Moved, Room: old.id, To: successor.id}, Notice{Kind: Joined, Room: claims.id, Person: eve})
	hs.in(t, successor, "join")
}

// Who moved a group, and where to, is asked of the older room itself; a line that stays there hears what is said.
func TestStaysInTheOlderRoom(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := open(t, hs, t.TempDir(), Config{Password: password})
	r.Stay()
	r.run(t)
	eventually(t, func() error {
		if !r.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	old := hs.makeRoom(true, anna, bot)
	joined := Notice{Kind: Joined, Room: old.id}
	r.notices(t, joined)
	if to, by, err := r.Successor(t.Context(), old.id); to != "" || by != "" || err != nil {
		t.Errorf("it was not moved: %q, %q, %v", to, by, err)
	}
	successor := hs.successor(old, anna)
	empty := ""
	replace := func(by, to string) {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		hs.add(old, by, "m.room.tombstone", &empty, object{"replacement_room": to})
	}
	replace(anna, successor.id)
	r.notices(t, joined, Notice{Kind: Moved, Room: old.id, To: successor.id})
	if to, by, err := r.Successor(t.Context(), old.id); to != successor.id || by != anna || err != nil {
		t.Errorf("it was moved: %q, %q, %v", to, by, err)
	}
	hs.say(old, anna, "!halt")
	r.heard(t, "!halt")
	hs.in(t, old, "join")
	replace(eve, "")
	if to, by, err := r.Successor(t.Context(), old.id); to != "" || by != "" || err != nil {
		t.Errorf("that was taken back: %q, %q, %v", to, by, err)
	}
	if _, _, err := r.Successor(t.Context(), hs.makeRoom(true, anna).id); !errors.Is(err, ErrShut) {
		t.Errorf("of a room that cannot be looked at nothing is known: %v", err)
	}
}

// successor makes a room that says that it replaces another one.
func (hs *homeserver) successor(old *fakeRoom, by string) *fakeRoom {
	room := hs.makeRoom(true, by)
	hs.mu.Lock()
	defer hs.mu.Unlock()
	room.state["m.room.create "]["content"] = object{"room_version": "11", "predecessor": object{"room_id": old.id}}
	return room
}

func TestTheBotDoesNotStayAlone(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, anna, eve)
	hs.invite(room, anna, false)
	joined := Notice{Kind: Joined, Room: room.id, Person: anna}
	r.notices(t, joined)
	hs.member(room, eve, "leave")
	hs.say(room, anna, "still here")
	r.heard(t, "still here")
	hs.in(t, room, "join")
	hs.member(room, anna, "leave")
	hs.in(t, room, "leave")
	r.notices(t, joined, Notice{Kind: Left, Room: room.id})
}

func TestBeingRemovedIsNoticed(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, anna, eve)
	hs.invite(room, anna, false)
	joined := Notice{Kind: Joined, Room: room.id, Person: anna}
	r.notices(t, joined)
	hs.mu.Lock()
	user := bot
	hs.add(room, anna, "m.room.member", &user, object{"membership": "leave"})
	hs.mu.Unlock()
	r.notices(t, joined, Notice{Kind: Left, Room: room.id})
}

// A device that was not there, or not signed, when a secret was sent, is noticed once it can be trusted; what is
// said next is for it as well.
func TestANewDeviceIsNoticed(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "first", Secret: true})
	room := r.directRoomOf(t, hs, anna)
	hs.member(room, anna, "join")
	met := Notice{Kind: Met, Room: room.id, Person: anna}
	r.notices(t, met)
	p := newPeer(t, hs, "anna", true)
	r.notices(t, met, Notice{Kind: NewDevice, Room: room.id, Person: anna})
	queue(t, r, Delivery{Key: "2", Person: anna, Kind: "second", Secret: true})
	r.sent(t)
	eventually(t, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.read) != 1 || p.read[0] != "second " {
			return fmt.Errorf("reads %q", p.read)
		}
		return nil
	})
}
