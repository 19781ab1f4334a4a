package chat

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"maunium.net/go/mautrix/id"
)

// Invitations of a stranger into rooms that nobody can join hold up nothing and nobody.
func TestDeadInvitationsDoNotMakeTheBotDeaf(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, dir)
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if strings.HasSuffix(req.URL.Path, "/join") {
			return 502
		}
		return 0
	}
	hs.mu.Unlock()
	for range 2 * atOnce {
		hs.member(hs.makeRoom(false, eve), bot, "invite")
	}
	hs.say(room, anna, "after")
	r.heard(t, "after")
	hs.mu.Lock()
	now := hs.stream
	hs.mu.Unlock()
	eventually(t, func() error {
		token, err := r.client.Store.LoadNextBatch(t.Context(), id.UserID(bot))
		if stored, _ := strconv.Atoi(strings.TrimPrefix(token, "s")); stored < now || err != nil {
			return fmt.Errorf("token %s, %v; want s%d", token, err, now)
		}
		return nil
	})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again := start(t, hs, dir)
	hs.say(room, anna, "again")
	again.heard(t, "again")
}

func TestAnInvitationIsFollowedWhenItsServerAnswersLater(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	tries := 0
	hs.mu.Lock()
	hs.fault = func(req *http.Request) int {
		if strings.HasSuffix(req.URL.Path, "/join") {
			tries++
			return []int{0, 502, 429, 500, 0}[min(tries, 4)]
		}
		return 0
	}
	hs.mu.Unlock()
	room := hs.makeRoom(false, eve)
	hs.member(room, bot, "invite")
	eventually(t, func() error {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		if m := room.membership(bot); m != "join" {
			return fmt.Errorf("the bot's membership is %q", m)
		}
		return nil
	})
	hs.say(room, eve, "hello")
	r.heard(t, "hello")
}
