package bot

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
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

// otherThan is a number that none of these questions has.
func otherThan(doubts ...*store.Doubt) string {
	for n := 100; ; n++ {
		number := strconv.Itoa(n)
		if !slices.ContainsFunc(doubts, func(d *store.Doubt) bool { return d.Number == number }) {
			return number
		}
	}
}

// Whoever types a member's name is let in as that member when the member writes the number of that page, encrypted, in
// time.
func TestIsThisYou(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.new()
	d := w.atTheDoor("Anna")
	if !regexp.MustCompile(`^[1-9]\d\d$`).MatchString(d.Number) {
		t.Errorf("number %q", d.Number)
	}
	asked := w.new()
	if find(asked, "anna", `^Is this you, Anna, joining now in the call of Grüne Straße\? Then write here the number that your browser shows`) == nil {
		t.Errorf("anna was not asked:\n%s", list(asked))
	}
	if find(asked, "anna", d.Number) != nil {
		t.Error("the chat shows the number: whoever copies it lets anybody in")
	}
	w.tells("bernd", d.Number)
	w.wears(d.Ticket, "")
	w.new()
	for _, bare := range []string{"Yes", "it's me!", otherThan(d)} {
		w.tells("anna", bare)
		w.expect(`^Please write the number that your browser shows`, "anna")
	}
	w.tells("anna", "who is it?")
	w.wears(d.Ticket, "")
	plain := w.message("anna", d.Number, true)
	plain.Encrypted = false
	w.hear(plain)
	w.expect(`not encrypted, or not from a verified device`, "anna")
	doubtful := w.message("anna", d.Number, true)
	doubtful.Trusted = false
	w.hear(doubtful)
	w.wears(d.Ticket, "")
	w.new()
	w.now = w.now.Add(askHolds - time.Second)
	w.tells("anna", "The number is "+d.Number+".")
	w.expect(`^✅ Your page lets you in`, "anna")
	w.now = w.now.Add(askHolds - time.Second) // the page of a telephone sleeps while its owner writes
	w.wears(d.Ticket, "Anna")
	w.wears(d.Ticket, "Anna") // the answer may be lost on its way
	w.wears("made up", "")
	w.now = w.now.Add(time.Second)
	w.wears(d.Ticket, "")

	// No is no; without an answer it is over; and nothing is stored.
	d = w.atTheDoor("Anna")
	w.tells("anna", "no")
	w.expect(`^Nobody comes in under your name`, "anna")
	if w.bot.Answered(d.Ticket) != nil {
		t.Error("she said no, and the page still waits")
	}
	w.tells("anna", d.Number)
	w.wears(d.Ticket, "")
	d = w.atTheDoor("Anna")
	w.now = w.now.Add(askHolds)
	w.tells("anna", d.Number)
	w.wears(d.Ticket, "")
	d = w.atTheDoor("Anna")
	w.restart()
	if w.bot.Answered(d.Ticket) != nil {
		t.Error("a question is stored")
	}
}

// A stranger who gives a member's name as often as they like keeps the member neither from their own page nor from
// their own link, is not let in by an answer to another page, and is no nuisance for ever.
func TestStrangerWithAMembersName(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.new()
	var strangers []*store.Doubt
	for range mostPending - 1 {
		strangers = append(strangers, w.atTheDoor("Anna"))
	}
	hers := w.atTheDoor("anna")
	if n := len(w.new()); n != mostAsked {
		t.Errorf("anna was told %d times", n)
	}
	if hers.Ticket == "" || slices.ContainsFunc(strangers, func(d *store.Doubt) bool { return d.Number == hers.Number }) {
		t.Errorf("her own page shows %q", hers.Number)
	}
	if late := w.atTheDoor("Anna"); late.Ticket != "" {
		t.Error("there is no end of questions")
	}
	w.tells("anna", "yes")
	w.expect(`^Please write the number`, "anna")
	w.tells("anna", "no")
	w.expect(`^Several pages have given your name`, "anna")
	w.tells("anna", hers.Number)
	w.expect(`^✅ Your page lets you in`, "anna")
	w.wears(hers.Ticket, "Anna")
	for _, d := range strangers {
		w.wears(d.Ticket, "")
	}
	if again := w.atTheDoor("Anna"); again.Ticket == "" {
		t.Error("her name is not free again")
	}
	w.now = w.now.Add(askHolds)
	w.tells("anna", strangers[0].Number)
	w.wears(strangers[0].Ticket, "")
}

