package bot

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"testing"
	"time"

	"stimmbote/media"
	"stimmbote/store"
)

// doorway notes what the bot has done at the doors of calls.
type doorway struct {
	asked []string
	told  int
}

func (d *doorway) LetIn(_, name string) []string {
	d.asked = append(d.asked, name)
	if name == "Nobody" {
		return nil
	}
	return []string{"Franz", "Gerd <b>"}
}

func (d *doorway) Refresh(context.Context, store.Call) { d.told++ }

var personal = regexp.MustCompile(`http://127\.0\.0\.1:8480/r/gruene-strasse#([\w-]{22})\.([\w-]+)`)

func TestBadges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.power[user("chair")] = 50
	w.tells("anna", "!me")
	w.expect(`^I know of no call`, "anna")
	w.says("chair", "!call")
	w.new()
	c, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	badge := func(name string) string {
		t.Helper()
		s := find(w.new(), name, `(?s)as \w+, .*for you alone`)
		if s == nil {
			t.Fatalf("no personal link:\n%s", list(w.sent))
		}
		return personal.FindStringSubmatch(s.Plain)[2]
	}
	w.says("anna", "!me") // in the group: the answer is in the direct chat
	annas := badge("anna")
	w.tells("chair", "!me")
	chairs := badge("chair")
	w.tells("stranger", "!me")
	w.expect(`^I know of no call`, "stranger")

	is := func(what, badge, want string, wantModerates bool) {
		t.Helper()
		who, err := w.bot.Badge(t.Context(), *c, badge)
		if err != nil || who.Name != want || (who.Badge == media.Chair) != wantModerates || (who.Mark == "") != (want == "") {
			t.Errorf("%s: %+v, %v", what, who, err)
		}
	}
	is("a member", annas, "Anna", false)
	is("the chair", chairs, "Chair", true)
	for _, forged := range []string{"", "x", annas[:len(annas)-4] + "AAAA", "QGFubmE6eA", user("anna")} {
		is("forged "+forged, forged, "", false)
	}
	other := *c
	other.Door = append([]byte{1}, c.Door...)
	if who, _ := w.bot.Badge(t.Context(), other, annas); who.Name != "" {
		t.Error("a badge of another link is worn")
	}

	w.line.power[user("chair")], w.line.power[user("anna")] = 0, 50
	is("demoted this moment", chairs, "Chair", false)
	is("the new chair", annas, "Anna", true)
	w.line.power[user("chair")], w.line.power[user("anna")] = 50, 0

	w.line.broken = errors.New("the homeserver is away")
	w.now = w.now.Add(time.Hour)
	is("without the homeserver", annas, "Anna", false)
	w.line.broken = nil
	w.leave("anna")
	is("one who has left this moment", annas, "", false)
}

// A request that is broken off does not have the members of before taken for those of now.
func TestBrokenOffAtTheDoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.atTheDoor("Anna")
	w.join("otto")
	w.now = w.now.Add(crewFresh)
	c, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	gone, goes := context.WithCancel(t.Context())
	goes()
	if d, err := w.bot.Taken(gone, *c, "Gustav"); d != nil || err != nil {
		t.Errorf("Gustav: %v, %v", d, err)
	}
	if d := w.atTheDoor("Otto"); d.Ticket == "" {
		t.Error("Otto is not asked")
	}
}

// Nobody takes a member's name, and the member is told, not more often than they can bear.
func TestNamesAreTaken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.new()
	c, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"Anna": true, "ANNA": true, " an na ": true, "Аnnа": true, "@bernd:x": true, "C1ara": true, "ClARA": true, "Deniz.": true,
		"Gustav": false, "Annabel": false, "": false, "…": false, "日本": false,
	} {
		doubt, err := w.bot.Taken(t.Context(), *c, name)
		if err != nil || (doubt != nil) != want {
			t.Errorf("%q is taken: %v, %v, want %v", name, doubt, err, want)
		}
	}
	w.settle()
	all := w.new()
	toAnna := 0
	for _, s := range all {
		if s.to() == "anna" {
			toAnna++
		}
	}
	if find(all, "anna", `^Is this you, .*joining now`) == nil || toAnna != mostAsked {
		t.Errorf("told:\n%s", list(all))
	}
}

