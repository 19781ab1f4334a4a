package bot

import (
	"regexp"
	"testing"
	"time"

	"stimmbote/media"
)

func TestCallKeepsItsLink(t *testing.T) {
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

	w.bot.CallChanged(link[1], 1)
	w.settle()
	w.expect(`\n1 person is in\.\n`, "group")
	w.bot.CallChanged(link[1], 2)
	w.bot.CallChanged(link[1], 3)
	w.settle()
	w.silent()
	w.now = w.now.Add(cardPause)
	w.settle()
	if s := w.new(); len(s) != 1 || s[0].Edits != card[0].Key || find(s, "group", `\n3 people are in\.\n`) == nil {
		t.Errorf("correction:\n%s", list(s))
	}

	w.restart()
	w.settle()
	w.silent()
	w.now = w.now.Add(cardRest)
	w.settle()
	w.expect(`\n0 people are in\.\n`, "group")

	w.line.name = "Another name"
	w.says("bernd", "!treffen")
	fresh := w.new()
	if len(fresh) != 2 || find(fresh, "group", regexp.QuoteMeta(link[0])) == nil || fresh[0].Edits != "" || fresh[1].Edits != card[0].Key {
		t.Errorf("asked again:\n%s", list(fresh))
	}
	w.bot.CallChanged(link[1], 1)
	w.now = w.now.Add(time.Minute)
	w.settle()
	if s := w.new(); len(s) != 1 || s[0].Edits != fresh[0].Key {
		t.Errorf("the newer card is not corrected:\n%s", list(s))
	}
}

func TestCallsOfTwoGroupsDiffer(t *testing.T) {
	w := newWorld(t, "en")
	w.says("anna", "!call")
	m := w.message("anna", "!call", false)
	m.Room = "!second:x"
	w.line.plainRoom = true
	w.hear(m)
	if find(w.new(), "group", `(?s)/r/gruene-strasse-2#.*not encrypted`) == nil {
		t.Errorf("said:\n%s", list(w.sent))
	}
}

func TestCallWithoutAnAddress(t *testing.T) {
	w := newWorld(t, "en")
	w.url = ""
	w.restart()
	w.says("anna", "!call")
	w.expect(`web\.public_url`, "group")
}

func TestSlug(t *testing.T) {
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
