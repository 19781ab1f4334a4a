package chat

import (
	"context"
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

// The kinds of messages.
const (
	Text  Kind = iota
	Other      // a sticker, an image, a file …
)

// Message is what somebody else said.
type Message struct {
	ID, Room, Sender string
	Body             string // without the quotation of what is replied to
	Thread           string // the event that began the thread, empty in the main timeline
	At               time.Time
	Kind             Kind
	Encrypted        bool
	Trusted          bool // encrypted by a device that its owner signed
	Direct           bool // in the sender's lasting direct room with the bot

	sealed sealed // with what it was encrypted
}

// message translates an event. What is not a message of somebody else to the bot gives false:
// notices, edits, reactions, redacted events.
func (l *Line) message(ctx context.Context, evt *event.Event) (Message, bool, error) {
	if evt.Sender == l.me || evt.StateKey != nil || (evt.Type != event.EventMessage && evt.Type != event.EventSticker) {
		return Message{}, false, nil
	}
	content, ok := evt.Content.Parsed.(*event.MessageEventContent)
	if !ok || content == nil {
		return Message{}, false, nil
	}
	relation := content.OptionalGetRelatesTo()
	if content.MsgType == event.MsgNotice || relation.GetReplaceID() != "" || content.NewContent != nil {
		return Message{}, false, nil
	}
	if content.MsgType == "" && evt.Type == event.EventMessage {
		return Message{}, false, nil // redacted
	}
	direct, err := l.store.Direct(ctx, evt.Sender.String())
	if err != nil {
		return Message{}, false, err
	}
	m := Message{
		ID:        evt.ID.String(),
		Room:      evt.RoomID.String(),
		Sender:    evt.Sender.String(),
		Thread:    relation.GetThreadParent().String(),
		At:        time.UnixMilli(evt.Timestamp),
		Kind:      Other,
		Encrypted: evt.Mautrix.WasEncrypted,
		Trusted:   evt.Mautrix.WasEncrypted && evt.Mautrix.TrustState >= id.TrustStateCrossSignedTOFU,
		Direct:    direct != nil && direct.Room == evt.RoomID.String(),
	}
	if content.MsgType == event.MsgText && evt.Type == event.EventMessage {
		m.Kind, m.Body = Text, content.Body
		if relation.GetReplyTo() != "" {
			m.Body = event.TrimReplyFallbackText(m.Body)
		}
	}
	return m, true, nil
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
