package chat

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// peer is another encrypting client.
type peer struct {
	*mautrix.Client
	machine *cryptohelper.CryptoHelper
	crypto  sync.Mutex // held while it writes, and while it takes in what a sync brings
	mu      sync.Mutex
	read    []string
}

// inTurn lets no key change while the peer writes: mautrix guards its own cross-signing keys by nothing.
type inTurn struct {
	*mautrix.DefaultSyncer
	crypto *sync.Mutex
}

func (s *inTurn) ProcessResponse(ctx context.Context, resp *mautrix.RespSync, since string) error {
	s.crypto.Lock()
	defer s.crypto.Unlock()
	return s.DefaultSyncer.ProcessResponse(ctx, resp, since)
}

func newPeer(t *testing.T, hs *homeserver, name string, signed bool) *peer {
	t.Helper()
	client, err := mautrix.NewClient(hs.URL, "", "")
	if err != nil {
		t.Fatal(err)
	}
	helper, err := cryptohelper.NewCryptoHelper(client, []byte("pickle"), filepath.Join(t.TempDir(), name+".db"))
	if err != nil {
		t.Fatal(err)
	}
	helper.LoginAs = &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: name},
		Password:   password,
	}
	if err := helper.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	client.Crypto = helper
	if signed {
		if _, err := helper.Machine().GenerateAndVerifyWithRecoveryKey(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p := &peer{Client: client, machine: helper}
	syncer := client.Syncer.(*mautrix.DefaultSyncer)
	client.Syncer = &inTurn{syncer, &p.crypto}
	syncer.OnEventType(event.EventMessage, func(_ context.Context, evt *event.Event) {
		if evt.Sender == client.UserID {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		p.read = append(p.read, evt.Content.AsMessage().Body)
	})
	var first sync.Once
	synced := make(chan struct{})
	syncer.OnSync(func(context.Context, *mautrix.RespSync, string) bool {
		first.Do(func() { close(synced) })
		return true
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = client.SyncWithContext(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
		_ = helper.Close()
	})
	<-synced // of what its first look brings, it asks for no keys
	return p
}

func (p *peer) say(t *testing.T, room *fakeRoom, body string) {
	t.Helper()
	if _, err := p.State(t.Context(), id.RoomID(room.id)); err != nil {
		t.Fatal(err)
	}
	// What the peer learns of the room in this moment can take away the key it was about to use.
	eventually(t, func() error {
		p.crypto.Lock()
		defer p.crypto.Unlock()
		_, err := p.SendText(t.Context(), id.RoomID(room.id), body)
		return err
	})
}

func TestSignedDevicesAreTrustedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	for name, signed := range map[string]bool{"signed": true, "unsigned": false} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			r := start(t, hs, t.TempDir())
			p := newPeer(t, hs, "anna", signed)
			queue(t, r, Delivery{Key: "1", Person: anna, Kind: "secret", Secret: true})
			room := r.directRoomOf(t, hs, anna)
			hs.member(room, anna, "join")
			p.say(t, room, "1")
			r.heard(t, "1")
			r.bot.mu.Lock()
			m := r.bot.heard[0]
			r.bot.mu.Unlock()
			if !m.Encrypted || m.Trusted != signed || !m.Direct {
				t.Errorf("%+v, want it encrypted, direct, and trusted = %v", m, signed)
			}
			queue(t, r, Delivery{Key: "2", Person: anna, Kind: "second", Secret: true})
			r.sent(t)
			if !signed {
				p.mu.Lock()
				defer p.mu.Unlock()
				if len(p.read) > 0 {
					t.Errorf("a device that its owner did not sign reads %q", p.read)
				}
				return
			}
			eventually(t, func() error {
				p.mu.Lock()
				defer p.mu.Unlock()
				if got := strings.Join(p.read, ","); !strings.Contains(got, "secret ") || !strings.Contains(got, "second ") {
					return errors.New("reads only " + got)
				}
				return nil
			})
		})
	}
}

// What is said to a group is for devices too that nobody signed; what is said to one person afterwards is not.
func TestASecretAfterWordsToAGroup(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(true, anna, bot)
	r := start(t, hs, t.TempDir())
	p := newPeer(t, hs, "anna", false)
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "to all"})
	p.reads(t, "to all ")
	queue(t, r, Delivery{Key: "2", Person: anna, Kind: "secret", Secret: true})
	hs.member(r.directRoomOf(t, hs, anna), anna, "join")
	r.sent(t)
	queue(t, r, Delivery{Key: "3", Room: room.id, Kind: "to all again"})
	p.reads(t, "to all ", "to all again ")
}

// A message may come long before its key, even before a restart.
func TestAMessageWaitsForItsKey(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"the key comes later": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			dir := t.TempDir()
			room := hs.makeRoom(true, anna, bot)
			r := start(t, hs, dir)
			p := newPeer(t, hs, "anna", true)
			hs.hold(true)
			p.say(t, room, "early")
			eventually(t, func() error {
				if late, err := r.store.Late(t.Context()); err != nil || len(late) != 1 {
					return errors.New("nothing waits")
				}
				return nil
			})
			hs.say(room, anna, "in clear")
			r.heard(t, "in clear")
			if restart {
				if err := r.stop(); err != nil {
					t.Fatal(err)
				}
				r = start(t, hs, dir)
			}
			hs.hold(false)
			if restart {
				r.heard(t, "early")
			} else {
				r.heard(t, "in clear", "early")
			}
			eventually(t, func() error {
				if late, err := r.store.Late(t.Context()); err != nil || len(late) != 0 {
					return errors.New("it still waits")
				}
				return nil
			})
		})
	}
}

// Homeservers leave the number of one-time keys out when they are busy. Taken for none, it would
// make fifty more at each start, until the oldest, which are given away first, are forgotten.
func TestAMissingCountOfOneTimeKeysIsNotTakenForNone(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	keys := func() int {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		return len(hs.oneTime[bot+" DEV1"])
	}
	if err := start(t, hs, dir).stop(); err != nil {
		t.Fatal(err)
	}
	first := keys()
	hs.mu.Lock()
	hs.uncount = true
	hs.mu.Unlock()
	for range 2 {
		if err := start(t, hs, dir).stop(); err != nil {
			t.Fatal(err)
		}
	}
	if again := keys(); again != first || first == 0 {
		t.Errorf("%d keys at first, %d after two more starts", first, again)
	}
}

// While the bot learns of somebody's devices, they are known before their signatures are: who is written to in
// that moment can read it all the same.
func TestADeviceWhoseSignatureIsNotKnownYet(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	p := newPeer(t, hs, "anna", true)
	mach := r.helper.Machine()
	if _, err := mach.FetchKeys(t.Context(), []id.UserID{anna}, true); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"crypto_cross_signing_keys", "crypto_cross_signing_signatures"} {
		column := map[bool]string{true: "user_id", false: "signed_user_id"}[table == "crypto_cross_signing_keys"]
		if _, err := r.store.DB().Exec(t.Context(), "DELETE FROM "+table+" WHERE "+column+"=$1", anna); err != nil {
			t.Fatal(err)
		}
	}
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "secret", Secret: true})
	hs.member(r.directRoomOf(t, hs, anna), anna, "join")
	p.reads(t, "secret ")
}
