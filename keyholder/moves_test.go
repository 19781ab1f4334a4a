package keyholder

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/keyholder/policy"
	"stimmbote/voting/parley"
)

const newer = "!newer:x"

// mayMove is a vote that is open, in a group that lenz may move.
func mayMove(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	d.power[lenz] = moderator
	d.opens()
	d.cast(6)
	return d
}

// absent are the members of the group but for some.
func (d *desk) absent(some ...string) []chat.Member {
	return slices.DeleteFunc(slices.Clone(d.members), func(m chat.Member) bool { return slices.Contains(some, m.ID) })
}

// TestMoved: a group that moves into another room in the middle of a vote takes the vote along.
func TestMoved(t *testing.T) {
	d := mayMove(t)
	d.moves(newer, lenz)
	if r := d.last(parley.Here); r == nil {
		t.Error("the machine does not introduce itself there")
	}
	d.open()
	closed := d.closed()
	d.room = room
	d.record(bot, closed) // in the older room, where anybody may be now
	if d.step() != stepConfirmed {
		t.Errorf("it is %s by what is said in the older room", d.step())
	}
	d.room = newer
	d.record(bot, closed)
	d.record(bot, d.part())
	if n := d.count(parley.Share); n != 1 || d.rooms[len(d.rooms)-1] != newer {
		t.Errorf("%d parts, said in %v", n, d.rooms)
	}
}

// TestMovedWithoutSome: the machine goes on in the newer room only if somebody with the right moved the group, and all
// tellers and machines of the vote are there. Until then it says whom or what it waits for.
func TestMovedWithoutSome(t *testing.T) {
	for name, test := range map[string]struct {
		by      string
		missing []string
		rule    policy.Rule
		says    string
		heal    func(d *desk)
		where   string // it is said
	}{
		"a teller":           {lenz, []string{kaya}, policy.Moved, `Missing: @kaya:x\. Please invite`, func(d *desk) { d.there[newer] = d.members }, newer},
		"a teller's machine": {lenz, []string{lenzs}, policy.Moved, `Missing: @lenz-box:x\. `, func(d *desk) { d.there[newer] = d.members }, newer},
		"both":               {lenz, []string{lenz, lenzs}, policy.Moved, `Missing: @lenz:x, @lenz-box:x\. `, func(d *desk) { d.there[newer] = d.members }, newer},
		"taken back":         {lenz, []string{lenz}, policy.Moved, `Missing: @lenz:x`, func(d *desk) { delete(d.stones, room); d.room = room }, newer},
		"the right":          {"@bernd:x", nil, policy.MovedBy, `@bernd:x has moved the group .* without the right`, func(d *desk) { d.stones[room] = [2]string{newer, lenz} }, newer},
		"the right: the bot": {bot, nil, policy.MovedBy, `@bot:x has moved the group`, func(d *desk) { d.stones[room] = [2]string{newer, lenz} }, newer},
	} {
		d := mayMove(t)
		d.there[newer] = d.absent(test.missing...)
		d.moves(newer, test.by)
		d.later(slow)
		if r := d.last(parley.Waits); r == nil || policy.Rule(r.Rule) != test.rule || d.rooms[len(d.rooms)-1] != test.where {
			t.Errorf("%s: %+v, said in %v", name, r, d.rooms)
		}
		d.told(`(?s)do not give my part of the key yet.*` + test.says)
		if before := test.rule == policy.MovedBy; before != (d.rooms[len(d.rooms)-2] == room && d.records[len(d.records)-2].Kind == parley.Waits) {
			t.Errorf("%s: that it is said in the older room as well is %v; it was said in %v", name, !before, d.rooms)
		}
		d.open()
		closed := d.closed()
		for _, d.room = range []string{newer, room} { // wherever the bot goes on
			d.record(bot, closed)
			d.record(bot, d.part())
		}
		d.later(time.Hour)
		if n := d.count(parley.Share); n != 0 {
			t.Fatalf("%s: %d parts; said was:\n%s", name, n, d.list())
		}
		d.room = newer
		test.heal(d)
		d.later(slow)
		if d.last(parley.GoesOn) == nil {
			t.Errorf("%s: it does not go on; said was:\n%s", name, d.list())
		}
		if name != "taken back" && d.rooms[len(d.rooms)-2] != newer {
			t.Errorf("%s: it goes on in %v", name, d.rooms)
		}
		d.record(bot, closed) // which the bot says again there
		d.record(bot, d.part())
		d.later(time.Minute)
		if n := d.count(parley.Share); n != 1 {
			t.Errorf("%s: %d parts; said was:\n%s", name, n, d.list())
		}
	}
}

