package bot

import (
	"bytes"
	"context"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/media"
	"stimmbote/store"
)

func TestCallKeepsItsLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("anna", "!call")
	card := w.new()
	link := regexp.MustCompile(`\nhttp://127\.0\.0\.1:8480/r/(gruene-strasse)#(\S+)\n`).FindStringSubmatch(card[0].Plain)
	if len(card) != 1 || link == nil || card[0].Notice {
		t.Fatalf("card:\n%s", list(card))
	}
	c, err := w.store.CallByName(t.Context(), link[1])
	if err != nil || c == nil || c.Room != group || c.Title != "Grüne Straße" {
		t.Fatalf("call %+v, %v", c, err)
	}
	door, err := media.Door(link[2])
	if err != nil || !media.DoorOpens(c.Door, door) {
		t.Errorf("the link's key does not open the door: %v", err)
	}

	room := c.MediaRoom()
	w.bot.CallChanged(room, persons("Anna"))
	w.settle()
	w.expect(`\n👥 In since 19:00: Anna\n`, "group")
	w.bot.CallChanged(room, persons("Anna", "Bernd"))
	w.bot.CallChanged(room, persons("Anna", "Clara"))
	w.settle()
	w.silent()
	w.now = w.now.Add(cardPause)
	w.settle()
	if s := w.new(); len(s) != 1 || s[0].Edits != card[0].Key || find(s, "group", `\n👥 2 people are in, since 19:00: Anna, Clara\n`) == nil {
		t.Errorf("correction:\n%s", list(s))
	}

	w.restart()
	w.settle()
	w.silent()
	w.bot.CallChanged(room, persons("Clara"))
	w.now = w.now.Add(cardRest)
	w.settle()
	w.expect(`\n👥 In since 19:00: Clara\n`, "group")

	w.line.name = "Another name"
	w.says("bernd", "!treffen")
	fresh := w.new()
	if len(fresh) != 2 || find(fresh, "group", regexp.QuoteMeta(link[0])) == nil || fresh[0].Edits != "" || fresh[1].Edits != card[0].Key {
		t.Errorf("asked again:\n%s", list(fresh))
	}
	w.bot.CallChanged(room, nil)
	w.now = w.now.Add(cardPause)
	w.settle()
	if s := w.new(); len(s) != 1 || s[0].Edits != fresh[0].Key || find(s, "group", `\nNobody is in right now\.\n`) == nil {
		t.Errorf("the newer card is not corrected:\n%s", list(s))
	}
	w.now = w.now.Add(cardEmpty)
	w.settle()
	if s := w.new(); len(s) != 1 || s[0].Edits != fresh[0].Key || find(s, "group", `(?s)^📞 Call ended\n.*\nIt lasted 81 seconds, up to 2 people were in at once\.$`) == nil {
		t.Errorf("the end:\n%s", list(s))
	}

	// Whoever comes within the minute is still in the same call, and the card says so at once, after a restart too.
	w.now = w.now.Add(time.Hour)
	w.bot.CallChanged(room, persons("Eva"))
	w.settle()
	w.bot.CallChanged(room, nil)
	w.now = w.now.Add(cardPause)
	w.settle()
	w.new()
	w.now = w.now.Add(cardPause)
	w.settle()
	w.bot.CallChanged(room, persons("Deniz"))
	w.settle()
	w.expect(`: Deniz\n`, "group")
	w.now = w.now.Add(cardPause)
	w.bot.CallChanged(room, nil)
	w.settle()
	w.restart()
	w.new()
	w.now = w.now.Add(time.Second)
	w.bot.CallChanged(room, persons("Bernd"))
	w.settle()
	w.expect(`: Bernd\n`, "group")
	w.now = w.now.Add(cardPause)
	w.bot.CallChanged(room, nil)
	w.settle()
	w.now = w.now.Add(cardEmpty)
	w.settle()
	w.expect(`^📞 Call ended\n`, "group")

	// Whoever comes next opens a call anew: that posts a card, so that phones ring.
	w.now = w.now.Add(time.Hour)
	w.bot.CallChanged(room, persons("Eva"))
	w.settle()
	if s := w.new(); len(s) != 1 || s[0].Edits != "" || find(s, "group", `\n👥 In since 21:\d\d: Eva\n`) == nil {
		t.Errorf("the next one:\n%s", list(s))
	}
	c, err = w.store.CallByName(t.Context(), link[1])
	if err != nil || c.Since.IsZero() || c.Most != 1 {
		t.Errorf("call %+v, %v", c, err)
	}
}

