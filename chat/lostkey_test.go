package chat

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// loseKey lets the homeserver lose the next letter that brings a key.
func (hs *homeserver) loseKey() {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.fault = func(req *http.Request) int {
		if strings.Contains(req.URL.Path, "/sendToDevice/m.room.encrypted/") {
			hs.fault = nil
			hs.lose = true
		}
		return 0
	}
}

func (p *peer) reads(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, func() error {
		p.mu.Lock()
		defer p.mu.Unlock()
		if fmt.Sprint(p.read) != fmt.Sprint(want) {
			return fmt.Errorf("reads %q, want %q", p.read, want)
		}
		return nil
	})
}

// A homeserver may lose the letter that brings somebody the key of what the bot says. Whoever asks for it is
// given it, if it was meant for them, also after a restart.
func TestALostKeyIsGivenAgain(t *testing.T) {
	t.Parallel()
	for name, restart := range map[string]bool{"at once": false, "after a restart": true} {
		t.Run(name, func(t *testing.T) {
			hs := newHomeserver(t)
			dir := t.TempDir()
			r := start(t, hs, dir)
			p := newPeer(t, hs, "anna", true)
			room := hs.makeRoom(true, anna, bot)
			hs.loseKey()
			queue(t, r, Delivery{Key: "1", Room: room.id, Kind: "lost and found"})
			r.sent(t)
			if restart {
				if err := r.stop(); err != nil {
					t.Fatal(err)
				}
				start(t, hs, dir)
			}
			p.reads(t, "lost and found ")
		})
	}
}

// What was said to one person cannot be opened after a restart, not by the bot either: it is said again.
func TestWhatCannotBeOpenedIsSaidAgain(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	r := start(t, hs, dir)
	p := newPeer(t, hs, "anna", true)
	hs.loseKey()
	queue(t, r, Delivery{Key: "1", Person: anna, Kind: "lost", Secret: true})
	room := r.directRoomOf(t, hs, anna)
	hs.member(room, anna, "join")
	met := Notice{Kind: Met, Room: room.id, Person: anna}
	r.notices(t, met)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	r = start(t, hs, dir)
	r.notices(t, Notice{Kind: NewDevice, Room: room.id, Person: anna})
	queue(t, r, Delivery{Key: "2", Person: anna, Kind: "again", Secret: true})
	p.reads(t, "again ")
}

// The same on the way to the bot: it asks whoever wrote.
func TestTheBotAsksForALostKey(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, anna, bot)
	p := newPeer(t, hs, "anna", true)
	hs.loseKey()
	p.say(t, room, "hello")
	r.heard(t, "hello")
	r.bot.mu.Lock()
	defer r.bot.mu.Unlock()
	if m := r.bot.heard[0]; !m.Encrypted || !m.Trusted {
		t.Errorf("%+v, want it encrypted and trusted", m)
	}
}
