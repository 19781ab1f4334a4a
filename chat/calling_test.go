package chat

import "testing"

// The app's own call is noticed in all the forms that apps write, and who leaves it is not.
func TestTheAppsCallIsNoticed(t *testing.T) {
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, anna, eve)
	hs.invite(room, anna, false)
	want := []Notice{{Kind: Joined, Room: room.id, Person: anna}}
	r.notices(t, want...)
	state := func(kind, key string, content object) {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		hs.add(room, eve, kind, &key, content)
	}
	full := object{"application": "m.call", "call_id": "", "device_id": "X"}
	for _, kind := range []string{"m.call.member", "org.matrix.msc3401.call.member", "m.rtc.member", "org.matrix.msc4143.rtc.member"} {
		state(kind, "_"+eve+"_X", full)
		want = append(want, Notice{Kind: Calling, Room: room.id, Person: eve})
		r.notices(t, want...)
	}
	state("m.call.member", "_"+eve+"_X", object{})
	state("org.matrix.msc3401.call.member", eve, object{"memberships": []object{}})
	state("org.matrix.msc3401.call.member", eve, object{"m.calls": []object{}})
	state("org.example.call.member", eve, full)
	state("org.matrix.msc3401.call.member", eve, object{"memberships": []object{full}})
	r.notices(t, append(want, Notice{Kind: Calling, Room: room.id, Person: eve})...)
}

// Who was removed by another one is noticed, who went by themselves is not.
func TestWhoWasSentOutIsNoticed(t *testing.T) {
	const bernd = "@bernd:x"
	hs := newHomeserver(t)
	r := start(t, hs, t.TempDir())
	room := hs.makeRoom(true, anna, eve, bernd)
	hs.invite(room, anna, false)
	joined := Notice{Kind: Joined, Room: room.id, Person: anna}
	r.notices(t, joined)
	hs.member(room, bernd, "leave")
	hs.mu.Lock()
	user := eve
	hs.add(room, anna, "m.room.member", &user, object{"membership": "ban"})
	hs.mu.Unlock()
	r.notices(t, joined, Notice{Kind: SentOut, Room: room.id, Person: eve})
}