// Two of one name are both asked, and the number of one is enough.
func TestTwoOfOneName(t *testing.T) {
	w := newWorld(t, "en")
	w.line.members[group][2].Name = "Anna"
	w.says("chair", "!call")
	w.new()
	d, other := w.atTheDoor("Anna"), w.atTheDoor("Anna")
	w.expect(`^Is this you`, "anna", "bernd")
	w.tells("anna", d.Number)
	w.tells("bernd", other.Number)
	w.wears(d.Ticket, "Anna")
	w.wears(other.Ticket, "Anna")
	d = w.atTheDoor("Anna")
	w.tells("anna", "it is not me")
	w.wears(d.Ticket, "")
	w.tells("bernd", d.Number)
	w.wears(d.Ticket, "Anna")
}

// During a vote yes and no are answers to that, and the number is none.
func TestIsThisYouDuringAVote(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.opened("Shall we?")
	d := w.atTheDoor("Anna")
	w.expect(`^Is this you, Anna`, "anna")
	w.tells("anna", "yes")
	w.expect(`Understood: Yes`, "anna")
	w.wears(d.Ticket, "")
	w.tells("anna", "It's me!")
	w.expect(`^Please write the number`, "anna")
	w.tells("anna", d.Number)
	w.expect(`^✅ Your page lets you in`, "anna")
	w.wears(d.Ticket, "Anna")
	d = w.atTheDoor("Bernd")
	w.tells("bernd", "it is not me")
	w.expect(`^Nobody comes in under your name`, "bernd")
	if w.bot.Answered(d.Ticket) != nil {
		t.Error("he said no, and the page still waits")
	}
	if cast, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); err != nil || cast != 1 {
		t.Errorf("%d votes, %v", cast, err)
	}
	w.says("chair", "!cancel")

	// A number is never what the open ballot would take for an answer.
	var houses []string
	for n := 100; n < 500; n++ {
		houses = append(houses, strconv.Itoa(n))
	}
	open := []*voting.Poll{{Asked: voting.Question{Kind: voting.KindChoice, Text: "Which house?", Options: houses}}}
	for range mostPending {
		ask := &doorAsk{persons: []string{user("clara")}}
		if !w.bot.pend(ask, open) || slices.Contains(houses, ask.doubt.Number) {
			t.Errorf("the number is %q, which is a house", ask.doubt.Number)
		}
	}
}

// A number that is an answer to a ballot that was opened later is left to that.
func TestNumberOfALaterBallot(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!call")
	d := w.atTheDoor("Anna")
	w.opened("Which house? " + d.Number + " | " + otherThan(d))
	w.tells("anna", d.Number)
	w.expect(`Understood: `+d.Number, "anna")
	w.wears(d.Ticket, "")
	w.says("chair", "!cancel")
	w.tells("anna", d.Number)
	w.wears(d.Ticket, "Anna")
}

// Who was not told of a question does not answer it by a number among words.
func TestNumberAmongWords(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!call")
	for range mostAsked {
		w.atTheDoor("Anna")
	}
	d := w.atTheDoor("Anna")
	w.tells("anna", "I live in flat "+d.Number)
	w.wears(d.Ticket, "")
	w.tells("anna", d.Number)
	w.wears(d.Ticket, "Anna")
}

// lostPolls does not know which votes are open, and lostLine sends nothing.
type (
	lostPolls struct{ polls }
	lostLine  struct{ *fakeLine }
)

func (lostPolls) OpenTo(context.Context, voting.Member) ([]*voting.Poll, error) {
	return nil, errors.New("the cellar is under water")
}

func (lostLine) Queue(context.Context, ...chat.Delivery) error {
	return errors.New("the cellar is under water")
}

// Nobody comes in under a member's name because the member could not be asked.
func TestMemberCannotBeAsked(t *testing.T) {
	for name, lose := range map[string]func(b *Bot){
		"polls": func(b *Bot) { b.Polls = lostPolls{b.Polls} },
		"line":  func(b *Bot) { b.Line = lostLine{b.Line.(*fakeLine)} },
	} {
		w := newWorld(t, "en")
		w.says("chair", "!call")
		lose(w.bot)
		if d := w.atTheDoor("Anna"); d.Ticket != "" || len(w.bot.asks) > 0 {
			t.Errorf("%s: %+v, %d questions", name, d, len(w.bot.asks))
		}
	}
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
