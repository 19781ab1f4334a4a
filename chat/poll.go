package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// Poll asks in the way that clients have of their own (MSC3381). Who answers, everybody in the room can see: it
// is for direct rooms. Clients that know no such thing show its words.
type Poll struct {
	Question string
	Options  []Option
	Most     int // how many may be chosen, one if it is 0
}

// Option is what can be chosen.
type Option struct{ ID, Text string }

const (
	// MostOptions is how many clients show.
	MostOptions = 20
	// undisclosed hides the numbers from those who are asked: where only one is, there is nothing to see.
	undisclosed = "org.matrix.msc3381.poll.undisclosed"
	// choiceKind is what the answer to a poll will be called. Clients use its older name so far.
	choiceKind = "m.poll.response"
)

// errOptions means that clients would not show a poll.
var errOptions = fmt.Errorf("a poll has from one to %d options with different IDs", MostOptions)

// asking is the content of an event that asks, with its words for clients that do not show any.
type asking struct {
	*event.PollStartEventContent
	Words string `json:"org.matrix.msc1767.text"`
}

// ask makes the content of the event that asks.
func (p *Poll) ask() (*asking, error) {
	seen := make(map[string]bool)
	start := event.PollStart{Kind: undisclosed, MaxSelections: min(max(p.Most, 1), len(p.Options))}
	start.Question.Text = p.Question
	for _, o := range p.Options {
		seen[o.ID] = true
		option := event.PollOption{ID: o.ID}
		option.Text = o.Text
		start.Answers = append(start.Answers, option)
	}
	if len(p.Options) == 0 || len(seen) != len(p.Options) || len(seen) > MostOptions {
		return nil, errOptions
	}
	return &asking{&event.PollStartEventContent{PollStart: start, Mentions: &event.Mentions{}}, p.words()}, nil
}

// ask sends a poll. Nothing edits it, and it is in no thread.
func (l *Line) ask(ctx context.Context, room id.RoomID, p *Poll, encrypted bool, o store.Outgoing) (id.EventID, error) {
	message, err := p.ask()
	if err != nil {
		return "", err
	}
	if !encrypted {
		if encrypted, err = l.turned(ctx, room); err != nil {
			return "", err
		}
	}
	return l.send(ctx, room, event.EventUnstablePollStart, message, encrypted, o.Person != "", transaction(o.Key))
}

// words is what is asked, as a text.
func (p *Poll) words() string {
	lines := []string{p.Question}
	for i, o := range p.Options {
		lines = append(lines, fmt.Sprintf("%d. %s", i+1, o.Text))
	}
	return strings.Join(lines, "\n")
}

// chooses reads an answer to a poll. Whether the bot asked at all is for the handler to judge.
func (m *Message) chooses(evt *event.Event) bool {
	switch evt.Type.Type {
	case event.EventUnstablePollResponse.Type:
		content, ok := evt.Content.Parsed.(*event.PollResponseEventContent)
		if !ok || content == nil {
			return false
		}
		m.Poll, m.Choices = content.RelatesTo.GetReferenceID().String(), content.Response.Answers
	case choiceKind:
		var content struct {
			RelatesTo  event.RelatesTo `json:"m.relates_to"`
			Selections []string        `json:"m.selections"`
		}
		if json.Unmarshal(evt.Content.VeryRaw, &content) != nil {
			return false
		}
		m.Poll, m.Choices = content.RelatesTo.GetReferenceID().String(), content.Selections
	}
	m.Kind = Choice
	return m.Poll != ""
}