func TestDoors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	at := &doorway{}
	w.bot.Doors = at
	w.line.power[user("chair")] = 50
	w.says("chair", "!call")
	w.new()
	for door, want := range map[string]store.Entry{"board": store.EntryBoard, "knock": store.EntryKnock, "offen": store.EntryOpen} {
		w.now = w.now.Add(cardPause)
		w.says("anna", "!call door "+door)
		w.expect(`^Those who can do that here: Chair$`, "group")
		w.says("chair", "!call door "+door)
		w.expect(`^🚪 `, "group")
		if c, err := w.store.CallByRoom(t.Context(), group); err != nil || c.Entry != want {
			t.Errorf("%s: %+v, %v", door, c, err)
		}
	}
	w.says("chair", "!call door ajar")
	w.expect(`^I do not know that door`, "group")
	if at.told != 3 {
		t.Errorf("those in the call were told %d times", at.told)
	}

	w.now = w.now.Add(cardPause)
	w.bot.Waiting(w.callRoom(), []string{"Franz", "Gerd <b>"})
	w.settle()
	w.expect(`\n⏳ At the door: Franz, Gerd <b>\. To let them in: !call admit NAME`, "group")
	w.says("anna", "!call admit Franz")
	w.expect(`^Those who can do that here`, "group")
	w.says("chair", "!call admit Nobody")
	w.expect(`^Nobody of that name waits`, "group")
	w.says("chair", "!treffen einlassen alle")
	w.expect(`^Let in: Franz, Gerd <b>$`, "group")
	if !slices.Equal(at.asked, []string{"Nobody", ""}) {
		t.Errorf("asked to let in %q", at.asked)
	}

	// A lock that comes when the call has ended, or by the link of before, locks nobody out of the next one.
	before, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	lock := func(c *store.Call) (bool, error) {
		err := w.bot.Lock(t.Context(), *c, true)
		now, _ := w.store.CallByRoom(t.Context(), group)
		return now.Locked, err
	}
	if locked, err := lock(before); locked || !errors.Is(err, media.ErrNoRoom) {
		t.Errorf("nobody is in: locked %v, %v", locked, err)
	}
	w.says("chair", "!call link new")
	w.inCallAre([]string{"chair"}, nil)
	if locked, err := lock(before); locked || !errors.Is(err, media.ErrNoRoom) {
		t.Errorf("by the link of before: locked %v, %v", locked, err)
	}
	now, _ := w.store.CallByRoom(t.Context(), group)
	if locked, err := lock(now); !locked || err != nil {
		t.Errorf("from the call: locked %v, %v", locked, err)
	}
}

// What somebody in the call is to the group follows the group: who has left is a guest, who was demoted moderates no
// more, and the other way round, at once and with nothing asked.
func TestStandingFollowsTheGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.power[user("chair")] = 50
	w.says("chair", "!call")
	c, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	people := []media.Person{w.seat(c, "anna", false), w.seat(c, "chair", false), w.seat(c, "Gustav", true), {Identity: "of another way", Name: "Bernd"}}
	is := func(why string, want ...media.Badge) {
		t.Helper()
		standing := w.bot.Standing(t.Context(), *c, people)
		for i, badge := range want {
			if got := standing[people[i].Identity]; got != badge {
				t.Errorf("%s: %s is %q, want %q", why, people[i].Name, got, badge)
			}
		}
	}
	w.line.broken = errors.New("no way to the homeserver")
	is("as they came", media.Member, media.Chair, media.Guest, "")
	w.line.power[user("anna")], w.line.power[user("chair")] = 50, 0
	is("the other way round", media.Chair, media.Member, media.Guest, "")
	w.leave("anna")
	is("nobody moderates any more", media.Guest, media.Chair, media.Guest, "")
	w.line.power[user("bernd")] = 50
	is("one has left", media.Guest, media.Member, media.Guest, "")
	w.bot.CallChanged(c.MediaRoom(), people)
	if _, without, err := w.bot.attending(t.Context(), group); err == nil || len(without) > 0 {
		t.Errorf("a roll without the homeserver: %v", err)
	}
	w.line.broken = nil
	if with, without, err := w.bot.attending(t.Context(), group); err != nil || len(with) != 1 || !slices.Equal(without, []string{"Anna", "Gustav"}) {
		t.Errorf("attending %v, without a badge %v, %v", with, without, err)
	}
	w.line.forgotten = true
	w.bot.crews = map[string]crew{}
	is("nothing is known", media.Guest, media.Guest, media.Guest, "")
}

// After a restart without the homeserver members come in, by badge and by name, as they were known last; where nothing
// is known nobody passes for a member.
func TestDoorWithoutTheHomeserver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.new()
	c, err := w.store.CallByRoom(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	annas, err := w.bot.badge(c, user("anna"))
	if err != nil {
		t.Fatal(err)
	}
	w.line.broken = errors.New("no way to the homeserver")
	w.restart()
	if who, err := w.bot.Badge(t.Context(), *c, annas); err != nil || who.Name != "Anna" {
		t.Errorf("Anna's badge: %+v, %v", who, err)
	}
	if d := w.atTheDoor("Bernd"); d.Ticket == "" {
		t.Error("Bernd is not asked")
	}
	if d, err := w.bot.Taken(t.Context(), *c, "Gustav"); d != nil || err != nil {
		t.Errorf("Gustav: %v, %v", d, err)
	}
	w.restart()
	w.line.forgotten = true
	if who, err := w.bot.Badge(t.Context(), *c, annas); err == nil || who.Name != "" {
		t.Errorf("Anna's badge: %+v, %v", who, err)
	}
	if _, err := w.bot.Taken(t.Context(), *c, "Gustav"); err == nil {
		t.Error("nobody knows whether Gustav is a member")
	}
}
