package chat

import (
	"errors"
	"fmt"
	"testing"
)

// What was said is found in the room, whatever the store says of it and whatever time others write. Where it cannot
// be certain that nothing was said, that is the answer.
func TestWhatWasSentIsFound(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	long := hs.say(room, anna, "long ago")
	before := hs.say(room, anna, "the question")
	queue(t, r, Delivery{Key: "other", Room: room.id, Kind: "said"}, Delivery{Key: "part", Room: room.id, Kind: "said"})
	r.sent(t)
	if _, err := r.store.DB().Exec(t.Context(), `DELETE FROM outbox WHERE key='part'`); err != nil { // as in a backup
		t.Fatal(err)
	}
	var after string
	for i := range 90 { // several pages
		after = hs.say(room, anna, fmt.Sprint(i))
		if i == 50 {
			hs.mu.Lock()
			room.events[len(room.events)-1]["origin_server_ts"] = 0
			hs.mu.Unlock()
		}
	}
	newer := hs.successor(room, anna)
	hs.member(newer, bot, "join")
	last := hs.say(newer, anna, "here we are")
	for name, test := range map[string]struct {
		rooms      []string
		key, after string
		found      bool
		err        error
	}{
		"it stands there":                   {[]string{room.id}, "part", before, true, nil},
		"it does not":                       {[]string{room.id}, "another", before, false, nil},
		"not since then":                    {[]string{room.id}, "part", after, false, nil},
		"in the older room":                 {[]string{newer.id, room.id}, "part", before, true, nil},
		"in none of both":                   {[]string{newer.id, room.id}, "another", before, false, nil},
		"not since the newer room":          {[]string{newer.id, room.id}, "part", last, false, nil},
		"the older room is not looked at":   {[]string{newer.id}, "another", before, false, ErrHistoryGone},
		"the older room cannot be read":     {[]string{newer.id, "!nowhere"}, "another", before, false, ErrHistoryGone},
		"nobody knows since when":           {[]string{room.id}, "another", "", false, ErrHistoryGone},
		"the event is not there":            {[]string{room.id}, "another", "$nowhere", false, ErrHistoryGone},
		"more was said than is looked at":   {[]string{room.id}, "another", long, false, ErrHistoryLong},
		"… but it is found before it stops": {[]string{room.id}, "part", long, true, nil},
	} {
		r.lookBack = sentPages
		if test.after == long {
			r.lookBack = 3
			if test.key == "another" {
				r.lookBack = 2
			}
		}
		if found, err := r.Sent(t.Context(), test.rooms, test.key, test.after); found != test.found || !errors.Is(err, test.err) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	r.lookBack = sentPages
	erase := func(key string) {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		for _, evt := range room.events {
			if content := evt["content"].(object); content[markKey] == transaction(key) {
				evt["content"] = object{}
			}
		}
	}
	erase("other")
	if found, err := r.Sent(t.Context(), []string{room.id}, "another", before); found || err != nil {
		t.Errorf("what was removed is known to be something else: %v, %v", found, err)
	}
	if found, err := r.Sent(t.Context(), []string{room.id}, "part", before); !found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	erase("part")
	if found, err := r.Sent(t.Context(), []string{room.id}, "part", before); found || !errors.Is(err, ErrHistoryErased) {
		t.Errorf("it was removed: %v, %v", found, err)
	}
}
