package chat

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"
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
	hs.mu.Lock()
	asked := false
	hs.fault = func(req *http.Request) int {
		asked = asked || strings.Contains(req.URL.Path, "/sendToDevice/m.room_key_request/")
		return 0
	}
	hs.mu.Unlock()
	say(r, "again")
	p.reads(t, "before ", "unknown to the copy ", "again ")
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if asked {
		t.Error("it could be read only after asking for the key")
	}
}