func persons(names ...string) (list []media.Person) {
	for _, name := range names {
		list = append(list, media.Person{Identity: "id " + name, Name: name})
	}
	return list
}

// endings notes which rooms of the media server were closed.
type endings struct{ rooms []string }

func (e *endings) CloseRoom(_ context.Context, room string) error {
	e.rooms = append(e.rooms, room)
	return media.ErrNoRoom
}

func TestCallDeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	ended := &endings{}
	w.bot.Meetings = ended
	w.line.power[user("chair")] = 50
	call := func() *store.Call {
		t.Helper()
		c, err := w.store.CallByRoom(t.Context(), group)
		if err != nil || c == nil {
			t.Fatalf("call %v, %v", c, err)
		}
		return c
	}
	w.says("chair", "!call lock")
	w.expect(`^There is no call here`, "group")
	w.says("anna", "!call")
	w.new()
	first := call()
	for _, deed := range []string{"end", "lock", "unlock", "rename Board", "link new", "sperren"} {
		w.says("anna", "!call "+deed)
		w.expect(`^Those who can do that here: Chair$`, "group")
	}
	for _, wrong := range []string{"dance", "link", "link away"} {
		w.says("chair", "!call "+wrong)
		w.expect(`^I did not understand that\. !call alone`, "group")
	}
	plain := w.message("chair", "!call end", false)
	plain.Encrypted = false
	w.hear(plain)
	w.expect(`not encrypted`, "group")
	if c := call(); !reflect.DeepEqual(c, first) || len(ended.rooms) > 0 {
		t.Fatalf("changed by those who may not: %+v, %v", c, ended.rooms)
	}

	w.says("chair", "!treffen sperren")
	if s := w.new(); find(s, "group", `^🔒 The call is locked`) == nil || find(s, "group", `\n🔒 Locked: `) == nil || !call().Locked {
		t.Errorf("locked:\n%s", list(s))
	}
	w.now = w.now.Add(cardPause)
	w.says("chair", "!call unlock")
	if s := w.new(); find(s, "group", `^The call is open again`) == nil || call().Locked {
		t.Errorf("unlocked:\n%s", list(s))
	}

	w.bot.CallChanged(first.MediaRoom(), persons("Anna"))
	w.says("chair", "!call rename Vorstand & Mehr")
	if s := w.new(); find(s, "group", `^The link has another name now: vorstand-mehr\.`) == nil || find(s, "group", `/r/vorstand-mehr#(?s).*In since`) == nil {
		t.Errorf("renamed:\n%s", list(s))
	}
	if c := call(); c.MediaRoom() != first.MediaRoom() || len(ended.rooms) > 0 {
		t.Error("another name ends the call")
	}
	w.says("chair", "!call rename …")
	w.expect(`^I cannot make a link of that name`, "group")

	before, _ := w.bot.link(call())
	w.says("chair", "!call lock")
	w.new()
	w.says("chair", "!call link new")
	after, _ := w.bot.link(call())
	if s := w.new(); before == after || find(s, "group", regexp.QuoteMeta(after)) == nil || find(s, "group", regexp.QuoteMeta(before)) != nil {
		t.Errorf("a new link:\n%s", list(s))
	}
	if call().Locked {
		t.Error("whoever was in does not come in by the new link")
	}
	if c := call(); bytes.Equal(c.Door, first.Door) || !slices.Equal(ended.rooms, []string{first.MediaRoom()}) {
		t.Errorf("the old link still opens, or the old call goes on: %v", ended.rooms)
	}
	w.bot.CallChanged(first.MediaRoom(), nil)
	w.settle()
	w.silent()

	room := call().MediaRoom()
	w.now = w.now.Add(cardPause)
	w.bot.CallChanged(room, persons("Anna"))
	w.settle()
	w.new()
	w.says("chair", "!call lock")
	w.new()
	w.says("chair", "!call end")
	if call().Locked {
		t.Error("the lock outlives the call")
	}
	if s := w.new(); find(s, "group", `^Call ended`) == nil == (find(s, "group", `^The call has ended`) == nil) || ended.rooms[1] != room {
		t.Errorf("ended %v:\n%s", ended.rooms, list(s))
	}
	// What the media server said before it knew opens nothing anew.
	w.bot.CallChanged(room, persons("Anna"))
	w.settle()
	w.bot.CallChanged(room, nil)
	w.now = w.now.Add(cardSettles)
	w.settle()
	w.silent()
}

