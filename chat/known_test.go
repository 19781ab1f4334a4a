package chat

import (
	"fmt"
	"strings"
	"testing"
)

// Who is in a room, and what they may do there, is known without asking: from what the homeserver has told, as it changes,
// and after a restart before anybody is logged in.
func TestKnownWithoutAsking(t *testing.T) {
	const bernd = "@bernd:test"
	hs, dir := newHomeserver(t), t.TempDir()
	r := start(t, hs, dir)
	room := hs.makeRoom(true, anna, eve, bernd)
	powers := func(users object) {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		empty := ""
		hs.add(room, anna, "m.room.power_levels", &empty, object{"users": users})
	}
	powers(object{anna: 100, eve: 50})
	hs.invite(room, anna, false)
	r.notices(t, Notice{Kind: Joined, Room: room.id, Person: anna})
	knows := func(r *rig, want string) func() error {
		return func() error {
			members, power, err := r.Known(t.Context(), room.id)
			if err != nil {
				return err
			}
			var got strings.Builder
			for _, m := range members {
				got.WriteString(fmt.Sprint(m.ID, " ", power[m.ID], " "))
			}
			if got.String() != want {
				return fmt.Errorf("known is %q, want %q", got.String(), want)
			}
			return nil
		}
	}
	if _, err := r.Members(t.Context(), room.id); err != nil {
		t.Fatal(err)
	}
	eventually(t, knows(r, "@anna:test 100 @bernd:test 0 @eve:test 50 "))
	hs.member(room, bernd, "leave")
	powers(object{anna: 100})
	eventually(t, knows(r, "@anna:test 100 @eve:test 0 "))
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again := open(t, hs, dir, Config{User: bot})
	defer again.store.Close()
	if err := knows(again, "@anna:test 100 @eve:test 0 ")(); err != nil {
		t.Errorf("before the login: %v", err)
	}
	if members, _, err := again.Known(t.Context(), "!other"); err != nil || len(members) > 0 {
		t.Errorf("of another room %v, %v", members, err)
	}
}