// TestMovedUnseen: a machine that missed the move looks for it before it gives its part: that may stand in the newer
// room, said before it was started from a backup.
func TestMovedUnseen(t *testing.T) {
	d := mayMove(t)
	d.record(bot, d.closed())
	d.there[newer] = d.absent(kayas)
	d.stones[room] = [2]string{newer, lenz}
	d.record(bot, d.part())
	d.later(slow)
	if n := d.count(parley.Share); n != 0 {
		t.Fatalf("%d parts in the older room", n)
	}
	d.told(`Missing: @kaya-box:x`)
	delete(d.there, newer)
	d.later(slow)
	if n := d.count(parley.Share); n != 1 || !slices.Equal(d.looked, []string{newer, room}) {
		t.Errorf("%d parts, it looked through %v; said was:\n%s", n, d.looked, d.list())
	}
}

// TestHaltInTheOlderRoom: a teller's halt counts there as well, before and after the machine went on; nothing else does.
func TestHaltInTheOlderRoom(t *testing.T) {
	for _, missing := range []bool{false, true} {
		d := mayMove(t)
		if missing {
			d.there[newer] = d.absent(lenz)
		}
		d.moves(newer, lenz)
		d.room = room
		d.says("@bernd:x", "!halt")
		d.says(lenz, "!halt")
		d.told(`@lenz:x halted`)
		delete(d.there, newer)
		d.later(slow)
		closed := d.closed()
		d.room = newer
		d.record(bot, closed)
		d.record(bot, d.part())
		d.room = room
		d.says(lenz, "!resume")
		d.later(time.Hour)
		if n := d.count(parley.Share); n != 0 {
			t.Fatalf("%d parts; said was:\n%s", n, d.list())
		}
		d.room = newer
		d.says(lenz, "!resume")
		d.later(time.Minute)
		if n := d.count(parley.Share); n != 1 {
			t.Errorf("%d parts; said was:\n%s", n, d.list())
		}
	}
}

// TestObjectionInTheOtherRoom: an objection counts in the newer room before the machine goes on there, and in the older one
// afterwards; the word that lets the vote go on does not.
func TestObjectionInTheOtherRoom(t *testing.T) {
	for _, where := range []string{newer, room} {
		d := mayMove(t)
		d.there[newer] = d.absent(lenz)
		if where == room {
			delete(d.there, newer)
		}
		d.moves(newer, lenz)
		d.room = where
		d.says("@bernd:x", "!objection I was not asked")
		d.told(`@bernd:x objected`)
		delete(d.there, newer)
		d.later(slow)
		d.room = newer
		d.record(bot, d.closed())
		d.record(bot, d.part())
		d.room = room
		d.says(chair, "!close")
		d.later(time.Hour)
		if n := d.count(parley.Share); n != 0 {
			t.Fatalf("said in %s: %d parts; said was:\n%s", where, n, d.list())
		}
		d.room = newer
		d.says(chair, "!close")
		if n := d.count(parley.Share); n != 1 {
			t.Errorf("said in %s: %d parts; said was:\n%s", where, n, d.list())
		}
	}
}

// TestRoomsThatReplaceEachOther lead nowhere: the vote goes on in the last one that it came into.
func TestRoomsThatReplaceEachOther(t *testing.T) {
	d := mayMove(t)
	d.stones[newer] = [2]string{room, lenz}
	d.moves(newer, lenz)
	d.record(bot, d.closed())
	d.record(bot, d.part())
	if n := d.count(parley.Share); n != 1 || d.rooms[len(d.rooms)-1] != newer {
		t.Errorf("%d parts, said in %v", n, d.rooms)
	}
}

// TestMovedAfterThePart: once a part is given nothing hangs on a move any more: the machine goes wherever it is itself.
func TestMovedAfterThePart(t *testing.T) {
	d := newDesk(t)
	d.opens()
	d.cast(6)
	d.record(bot, d.closed())
	d.record(bot, d.part())
	d.there[newer], d.there["!third:x"] = d.absent(lenz, lenzs), nil
	d.stones[newer] = [2]string{"!third:x", bot}
	d.moves(newer, bot)
	d.record(bot, d.result())
	d.told(`Counted again`)
	if d.step() != stepDone || d.last(parley.Waits) != nil {
		t.Errorf("it is %s; said was:\n%s", d.step(), d.list())
	}
}

