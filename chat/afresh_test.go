package chat

import (
	"os/exec"
	"testing"
	"time"
)

// TestAfresh: whoever goes on from an older copy of the folder can be read at once, if it is told so, also by somebody
// who has written to it since they spoke last, and to whom the copy does not know that it has spoken after that.
func TestAfresh(t *testing.T) {
	t.Parallel()
	hs, dir, copied := newHomeserver(t), t.TempDir(), t.TempDir()
	r := start(t, hs, dir)
	p := newPeer(t, hs, "anna", true)
	room := hs.makeRoom(true, anna, bot)
	say := func(r *rig, word string) {
		t.Helper()
		queue(t, r, Delivery{Key: word, Room: room.id, Kind: word})
		r.sent(t)
	}
	stop := func(r *rig) {
		t.Helper()
		if err := r.stop(); err != nil {
			t.Fatal(err)
		}
	}
	say(r, "before")
	p.reads(t, "before ")
	p.say(t, room, "answer") // with which the session has turned
	r.heard(t, "answer")
	stop(r)
	if out, err := exec.Command("cp", "-a", dir+"/.", copied).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	r = start(t, hs, dir)
	say(r, "unknown to the copy")
	p.reads(t, "before ", "unknown to the copy ")
	stop(r)
	r = start(t, hs, copied)
	r.Afresh()
	began := time.Now()
	say(r, "again")
	p.reads(t, "before ", "unknown to the copy ", "again ")
	if took := time.Since(began); took > 3*time.Second { // after that it asks for the key
		t.Errorf("it was read after %s", took)
	}
}
