package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/world"
)

func text(kind event.MessageType, body string) *event.MessageEventContent {
	return &event.MessageEventContent{MsgType: kind, Body: body}
}

// A vote with everything that is no answer: nothing of it is counted, each
// person is told so in a sentence, and what is one is counted.
func TestAnswersThatAreNone(t *testing.T) {
	w, ctx := shared(t), limit(t, 4*time.Minute)
	chair, anna := w.People[world.Chair], w.People["anna"]
	former := formerMember(ctx, t, w)
	begin(ctx, t, w, "Shall we buy a boat?")
	from := anna.Inbox.Len()

	send := func(kind event.Type, content any, how ...mautrix.ReqSendEvent) id.EventID {
		t.Helper()
		sent, err := anna.Send(ctx, world.Direct, kind, content, how...)
		if err != nil {
			t.Fatal(err)
		}
		return sent
	}
	// By turns: who fumbles more than ten times in ten minutes is not answered.
	unsure := []*world.Person{anna, w.People["bernd"], w.People["clara"], w.People["deniz"]}
	for i, unclear := range []string{"vielleicht", "1 oder 2", "1\n2", "4", "yes no", "0", "-1"} {
		p := unsure[i%len(unsure)]
		say(ctx, t, p, world.Direct, unclear)
		hear(ctx, t, p, world.Direct, `(?i)did not understand|more than one answer`)
	}
	send(event.EventMessage, text(event.MsgText, "1"), mautrix.ReqSendEvent{DontEncrypt: true})
	hear(ctx, t, anna, world.Direct, `(?i)not counted[\s\S]*not encrypted`)
	send(event.EventSticker, &event.MessageEventContent{Body: "1", URL: "mxc://localhost/none"})
	hear(ctx, t, anna, world.Direct, `(?i)sticker`)
	send(event.EventMessage, text(event.MsgNotice, "1"))
	unclear := send(event.EventMessage, text(event.MsgText, "perhaps"))
	hear(ctx, t, anna, world.Direct, `(?i)did not understand`)
	edit := text(event.MsgText, "1")
	edit.SetEdit(unclear)
	send(event.EventMessage, edit)

	// Who is not in the group, or no longer, has no vote; and an answer given
	// in the group is none.
	say(ctx, t, former, world.Direct, "1")
	hear(ctx, t, former, world.Direct, `(?i)sell the boat[\s\S]*does not count`)
	stranger, err := w.Newcomer(ctx, "stranger")
	if err != nil {
		t.Fatal(err)
	}
	if err := stranger.WriteToBot(ctx, "1"); err != nil {
		t.Fatal(err)
	}
	hear(ctx, t, stranger, world.Direct, `(?i)no vote|not entitled|not counted`)
	say(ctx, t, anna, world.Group, "1")

	twoAtOnce(ctx, t, w.People["bernd"])
	vote(ctx, t, chair, "1", "yes")
	vote(ctx, t, w.People["clara"], "Ja!", "yes")
	vote(ctx, t, w.People["deniz"], "2", "no")
	vote(ctx, t, w.People["eva"], "3", "abstain")
	say(ctx, t, chair, world.Group, "!close")
	hear(ctx, t, chair, world.Group, `(?i)has not voted yet`)
	say(ctx, t, chair, world.Group, "!close")
	hear(ctx, t, chair, world.Group, `(?i)^result: rejected[\s\S]*yes: 2\b[\s\S]*no: 2\b[\s\S]*abstain: 1\b[\s\S]*cast: 5 of 6`)
	hear(ctx, t, anna, world.Direct, `(?i)no vote was cast for you`)
	if n := count(anna, from, world.Direct, `(?i)understood`); n != 0 {
		t.Errorf("anna got %d receipts", n)
	}
	for _, p := range []*world.Person{former, stranger} {
		if n := count(p, 0, world.Direct, `(?i)understood|buy a boat`); n != 0 {
			t.Errorf("%s got %d receipts or ballots", p.Name, n)
		}
	}
}

// formerMember is somebody who came into the group, got a ballot, left, and
// answered nevertheless. The vote has too few ballots and is ended unopened.
func formerMember(ctx context.Context, t *testing.T, w *world.World) *world.Person {
	t.Helper()
	chair := w.People[world.Chair]
	fritz, err := w.Newcomer(ctx, "fritz")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Invite(ctx, fritz); err != nil {
		t.Fatal(err)
	}
	begin(ctx, t, w, "Shall we sell the boat?")
	hear(ctx, t, fritz, world.Direct, `(?i)1 = yes`)
	vote(ctx, t, w.People["eva"], "2", "no")
	if _, err := fritz.Client.LeaveRoom(ctx, w.Group()); err != nil {
		t.Fatal(err)
	}
	say(ctx, t, fritz, world.Direct, "1")
	hear(ctx, t, fritz, world.Direct, `(?i)not counted[\s\S]*no longer a member`)
	if n := count(fritz, 0, world.Direct, `(?i)understood`); n != 0 {
		t.Errorf("who left got %d receipts", n)
	}
	say(ctx, t, chair, world.Group, "!close")
	hear(ctx, t, chair, world.Group, `(?i)\b1 vote\b[\s\S]*extend[\s\S]*end`)
	say(ctx, t, chair, world.Group, "end")
	hear(ctx, t, chair, world.Group, `(?i)ended without a result`)
	hear(ctx, t, w.People["eva"], world.Direct, `(?i)without a result`)
	if m, err := chair.Inbox.Arrives(ctx, world.Group, func(m world.Message) bool {
		return m.File != "" || strings.Contains(m.Body, "adopted") || strings.Contains(m.Body, "rejected")
	}, time.Second); err == nil {
		t.Errorf("a vote that was ended unopened has a result: %+v", m)
	}
	return fritz
}

// twoAtOnce answers twice without waiting: both are acknowledged, the last
// counts.
func twoAtOnce(ctx context.Context, t *testing.T, p *world.Person) {
	t.Helper()
	from := p.Inbox.Len()
	say(ctx, t, p, world.Direct, "1")
	say(ctx, t, p, world.Direct, "2")
	hear(ctx, t, p, world.Direct, `(?i)understood: no`)
	for _, m := range p.Inbox.All()[from:] {
		if m.Bot && m.Chat == world.Direct && strings.Contains(m.Body, "Understood: Yes") {
			return
		}
	}
	t.Error("the first of two answers at once was not acknowledged")
}
