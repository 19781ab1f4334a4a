package chat

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// What the bot says leaves no key in the database, not even of a moment.
func TestKeysForSayingAreNotStored(t *testing.T) {
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, anna, bot)
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "a"}, Delivery{Key: "2", Person: anna, Kind: "b", Secret: true})
	r.sent(t)
	if said := hs.said(room.id, bot); len(said) != 1 || said[0]["type"] != "m.room.encrypted" {
		t.Fatalf("said %v", said)
	}
	for _, table := range []string{"crypto_megolm_outbound_session", "crypto_megolm_inbound_session"} {
		var n int
		if err := r.store.DB().QueryRow(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s has %d rows, %v", table, n, err)
		}
	}
}

// heardKey makes the key of somebody's session as it arrives, from this message index on.
func heardKey(t *testing.T, session *crypto.OutboundGroupSession, from uint32) *crypto.InboundGroupSession {
	t.Helper()
	key, err := crypto.NewInboundGroupSession("sender", "signing", session.RoomID, session.Internal.Key(), time.Hour, 100, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	if from > 0 {
		if err := key.RatchetTo(from); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

func TestAKeyNeverReachesFurtherBack(t *testing.T) {
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	keys := r.helper.Machine().CryptoStore
	ctx := t.Context()
	session := func(t *testing.T) *crypto.OutboundGroupSession {
		t.Helper()
		s, err := crypto.NewOutboundGroupSession("!room", &event.EncryptionEventContent{Algorithm: id.AlgorithmMegolmV1}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	put := func(t *testing.T, key *crypto.InboundGroupSession) {
		t.Helper()
		if err := keys.PutGroupSession(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	first := func(t *testing.T, s *crypto.OutboundGroupSession) uint32 {
		t.Helper()
		key, err := keys.GetGroupSession(ctx, s.RoomID, s.ID())
		if err != nil || key == nil {
			t.Fatalf("the stored key: %v, %v", key, err)
		}
		return key.Internal.FirstKnownIndex()
	}

	t.Run("ratcheted", func(t *testing.T) {
		s := session(t)
		put(t, heardKey(t, s, 0))
		put(t, heardKey(t, s, 5))
		put(t, heardKey(t, s, 0))
		put(t, heardKey(t, s, 3))
		if got := first(t, s); got != 5 {
			t.Errorf("the stored key opens from message %d on, want 5", got)
		}
	})
	t.Run("given up", func(t *testing.T) {
		s := session(t)
		put(t, heardKey(t, s, 0))
		if err := keys.RedactGroupSession(ctx, s.RoomID, s.ID(), "done"); err != nil {
			t.Fatal(err)
		}
		put(t, heardKey(t, s, 0))
		if _, err := keys.GetGroupSession(ctx, s.RoomID, s.ID()); !errors.Is(err, crypto.ErrGroupSessionWithheld) {
			t.Errorf("a key that was given up: %v", err)
		}
	})
	t.Run("withheld at first", func(t *testing.T) {
		s := session(t)
		err := keys.PutWithheldGroupSession(ctx, event.RoomKeyWithheldEventContent{
			RoomID: s.RoomID, SessionID: s.ID(), SenderKey: "sender", Algorithm: id.AlgorithmMegolmV1, Code: event.RoomKeyWithheldUnverified,
		})
		if err != nil {
			t.Fatal(err)
		}
		put(t, heardKey(t, s, 2))
		if got := first(t, s); got != 2 {
			t.Errorf("the key that came after all opens from message %d on, want 2", got)
		}
	})
	t.Run("passed on by somebody", func(t *testing.T) {
		for _, source := range []id.KeySource{id.KeySourceForward, id.KeySourceImport, id.KeySourceBackup} {
			s := session(t)
			key := heardKey(t, s, 0)
			key.KeySource = source
			put(t, key)
			if stored, err := keys.GetGroupSession(ctx, s.RoomID, s.ID()); stored != nil || err != nil {
				t.Errorf("%s: stored %v, %v", source, stored, err)
			}
		}
	})
}

// A homeserver may lose the letter that brings somebody the key of what the bot says. Whoever asks for it is
// given it, if it was meant for them.
func TestALostKeyIsGivenAgain(t *testing.T) {
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	p := newPeer(t, hs, "anna", true)
	room := hs.makeRoom(true, anna, bot)
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if strings.Contains(req.URL.Path, "/sendToDevice/m.room.encrypted/") {
			hs.fault = nil
			hs.lose = true
		}
		return 0
	}
	hs.mu.Unlock()
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "lost and found"})
	eventually(t, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.read) != 1 {
			return fmt.Errorf("reads %q", p.read)
		}
		return nil
	})
}
