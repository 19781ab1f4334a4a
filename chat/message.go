package chat

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Handler is what the bot does with what it hears, and the words it has for what it says.
type Handler interface {
	// Said is called for each message of somebody else, at least once, in order within a room,
	// and for several rooms at once.
	Said(ctx context.Context, m Message) error
	// Compose makes the words of a delivery at the moment of sending. [ErrObsolete] drops it.
	Compose(ctx context.Context, d Delivery) (Content, error)
	// Delivered is called after a delivery was sent and marked.
	Delivered(ctx context.Context, d Delivery) error
	// Noticed is called for what happened without being said, at least once.
	Noticed(ctx context.Context, n Notice) error
}

// Kind says what kind of a message somebody wrote.
type Kind int

// The kinds of messages. Only a text has a body.
const (
	Text  Kind = iota
	Other      // what is none of the following: an emote, somebody's place …
	Voice      // spoken into the phone
	Audio      // any other sound
	Sticker
	Image
	Video
	Attachment // any other file
	Choice     // an answer to a poll of the clients' own kind, see [Content]
	Record     // what another program says, see [Content]; nothing of it is for people
)

// Message is what somebody else said.
type Message struct {
	ID, Room, Sender string
	Body             string          // without the quotation of what is replied to
	Mentions         []Mention       // whom the body names
	Thread           string          // the event that began the thread, empty in the main timeline
	ReplyTo          string          // the event that it replies to, if any
	Edits            string          // the event of which this is to be the new text; perhaps somebody else's
	Poll             string          // of a Choice: the event that asked …
	Choices          []string        // … and the IDs of what was chosen, in the order of the sender's client
	At               time.Time       // by this machine's clock, as far as the homeserver's can be compared
	File             *Attached       // of an Attachment or a Record
	Record           json.RawMessage // of a Record: an object
	Kind             Kind
	Encrypted        bool
	Trusted          bool // encrypted by a device that its owner signed
	Direct           bool // in the sender's lasting direct room with the bot

	sealed sealed // with what it was encrypted
}

// message translates an event. What is not a message of somebody else to the bot gives false:
// notices, reactions, redacted events.
func (l *Line) message(ctx context.Context, evt *event.Event) (Message, bool, error) {
	if evt.Sender == l.me || evt.StateKey != nil {
		return Message{}, false, nil
	}
	m := Message{
		ID:        evt.ID.String(),
		Room:      evt.RoomID.String(),
		Sender:    evt.Sender.String(),
		At:        l.clock.here(time.UnixMilli(evt.Timestamp)),
		Encrypted: evt.Mautrix.WasEncrypted,
		Trusted:   evt.Mautrix.WasEncrypted && evt.Mautrix.TrustState >= id.TrustStateCrossSignedTOFU,
	}
	if !m.says(evt) && !m.chooses(evt) {
		return Message{}, false, nil
	}
	direct, err := l.store.Direct(ctx, m.Sender)
	if err != nil {
		return Message{}, false, err
	}
	m.Direct = direct != nil && direct.Room == m.Room
	return m, true, nil
}

// says reads what somebody wrote or sent.
func (m *Message) says(evt *event.Event) bool {
	content, ok := evt.Content.Parsed.(*event.MessageEventContent)
	if !ok || content == nil || (evt.Type != event.EventMessage && evt.Type != event.EventSticker) {
		return false
	}
	relation := content.OptionalGetRelatesTo()
	if m.Record = recordOf(evt, content); m.Record != nil {
		m.Kind, m.File = Record, attached(content)
		return true
	}
	m.Thread, m.ReplyTo, m.Edits = relation.GetThreadParent().String(), relation.GetNonFallbackReplyTo().String(), relation.GetReplaceID().String()
	if (m.Edits != "") != (content.NewContent != nil) {
		return false
	}
	if content.NewContent != nil {
		content = content.NewContent
	}
	if content.MsgType == event.MsgNotice || content.MsgType == "" && evt.Type == event.EventMessage {
		return false // of a bot, or redacted
	}
	if m.Kind = kindOf(evt, content); m.Kind == Attachment {
		m.File = attached(content)
	}
	if m.Kind == Text {
		m.Body, m.Mentions = content.Body, mentions(content)
		if relation.GetReplyTo() != "" {
			m.Body = event.TrimReplyFallbackText(m.Body)
		}
	}
	return true
}

func kindOf(evt *event.Event, content *event.MessageEventContent) Kind {
	if evt.Type == event.EventSticker {
		return Sticker
	}
	switch content.MsgType {
	case event.MsgText:
		return Text
	case event.MsgAudio:
		if content.MSC3245Voice != nil {
			return Voice
		}
		return Audio
	case event.MsgImage:
		return Image
	case event.MsgVideo:
		return Video
	case event.MsgFile:
		return Attachment
	}
	return Other
}

// Handled says whether what an event asks for was done, in the transaction of ctx.
func (l *Line) Handled(ctx context.Context, event string) (bool, error) {
	return l.store.Handled(ctx, event)
}

// Mark notes that what an event asks for was done, in the transaction of ctx. What a handler does
// not mark is marked after it returned.
func (l *Line) Mark(ctx context.Context, event string) error {
	return l.store.MarkHandled(ctx, event)
}

// parse gives a timeline event the class and content that mautrix' handlers expect.
func parse(evt *event.Event, room id.RoomID) error {
	evt.RoomID = room
	evt.Type.Class = event.MessageEventType
	if evt.Content.Parsed != nil {
		return nil
	}
	if err := evt.Content.ParseRaw(evt.Type); err != nil {
		return fmt.Errorf("parsing event %s: %w", evt.ID, err)
	}
	return nil
}
