package bot

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"stimmbote/media"
	"stimmbote/store"
)

// atTheDoor is somebody who types a member's name at the door of the group's call.
func (w *world) atTheDoor(name string) *store.Doubt {
	w.t.Helper()
	c, err := w.store.CallByRoom(w.t.Context(), group)
	if err != nil || c == nil {
		w.t.Fatalf("the group's call: %v, %v", c, err)
	}
	doubt, err := w.bot.Taken(w.t.Context(), *c, name)
	if err != nil || doubt == nil {
		w.t.Fatalf("%s at the door: %v, %v", name, doubt, err)
	}
	w.settle()
	return doubt
}

// wears looks at whose badge was given for a ticket.
func (w *world) wears(ticket, want string) {
	w.t.Helper()
	c, err := w.store.CallByRoom(w.t.Context(), group)
	if err != nil {
		w.t.Fatal(err)
	}
	var who media.Bearer
	if d := w.bot.Answered(ticket); d != nil && d.Badge != "" {
		if who, err = w.bot.Badge(w.t.Context(), *c, d.Badge); err != nil {
			w.t.Fatal(err)
		}
	}
	if who.Name != want {
		w.t.Errorf("came in as %q, want %q", who.Name, want)
	}
}

// Whoever types a member's name is let in as that member when the member says so, encrypted, in time.
func TestIsThisYou(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.new()
	d := w.atTheDoor("Anna")
	if !regexp.MustCompile(`^[1-9]\d\d$`).MatchString(d.Number) {
		t.Errorf("number %q", d.Number)
	}
	w.expect(`^Is this you, Anna, joining now in the call of Grüne Straße\? If your page shows the number `+d.Number+`, write yes here`, "anna")
	if again := w.atTheDoor("anna"); again.Ticket != "" {
		t.Error("asked about two at once")
	}
	w.silent()
	w.tells("bernd", "yes")
	w.tells("anna", "who is it?")
	w.wears(d.Ticket, "")
	plain := w.message("anna", "yes", true)
	plain.Encrypted = false
	w.hear(plain)
	w.expect(`not encrypted, or not from a verified device`, "anna")
	doubtful := w.message("anna", "yes", true)
	doubtful.Trusted = false
	w.hear(doubtful)
	w.wears(d.Ticket, "")
	w.new()
	w.tells("anna", "Ja!")
	w.expect(`^✅ Your page lets you in`, "anna")
	w.wears(d.Ticket, "Anna")
	w.wears(d.Ticket, "Anna") // the answer may be lost on its way
	w.wears("made up", "")
	w.now = w.now.Add(askHolds)
	w.wears(d.Ticket, "")

	// No is no; without an answer it is over; and nobody is asked for ever.
	d = w.atTheDoor("Anna")
	w.tells("anna", "no")
	w.expect(`^Nobody comes in under your name`, "anna")
	if w.bot.Answered(d.Ticket) != nil {
		t.Error("she said no, and the page still waits")
	}
	w.tells("anna", "yes")
	w.wears(d.Ticket, "")
	d = w.atTheDoor("Anna")
	w.now = w.now.Add(askHolds)
	w.tells("anna", "yes")
	w.wears(d.Ticket, "")
	if d = w.atTheDoor("Anna"); d.Ticket != "" {
		t.Error("asked more often than anybody can bear")
	}
	w.now = w.now.Add(askedAgain)
	d = w.atTheDoor("Anna")
	w.restart()
	if w.bot.Answered(d.Ticket) != nil {
		t.Error("a question is stored")
	}
}

// Two of one name are both asked, and one yes is enough.
func TestTwoOfOneName(t *testing.T) {
	w := newWorld(t, "en")
	w.line.members[group][2].Name = "Anna"
	w.says("chair", "!call")
	w.new()
	d := w.atTheDoor("Anna")
	w.expect(`^Is this you`, "anna", "bernd")
	w.tells("anna", "no")
	w.wears(d.Ticket, "")
	w.tells("bernd", "yes")
	w.wears(d.Ticket, "Anna")
}

// With an open ballot a yes is an answer to that: the door asks for another word.
func TestIsThisYouDuringAVote(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.opened("Shall we?")
	d := w.atTheDoor("Anna")
	w.expect(`write it is me here: a plain yes would be an answer to the open vote`, "anna")
	w.tells("anna", "yes")
	w.expect(`Understood: Yes`, "anna")
	w.wears(d.Ticket, "")
	w.tells("anna", "It's me!")
	w.expect(`^✅ Your page lets you in`, "anna")
	w.wears(d.Ticket, "Anna")
	w.says("chair", "!cancel")
	w.new()

	// A vote that is opened between question and answer: the yes could mean either.
	d = w.atTheDoor("Bernd")
	w.expect(`write yes here`, "bernd")
	w.now = w.now.Add(time.Second)
	w.says("chair", "start")
	w.new()
	w.tells("bernd", "yes")
	w.expect(`^A vote has been opened meanwhile`, "bernd")
	if cast, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); err != nil || cast != 0 {
		t.Errorf("%d votes, %v", cast, err)
	}
	w.wears(d.Ticket, "")
	w.tells("bernd", "yes")
	w.expect(`Understood: Yes`, "bernd")
	w.tells("bernd", "ich bin es")
	w.wears(d.Ticket, "Bernd")
}

// Whoever is called by their account, written otherwise, is somebody of the group as well.
func TestAccountAtTheDoor(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.new()
	if d := w.atTheDoor(strings.ToUpper(user("anna"))); d.Ticket == "" {
		t.Errorf("%+v", d)
	}
}