// TestMovedRestsBetweenLooks: as long as a vote cannot be taken along the machine looks now and then, and not without pause.
func TestMovedRestsBetweenLooks(t *testing.T) {
	for name, bring := range map[string]func(d *desk){
		"open":     func(*desk) {},
		"closed":   func(d *desk) { d.record(bot, d.closed()) },
		"released": func(d *desk) { d.record(bot, d.closed()); d.record(bot, d.part()) },
		"refused": func(d *desk) {
			d.record(bot, parley.Record{Kind: parley.Election, Fingerprint: "x", Setup: new(parley.Setup)})
		},
	} {
		d := mayMove(t)
		bring(d)
		d.there[newer] = nil // the machine is not there
		d.moves(newer, lenz)
		d.later(slow)
		for range 2 {
			for len(d.k.wake) > 0 {
				<-d.k.wake
			}
			next := d.now.Add(look)
			if err := d.k.Due(t.Context(), &next); err != nil || len(d.k.wake) > 0 || !next.Equal(d.now.Add(slow)) {
				t.Errorf("%s: woken %d times, the next look is in %s: %v", name, len(d.k.wake), next.Sub(d.now), err)
			}
		}
	}
}

// TestMovedWhileAway: what may pass says nothing about who is there, and is asked again; a refusal of the homeserver does,
// and where it lets the machine see nothing of the older room any more, what the machine saw there holds.
func TestMovedWhileAway(t *testing.T) {
	for _, by := range []string{lenz, "@bernd:x"} {
		d := mayMove(t)
		d.there[newer] = d.absent(kaya)
		d.moves(newer, lenz)
		d.later(slow)
		d.told(`Missing: @kaya:x\.`)
		said := len(d.said)
		d.fails[newer] = errors.New("away")
		next := d.now.Add(look)
		if err := d.k.Due(t.Context(), &next); !errors.Is(err, d.fails[newer]) || next.After(d.now.Add(slow)) {
			t.Errorf("the next look is in %s: %v", next.Sub(d.now), err)
		}
		delete(d.fails, newer)
		if d.later(slow); len(d.said) != said {
			t.Errorf("by what passed more is said:\n%s", d.list())
		}
		d.there[newer] = nil
		d.later(slow)
		d.told(`Missing: @kaya-box:x\.`)
		d.stones[room] = [2]string{newer, by}
		d.later(slow)
		d.fails[room] = chat.ErrShut
		delete(d.there, newer)
		d.later(slow)
		d.record(bot, d.closed())
		d.record(bot, d.part())
		d.later(time.Minute)
		if n := d.count(parley.Share); (n == 1) != (by == lenz) {
			t.Errorf("moved by %s: %d parts; said was:\n%s", by, n, d.list())
		}
	}
}

// TestMovedWhileNobodyCanBeAsked: a move is noted also where it cannot be asked at first who is there.
func TestMovedWhileNobodyCanBeAsked(t *testing.T) {
	d := mayMove(t)
	d.stones[room], d.fails[newer] = [2]string{newer, lenz}, errors.New("away")
	if err := d.k.Noticed(t.Context(), chat.Notice{Kind: chat.Moved, ID: "$to", Room: room, To: newer}); !errors.Is(err, d.fails[newer]) {
		t.Error(err)
	}
	d.now = d.now.Add(time.Minute)
	m := d.message(lenz, "!halt")
	for _, m.Body = range []string{"!halt", "!resume"} {
		m.ID += m.Body
		if err := d.k.Said(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	delete(d.fails, newer)
	d.later(slow)
	d.room = newer
	d.record(bot, d.closed())
	d.record(bot, d.part())
	for _, c := range d.said {
		if strings.Contains(c.Plain, "Missing") {
			t.Errorf("nobody could know who is missing; said was:\n%s", d.list())
		}
	}
	if n := d.count(parley.Share); n != 1 || d.rooms[len(d.rooms)-1] != newer {
		t.Errorf("%d parts, said in %v:\n%s", n, d.rooms, d.list())
	}
}

// TestVoidElsewhere: what nothing comes of leaves no key, in whichever room of the group the bot says so.
func TestVoidElsewhere(t *testing.T) {
	for _, where := range []string{room, newer, "!another:x"} {
		d := newDesk(t)
		d.opens()
		d.moves(newer, bot)
		d.room = where
		d.record(bot, parley.Record{Kind: parley.Void})
		if void := where != "!another:x"; (d.step() == stepVoid) != void || (len(d.keyFiles()) == 0) != void {
			t.Errorf("in %s: it is %s, with %v", where, d.step(), d.keyFiles())
		}
	}
}
