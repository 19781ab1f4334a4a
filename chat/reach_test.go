package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"testing"

	"github.com/rs/zerolog"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
)

// device gives somebody a device, which its owner signed or not.
func (hs *homeserver) device(t *testing.T, user string, signed bool) {
	t.Helper()
	ctx := t.Context()
	client, err := mautrix.NewClient(hs.URL, "", "")
	if err != nil {
		t.Fatal(err)
	}
	client.Log = zerolog.Nop()
	_, err = client.Login(ctx, &mautrix.ReqLogin{
		Type: mautrix.AuthTypePassword, Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: user[1 : len(user)-len(":test")]},
		Password: password, StoreCredentials: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	mach := crypto.NewOlmMachine(client, &client.Log, crypto.NewMemoryStore(nil), nil)
	if err := errors.Join(mach.Load(ctx), mach.ShareKeys(ctx, 0)); err != nil {
		t.Fatal(err)
	}
	if !signed {
		return
	}
	keys, err := mach.GenerateCrossSigningKeys()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(mach.PublishCrossSigningKeys(ctx, keys, nil), mach.SignOwnDevice(ctx, mach.OwnIdentity())); err != nil {
		t.Fatal(err)
	}
}

func TestHowSomebodyCanBeReached(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	blocked := true
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if blocked && req.Method == http.MethodPut && path.Base(req.URL.Path) == eve {
			return http.StatusForbidden
		}
		return 0
	}
	hs.errcode = "M_INVITE_BLOCKED"
	hs.mu.Unlock()
	is := func(person string, want Reach) {
		t.Helper()
		if got, err := r.Reach(t.Context(), person); err != nil || got != want {
			t.Errorf("%s is reached: %v, %v, want %v", person, got, err, want)
		}
	}
	is(anna, NotMet)
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "word"})
	room := r.directRoomOf(t, hs, anna)
	is(anna, Invited)
	hs.member(room, anna, "leave")
	is(anna, Declined)
	hs.member(room, anna, "join")
	is(anna, NoDevice)
	hs.device(t, anna, false)
	is(anna, Unsigned)
	hs.device(t, anna, true)
	is(anna, Reachable)

	queue(t, r, Delivery{Key: "2", Person: eve, Kind: "word"})
	eventually(t, func() error {
		if d, err := r.store.Direct(t.Context(), eve); err != nil || d == nil {
			return fmt.Errorf("no room yet: %w", err)
		}
		return nil
	})
	is(eve, Blocked)
	hs.mu.Lock()
	blocked = false
	hs.mu.Unlock()
	is(eve, Invited)
	r.sent(t)
	if said, _, err := r.Event(t.Context(), "2"); said == "" || err != nil {
		t.Errorf("what waited was not said: %v", err)
	}
}

func TestMeetingComesLastAndIsCounted(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	var done []string
	err := r.store.Tx(t.Context(), func(ctx context.Context) error {
		people := []string{anna, eve, "@carl:test"}
		if err := errors.Join(r.Meet(ctx, "g", people...), r.Meet(ctx, "g", people...)); err != nil {
			return err
		}
		p, err := r.Progress(ctx, "g")
		if p.Waiting != len(people) || p.Sent != 0 || err != nil {
			t.Errorf("progress: %+v, %v", p, err)
		}
		return r.Queue(ctx, Delivery{Key: "first", Person: eve, Kind: "ballot", Secret: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, person := range []string{anna, eve, "@carl:test"} {
		room := r.directRoomOf(t, hs, person)
		if got := room.membership(person); got != "invite" {
			t.Errorf("%s is %q", person, got)
		}
		want := 0
		if person == eve {
			want = 1
		}
		if said := hs.said(room.id, bot); len(said) != want {
			t.Errorf("%s was told %d things", person, len(said))
		}
	}
	r.bot.mu.Lock()
	done = r.bot.composed
	r.bot.mu.Unlock()
	if len(done) != 1 {
		t.Errorf("composed %q", done)
	}
	if p, err := r.Progress(t.Context(), "g"); p != (Progress{Sent: 3}) || err != nil {
		t.Errorf("progress: %+v, %v", p, err)
	}
	hs.member(r.directRoomOf(t, hs, eve), eve, "join")
	eventually(t, func() error {
		if p, err := r.Progress(t.Context(), "g"); p != (Progress{Sent: 3, Accepted: 1}) || err != nil {
			return fmt.Errorf("progress after somebody came: %+v, %v", p, err)
		}
		return nil
	})
}

func TestWhatIsAdopted(t *testing.T) {
	t.Parallel()
	empty := ""
	for name, c := range map[string]struct {
		encrypted bool
		happens   func(hs *homeserver, room *fakeRoom)
		known     func(t *testing.T, hs *homeserver, r *rig)
		adopted   bool
		err       error
	}{
		"the two, encrypted": {encrypted: true, adopted: true},
		"in clear":           {err: ErrInClear},
		"a third": {encrypted: true, err: ErrNotTwo, happens: func(hs *homeserver, room *fakeRoom) {
			hs.member(room, eve, "join")
		}},
		"a third is invited": {encrypted: true, err: ErrNotTwo, happens: func(hs *homeserver, room *fakeRoom) {
			hs.member(room, eve, "invite")
		}},
		"the person left": {encrypted: true, err: ErrNotTwo, happens: func(hs *homeserver, room *fakeRoom) {
			hs.member(room, anna, "leave")
		}},
		"anybody may join": {encrypted: true, err: ErrNotTwo, happens: func(hs *homeserver, room *fakeRoom) {
			hs.mu.Lock()
			defer hs.mu.Unlock()
			hs.add(room, anna, "m.room.join_rules", &empty, object{"join_rule": "public"})
		}},
		"anybody may read": {encrypted: true, err: ErrNotTwo, happens: func(hs *homeserver, room *fakeRoom) {
			hs.mu.Lock()
			defer hs.mu.Unlock()
			hs.add(room, anna, "m.room.history_visibility", &empty, object{"history_visibility": "world_readable"})
		}},
		"instead of an invitation that waits": {encrypted: true, adopted: true, known: func(t *testing.T, hs *homeserver, r *rig) {
			queue(t, r, Delivery{Key: "0", Person: anna, Kind: "word"})
			r.directRoomOf(t, hs, anna)
		}},
		"beside a room that serves": {encrypted: true, known: func(t *testing.T, hs *homeserver, r *rig) {
			queue(t, r, Delivery{Key: "0", Person: anna, Kind: "word"})
			hs.member(r.directRoomOf(t, hs, anna), anna, "join")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			room := hs.makeRoom(c.encrypted, anna, bot)
			r := start(t, hs, t.TempDir())
			if c.happens != nil {
				c.happens(hs, room)
			}
			if c.known != nil {
				c.known(t, hs, r)
			}
			ctx, err := r.online(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			adopted, err := r.adopt(ctx, anna, room.id)
			if adopted != c.adopted || !errors.Is(err, c.err) || (err != nil) != (c.err != nil) {
				t.Fatalf("adopted: %v, %v, want %v, %v", adopted, err, c.adopted, c.err)
			}
			queue(t, r, Delivery{Key: "1", Person: anna, Kind: "ballot", Secret: true})
			if next := r.directRoomOf(t, hs, anna); (next == room) != c.adopted {
				t.Errorf("a ballot is in %s", next.id)
			}
		})
	}
}
