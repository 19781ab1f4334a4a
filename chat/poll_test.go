package chat

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// A poll goes out encrypted, and what somebody taps is heard.
func TestAPollIsAskedAndAnswered(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	r, p, room := answering(t, hs, t.TempDir())
	asked := make(chan *event.Event, 1)
	p.crypto.Lock() // no sync meanwhile
	p.Syncer.(*inTurn).OnEventType(event.EventUnstablePollStart, func(_ context.Context, evt *event.Event) { asked <- evt })
	p.crypto.Unlock()
	r.bot.compose = func(Delivery) (Content, error) {
		return Content{Poll: &Poll{Question: "Motion 12?", Options: []Option{{"yes", "Yes"}, {"no", "No"}}}}, nil
	}
	queue(t, r, Delivery{Key: "poll", Person: anna, Kind: "poll", Secret: true})
	evt := <-asked
	r.sent(t)
	start := evt.Content.Parsed.(*event.PollStartEventContent).PollStart
	if words := evt.Content.Raw["org.matrix.msc1767.text"]; words != "Motion 12?\n1. Yes\n2. No" {
		t.Errorf("its words are %q", words)
	}
	if start.Question.Text != "Motion 12?" || start.MaxSelections != 1 || start.Kind != undisclosed || len(start.Answers) != 2 ||
		start.Answers[1].ID != "no" || start.Answers[1].Text != "No" || !evt.Mautrix.WasEncrypted {
		t.Errorf("asked %+v", start)
	}
	if sent, _, err := r.Event(t.Context(), "poll"); err != nil || sent != evt.ID.String() {
		t.Errorf("the delivery's event is %s, %v, want %s", sent, err, evt.ID)
	}
	for _, kind := range []event.Type{event.EventUnstablePollResponse, {Type: choiceKind, Class: event.MessageEventType}} {
		content := object{
			"m.relates_to":                     object{"rel_type": "m.reference", "event_id": evt.ID},
			"org.matrix.msc3381.poll.response": object{"answers": []string{"no", "yes"}}, "m.selections": []string{"no", "yes"},
		}
		eventually(t, func() error {
			p.crypto.Lock()
			defer p.crypto.Unlock()
			_, err := p.SendMessageEvent(t.Context(), id.RoomID(room.id), kind, content)
			return err
		})
	}
	r.heard(t, "", "")
	r.bot.mu.Lock()
	defer r.bot.mu.Unlock()
	for _, m := range r.bot.heard {
		if m.Kind != Choice || m.Poll != evt.ID.String() || !slices.Equal(m.Choices, []string{"no", "yes"}) || !m.Direct || !m.Trusted || m.sealed.session == "" {
			t.Errorf("heard %+v", m)
		}
	}
}

func TestWhatClientsWouldNotShowIsNoPoll(t *testing.T) {
	t.Parallel()
	many := make([]Option, MostOptions+1)
	for i := range many {
		many[i].ID = fmt.Sprint(i)
	}
	for name, p := range map[string]Poll{
		"no options": {Question: "?"}, "one twice": {Question: "?", Options: []Option{{"a", "A"}, {"a", "B"}}}, "too many": {Question: "?", Options: many},
	} {
		if _, err := p.ask(); !errors.Is(err, errOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
	asked, err := (&Poll{Question: "?", Options: many[:MostOptions], Most: 50}).ask()
	if err != nil || asked.PollStart.MaxSelections != MostOptions {
		t.Errorf("%+v, %v", asked, err)
	}
}

// Encryption that was switched on a moment ago counts for polls, too.
func TestAPollIsNotAskedInClear(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	room := hs.makeRoom(false, anna, bot)
	r := start(t, hs, t.TempDir())
	empty := ""
	r.bot.compose = func(Delivery) (Content, error) {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		hs.add(room, anna, "m.room.encryption", &empty, object{"algorithm": "m.megolm.v1.aes-sha2"})
		return Content{Poll: &Poll{Question: "clear", Options: []Option{{"1", "clear"}}}}, nil
	}
	queue(t, r, Delivery{Key: "1", Room: room.id})
	r.sent(t)
	if said := hs.said(room.id, bot); len(said) != 1 || said[0]["type"] != "m.room.encrypted" || strings.Contains(fmt.Sprint(said), "clear") {
		t.Errorf("said %v, want one encrypted event", said)
	}
}
