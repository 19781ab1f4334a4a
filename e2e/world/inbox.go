package world

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"sync"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"
)

// Chat says which of a person's rooms something was said in.
type Chat string

// The chats of a person.
const (
	Group     Chat = "Group"     // the world's group
	Direct    Chat = "Direct"    // alone with the bot
	Elsewhere Chat = "Elsewhere" // any other room
)

// Message is something that arrived at a person.
type Message struct {
	Chat   Chat
	Room   id.RoomID
	At     time.Time // when it could be read
	ID     id.EventID
	Sender id.UserID
	Bot    bool // the bot said it
	Holder bool // the machine of a teller said it
	Own    bool // the person said it
	Type   event.MessageType
	Body   string     // the plain text; of an edit the new one
	HTML   string     // the formatted text, if any
	Edits  id.EventID // the message of which this is a new version
	Thread id.EventID // root of the thread it is in
	File   string     // path of the attached file, no image
	// Options are the IDs of what can be chosen in a poll of the clients' own kind. Its body is
	// what is asked.
	Options []string
	// Encrypted and Trusted say how it came: Trusted means from a device that
	// its owner signed, which is what current clients insist on.
	Encrypted, Trusted bool
	// Unreadable is why it could not be decrypted; such a message has no text.
	Unreadable string
	// Redacts is the message that this one took away, TookOwn whether the
	// person had said it.
	Redacts id.EventID
	TookOwn bool
}

// ErrNothing is what Wait answers when no such message came in time.
var ErrNothing = errors.New("no such message came in time")

// Inbox is everything that reached a person, in the order of arrival, with one
// cursor per chat: a wait never looks back at what an earlier one has matched
// or skipped.
type Inbox struct {
	mu      sync.Mutex
	all     []Message
	cursor  map[Chat]int
	changed chan struct{} // closed and replaced when something arrives
}

func newInbox() *Inbox {
	return &Inbox{cursor: map[Chat]int{}, changed: make(chan struct{})}
}

func (b *Inbox) add(m Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	m.TookOwn = m.Redacts != "" && slices.ContainsFunc(b.all, func(old Message) bool {
		return old.Own && old.ID == m.Redacts
	})
	m.At = time.Now()
	b.all = append(b.all, m)
	close(b.changed)
	b.changed = make(chan struct{})
}

// Wait returns the first message or edit of the bot, or of a teller's machine, in the chat after the
// cursor that matches, waiting for it if need be, and moves the cursor to it.
func (b *Inbox) Wait(ctx context.Context, chat Chat, match func(Message) bool, within time.Duration) (Message, error) {
	return b.first(ctx, within, func() (Message, bool) {
		for i := b.cursor[chat]; i < len(b.all); i++ {
			if m := b.all[i]; m.readable(chat) && match(m) {
				b.cursor[chat] = i + 1
				return m, true
			}
		}
		return Message{}, false
	})
}

// Arrives returns the first such message or edit in the chat that arrives
// within the given time from now and matches; the cursor stays where it is.
func (b *Inbox) Arrives(ctx context.Context, chat Chat, match func(Message) bool, within time.Duration) (Message, error) {
	from := b.Len()
	return b.first(ctx, within, func() (Message, bool) {
		for _, m := range b.all[from:] {
			if m.readable(chat) && match(m) {
				return m, true
			}
		}
		return Message{}, false
	})
}

func (m Message) readable(chat Chat) bool {
	return (m.Bot || m.Holder) && m.Chat == chat && m.Unreadable == "" && m.Redacts == "" && m.Options == nil
}

// Find waits for a message of whatever chat and sender, cursors aside.
func (b *Inbox) Find(ctx context.Context, match func(Message) bool, within time.Duration) (Message, error) {
	return b.first(ctx, within, func() (Message, bool) {
		if i := slices.IndexFunc(b.all, match); i >= 0 {
			return b.all[i], true
		}
		return Message{}, false
	})
}

// Poll returns the newest poll of the bot in the chat that was not taken away, waiting for one if
// need be.
func (b *Inbox) Poll(ctx context.Context, chat Chat, within time.Duration) (Message, error) {
	return b.first(ctx, within, func() (Message, bool) {
		for _, m := range slices.Backward(b.all) {
			gone := slices.ContainsFunc(b.all, func(other Message) bool { return other.Redacts == m.ID })
			if m.Bot && m.Chat == chat && m.Options != nil && !gone {
				return m, true
			}
		}
		return Message{}, false
	})
}

// first asks look, with the lock held, until it has found something.
func (b *Inbox) first(ctx context.Context, within time.Duration, look func() (Message, bool)) (Message, error) {
	over := time.NewTimer(within)
	defer over.Stop()
	for {
		b.mu.Lock()
		m, found := look()
		changed := b.changed
		b.mu.Unlock()
		if found {
			return m, nil
		}
		select {
		case <-changed:
		case <-over.C:
			return Message{}, ErrNothing
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// At returns the i-th message of all, waiting until it is there.
func (b *Inbox) At(ctx context.Context, i int) (Message, error) {
	for {
		b.mu.Lock()
		changed := b.changed
		if i < len(b.all) {
			defer b.mu.Unlock()
			return b.all[i], nil
		}
		b.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return Message{}, ctx.Err()
		}
	}
}

// Len is the number of messages that arrived so far.
func (b *Inbox) Len() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.all)
}

// All returns a copy of what arrived so far.
func (b *Inbox) All() []Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.all)
}

var webLink = regexp.MustCompile(`https?://[^\s<>"]+`)

// Link is the newest web link that the person was shown, "" if none.
func (b *Inbox) Link() string {
	return b.newest(func(m Message) string {
		links := webLink.FindAllString(m.Body, -1)
		if m.Own || len(links) == 0 {
			return ""
		}
		return links[len(links)-1]
	})
}

// File is the path of the newest file that the person was sent, "" if none.
func (b *Inbox) File() string {
	return b.newest(func(m Message) string { return m.File })
}

func (b *Inbox) newest(what func(Message) string) string {
	for _, m := range slices.Backward(b.All()) {
		if s := what(m); s != "" {
			return s
		}
	}
	return ""
}

// Skip moves every cursor behind what arrived so far.
func (b *Inbox) Skip() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, chat := range []Chat{Group, Direct, Elsewhere} {
		b.cursor[chat] = len(b.all)
	}
}
