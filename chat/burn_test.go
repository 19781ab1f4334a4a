package chat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// pickled is what is stored of the key that opens a message.
func (r *rig) pickled(t *testing.T, evt *event.Event) []byte {
	t.Helper()
	var pickle []byte
	session := evt.Content.Raw["session_id"]
	err := r.store.DB().QueryRow(t.Context(), `SELECT session FROM crypto_megolm_inbound_session WHERE session_id=$1`, session).Scan(&pickle)
	if err != nil || len(pickle) == 0 {
		t.Fatalf("the key %s: %v", session, err)
	}
	return pickle
}

// nowhere waits until a pickle is in no file of a folder.
func nowhere(t *testing.T, dir string, pickle []byte) {
	t.Helper()
	eventually(t, func() error {
		return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			if bytes.Contains(data, pickle) {
				return errors.New(path + " has a key that was given up")
			}
			return err
		})
	})
}

// answering is a line to which anna writes in her direct room; what she writes is burned.
func answering(t *testing.T, hs *homeserver, dir string) (*rig, *peer, *fakeRoom) {
	t.Helper()
	r := start(t, hs, dir)
	p := newPeer(t, hs, "anna", true)
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "ballot", Secret: true})
	room := r.directRoomOf(t, hs, anna)
	hs.member(room, anna, "join")
	p.reads(t, "ballot ")
	return r, p, room
}

// raw is the encrypted event in which something was said last.
func (hs *homeserver) raw(t *testing.T, room *fakeRoom, by string) *event.Event {
	t.Helper()
	said := hs.said(room.id, by)
	evt := new(event.Event)
	if err := evt.UnmarshalJSON(encode(said[len(said)-1])); err != nil {
		t.Fatal(err)
	}
	return evt
}

// handled waits until an event is dealt with, which is later than heard.
func (r *rig) handled(t *testing.T, evt *event.Event) {
	t.Helper()
	eventually(t, func() error {
		if done, err := r.store.Handled(t.Context(), evt.ID.String()); err != nil || !done {
			return errors.New("not handled")
		}
		return nil
	})
}

func TestNothingOpensWhatWasBurned(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	r, p, room := answering(t, hs, dir)
	died := errors.New("the process dies")
	tries := 0
	var before []byte
	r.bot.onSaid = func(ctx context.Context, m Message) error {
		if m.Body != "1" {
			return nil
		}
		before = r.pickled(t, hs.raw(t, room, anna))
		return r.store.Tx(ctx, func(ctx context.Context) error {
			if err := errors.Join(r.Burn(ctx, m), r.Mark(ctx, m.ID)); err != nil {
				return err
			}
			if tries++; tries == 1 {
				return died // nothing of it happened
			}
			return nil
		})
	}
	p.say(t, room, "1")
	r.heard(t, "1", "1")
	answer := hs.raw(t, room, anna)
	r.handled(t, answer)
	nowhere(t, dir, before)
	if _, _, err := r.open(t.Context(), id.RoomID(room.id), answer); !errors.Is(err, olm.ErrUnknownMessageIndex) {
		t.Errorf("opening it once more: %v", err)
	}

	// What comes again was dealt with, and is not taken for unreadable.
	b := &batch{}
	again := hs.raw(t, room, anna)
	if err := r.take(t.Context(), b, id.RoomID(room.id), again); err != nil || len(b.queue) != 0 {
		t.Errorf("taken again: %d jobs, %v", len(b.queue), err)
	}
	if late, err := r.store.Late(t.Context()); err != nil || len(late) != 0 {
		t.Errorf("waits: %v, %v", late, err)
	}
	p.say(t, room, "2")
	r.heard(t, "1", "1", "2")
}