// A word in the chat takes back nothing that was changed since the bot began to deal with it.
func TestCallDeedsReadTheCallAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("anna", "!call")
	w.new()
	c, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	for i, deed := range []func(c *store.Call, m chat.Message) error{
		func(c *store.Call, m chat.Message) error { return w.bot.doorCall(t.Context(), m, c, "knock") },
		func(c *store.Call, m chat.Message) error { return w.bot.lockCall(t.Context(), m, c, "") },
		func(c *store.Call, m chat.Message) error { return w.bot.renameCall(t.Context(), m, c, "board") },
		func(c *store.Call, m chat.Message) error { return w.bot.relinkCall(t.Context(), m, c, "new") },
		func(c *store.Call, m chat.Message) error { return w.bot.endCall(t.Context(), m, c, "") },
	} {
		before := *c
		if c.Title += "!"; w.store.PutCall(t.Context(), *c) != nil {
			t.Fatal("cannot be written")
		}
		if err := deed(&before, w.message("chair", "!call …", false)); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		now, err := w.store.CallByRoom(t.Context(), group)
		if err != nil || now.Title != c.Title || reflect.DeepEqual(now, c) {
			t.Errorf("%d: %+v, %v, before it %+v", i, now, err, c)
		}
		c = now
	}
}

// A correction of a card that could not be written is made the next time.
func TestCardAfterATrouble(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("anna", "!call")
	w.new()
	w.bot.CallChanged(w.callRoom(), persons("Anna"))
	if _, err := w.store.DB().Exec(t.Context(), `CREATE TRIGGER full BEFORE UPDATE ON call BEGIN SELECT RAISE(ABORT, 'full'); END`); err != nil {
		t.Fatal(err)
	}
	if next := w.now.Add(look); w.bot.correctCards(t.Context(), &next) == nil {
		t.Error("written nevertheless")
	}
	if _, err := w.store.DB().Exec(t.Context(), `DROP TRIGGER full`); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(cardPause)
	w.settle()
	w.expect(`\n👥 In since 19:00: Anna\n`, "group")
}

func TestCallsOfTwoGroupsDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("anna", "!call")
	m := w.message("anna", "!call", false)
	m.Room = "!second:x"
	w.line.members[m.Room] = []chat.Member{{ID: "@a:y"}, {ID: "@b:x"}, {ID: "@c:x"}}
	w.line.plainRoom = true
	w.hear(m)
	if find(w.new(), "group", `(?s)/r/gruene-strasse-2#.*not encrypted\. Whoever runs one of its servers \(y, x\)`) == nil {
		t.Errorf("said:\n%s", list(w.sent))
	}
	c, err := w.store.CallByRoom(t.Context(), m.Room)
	if err != nil {
		t.Fatal(err)
	}
	w.bot.CallChanged(c.MediaRoom(), persons("Anna"))
	w.settle()
	w.expect(`(?s)👥 1 person is in, since 19:00\.\n[^A]*$`, "group")
}

func TestCallWithoutAnAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.url = ""
	w.restart()
	w.says("anna", "!call")
	w.expect(`web\.public_url`, "group")
}

func TestSlug(t *testing.T) {
	t.Parallel()
	for title, want := range map[string]string{
		"UWG Musterstadt":    "uwg-musterstadt",
		"  Größe & Maß!  ":   "groesse-mass",
		"Café «Zukunft»":     "cafe-zukunft",
		"日本":                 "",
		"../../etc/passwd":   "etc-passwd",
		"a\u0301b":           "ab",
		"🗳️":                 "",
		"<script>x</script>": "script-x-script",
	} {
		if got := slug(title); got != want {
			t.Errorf("slug(%q) is %q, want %q", title, got, want)
		}
	}
	if got := slug(string(make([]byte, 500)) + "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"); len(got) > mostSlug {
		t.Errorf("a long title gives %d characters", len(got))
	}
}
