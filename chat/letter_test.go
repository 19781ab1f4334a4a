package chat

import (
	"errors"
	"testing"
	"time"

	"maunium.net/go/mautrix/id"
)

// A letter opens only once: if the program dies between opening it and storing the key that it brings, it comes again
// at the next start and brings the key then.
func TestALetterIsOpenedWithWhatItBrings(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	p := newPeer(t, hs, "anna", true)
	room := hs.makeRoom(true, anna, bot)
	r := open(t, hs, dir, Config{Password: password})
	r.second = 10 * time.Second // until the next try: it is dead by then
	r.run(t)
	eventually(t, func() error {
		if !r.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	p.say(t, room, "one")
	r.heard(t, "one")

	_, err := r.store.DB().Exec(t.Context(), `CREATE TRIGGER dies BEFORE INSERT ON crypto_megolm_inbound_session BEGIN SELECT RAISE(ROLLBACK, 'died'); END`)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.machine.Machine().CryptoStore.RemoveOutboundGroupSession(t.Context(), id.RoomID(room.id)); err != nil {
		t.Fatal(err)
	}
	p.say(t, room, "two")
	eventually(t, func() error {
		if r.pause.failures.Load() == 0 {
			return errors.New("nothing failed")
		}
		return nil
	})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = open(t, hs, dir, Config{Password: password})
	if _, err := r.store.DB().Exec(t.Context(), `DROP TRIGGER dies`); err != nil {
		t.Fatal(err)
	}
	r.run(t)
	r.heard(t, "two")
}