// A message from long before, of which only the ID is known, is burned as well.
func TestBurningByID(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r, p, room := answering(t, hs, t.TempDir())
	p.say(t, room, "1")
	r.heard(t, "1")
	answer := hs.raw(t, room, anna)
	for _, m := range []Message{{ID: answer.ID.String(), Room: room.id}, {ID: "$clear", Room: room.id}} {
		if err := r.store.Tx(t.Context(), func(ctx context.Context) error { return r.Burn(ctx, m) }); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := r.open(t.Context(), id.RoomID(room.id), answer); !errors.Is(err, olm.ErrUnknownMessageIndex) {
		t.Errorf("opening it: %v", err)
	}
}

// After a renewal, copies of the database from before open with no key file that is left, and everything goes on:
// what arrives, what is said, and the next start.
func TestRenewing(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	r, p, room := answering(t, hs, dir)
	p.say(t, room, "hello")
	r.heard(t, "hello")
	last := hs.raw(t, room, anna)
	r.handled(t, last)
	before := r.pickled(t, last)
	for range 3 {
		if err := r.Renew(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	nowhere(t, dir, before)
	if _, _, err := r.open(t.Context(), id.RoomID(room.id), last); !errors.Is(err, olm.ErrUnknownMessageIndex) {
		t.Errorf("opening what was said before: %v", err)
	}
	key, err := r.vault.Key(pickleKey)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := repickle(key, key, before); err == nil {
		t.Error("the new key opens what the old one sealed")
	}
	p.say(t, room, "still there?")
	r.heard(t, "hello", "still there?")
	queue(t, r, Delivery{Key: "2", Person: anna, Kind: "still here", Secret: true})
	p.reads(t, "ballot ", "still here ")
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = start(t, hs, dir)
	p.say(t, room, "and now?")
	r.heard(t, "and now?")
	queue(t, r, Delivery{Key: "3", Person: anna, Kind: "here again", Secret: true})
	p.reads(t, "ballot ", "still here ", "here again ")
}

// Whatever else goes on, no key is stored that does not open.
func TestRenewingBesideEverything(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r, p, room := answering(t, hs, t.TempDir())
	done := make(chan error, 1)
	go func() {
		for range 20 {
			if err := r.Renew(context.WithoutCancel(t.Context())); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	want := []string{"ballot "}
	var heard []string
	for i := range 10 {
		if err := r.keys.RemoveOutboundGroupSession(t.Context(), id.RoomID(room.id)); err != nil {
			t.Fatal(err)
		}
		kind := fmt.Sprint("word", i)
		queue(t, r, Delivery{Key: kind, Person: anna, Kind: kind, Secret: true})
		want = append(want, kind+" ")
		heard = append(heard, kind)
		p.say(t, room, kind)
	}
	r.heard(t, heard...)
	p.reads(t, want...)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	key, err := r.vault.Key(pickleKey)
	if err != nil {
		t.Fatal(err)
	}
	err = r.store.Tx(t.Context(), func(ctx context.Context) error {
		return r.store.Repickle(ctx, func(pickle []byte) ([]byte, error) { return repickle(key, key, pickle) })
	})
	if err != nil {
		t.Errorf("a row that does not open: %v", err)
	}
}

// dying is a vault whose process dies during a renewal, before or after the tables have the new key.
type dying struct {
	*store.Vault
	after bool
}

var errDied = errors.New("the process died")

func (d dying) Renew(name string, _ store.Opens, rewrap func(old, fresh []byte) error) error {
	nobody := func([]byte) (bool, error) { return false, errDied }
	return d.Vault.Renew(name, nobody, func(old, fresh []byte) error {
		if d.after {
			return rewrap(old, fresh)
		}
		return nil
	})
}

func TestARenewalThatWasInterrupted(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]bool{"before the tables were written": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			dir := t.TempDir()
			r, p, room := answering(t, hs, dir)
			r.vault = dying{r.vault.(*store.Vault), after}
			if err := r.Renew(t.Context()); !errors.Is(err, errDied) {
				t.Fatal(err)
			}
			if err := r.stop(); err != nil {
				t.Fatal(err)
			}
			r = start(t, hs, dir)
			p.say(t, room, "and now?")
			r.heard(t, "and now?")
			if left, err := filepath.Glob(filepath.Join(dir, "keys", ".*")); err != nil || len(left) != 0 {
				t.Errorf("left in the folder of keys: %q, %v", left, err)
			}
		})
	}
}
