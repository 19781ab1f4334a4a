package chat

import (
	"errors"
	"testing"
	"time"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// What the bot says to one person leaves no key in the database, not even of a moment. What it says to a group
// leaves the one that others have as well.
func TestKeysForSayingAreNotStored(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, anna, bot)
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "a"}, Delivery{Key: "2", Person: anna, Kind: "b", Secret: true})
	r.sent(t)
	if said := hs.said(room.id, bot); len(said) != 1 || said[0]["type"] != "m.room.encrypted" {
		t.Fatalf("said %v", said)
	}
	for table, want := range map[string]string{"crypto_megolm_outbound_session": "", "crypto_megolm_inbound_session": room.id} {
		var rooms string
		query := "SELECT COALESCE(GROUP_CONCAT(room_id), '') FROM " + table
		if err := r.store.DB().QueryRow(t.Context(), query).Scan(&rooms); err != nil || rooms != want {
			t.Errorf("%s has keys of the rooms %q, %v, want %q", table, rooms, err, want)
		}
	}
}

// After a month, what opens the bot's own words goes; what opens those of others stays.
func TestTheBotsOwnKeysAreForgotten(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	keys := r.helper.Machine().CryptoStore
	ctx := t.Context()
	room := hs.makeRoom(true, anna, bot)
	queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "now"})
	r.sent(t)
	old := time.Now().Add(-keep - time.Hour).UTC()
	for name, by := range map[id.RoomID]id.SenderKey{"!own": r.helper.Machine().OwnIdentity().IdentityKey, "!other": "sender"} {
		s, err := crypto.NewOutboundGroupSession(name, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		key := heardKey(t, s, 0)
		key.SenderKey, key.ReceivedAt = by, old
		if err := keys.PutGroupSession(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	r.tidy(ctx)
	var rooms string
	query := `SELECT GROUP_CONCAT(room_id) FROM (SELECT room_id FROM crypto_megolm_inbound_session ORDER BY room_id)`
	if err := r.store.DB().QueryRow(ctx, query).Scan(&rooms); err != nil || rooms != "!other,"+room.id {
		t.Errorf("keys of %s, %v, want !other,%s", rooms, err, room.id)
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
	t.Parallel()
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
		for source, by := range map[id.KeySource]string{
			id.KeySourceForward: "other", id.KeySourceImport: "", id.KeySourceBackup: "", id.KeySourceDirect: "other",
		} {
			s := session(t)
			key := heardKey(t, s, 0)
			key.KeySource = source
			if by != "" {
				key.ForwardingChains = []string{by}
			}
			put(t, key)
			if stored, err := keys.GetGroupSession(ctx, s.RoomID, s.ID()); stored != nil || err != nil {
				t.Errorf("%s: stored %v, %v", source, stored, err)
			}
		}
	})
	t.Run("given again by its owner", func(t *testing.T) {
		s := session(t)
		key := heardKey(t, s, 1)
		key.KeySource, key.ForwardingChains = id.KeySourceForward, []string{"sender"}
		put(t, key)
		key = heardKey(t, s, 0)
		key.KeySource, key.ForwardingChains = id.KeySourceForward, []string{"sender"}
		put(t, key)
		if got := first(t, s); got != 1 {
			t.Errorf("the stored key opens from message %d on, want 1", got)
		}
	})
	t.Run("the bot's own, passed on by somebody", func(t *testing.T) {
		s := session(t)
		key := heardKey(t, s, 0)
		key.SenderKey = r.helper.Machine().OwnIdentity().IdentityKey
		key.KeySource, key.ForwardingChains = id.KeySourceForward, []string{"other"}
		put(t, key)
		if stored, err := keys.GetGroupSession(ctx, s.RoomID, s.ID()); stored != nil || err != nil {
			t.Errorf("stored %v, %v", stored, err)
		}
	})
}
