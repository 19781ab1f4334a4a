package bot

import (
	"bytes"
	"context"
	"strings"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
)

// doors are where people wait to be let into a call. web.Server has it.
type doors interface {
	// LetIn lets those of this name in who wait at the door of a room, all if there is no name.
	LetIn(room, name string) (names []string)
	// Refresh has those who are in and those who wait learn of a change.
	Refresh(ctx context.Context, c store.Call)
}

// entries are the doors that a call may have, by the words for them.
var entries = []struct {
	words, said string
	entry       store.Entry
}{
	{"call.words.open", "call.entry-open", store.EntryOpen},
	{"call.words.board", "call.entry-board", store.EntryBoard},
	{"call.words.knock", "call.entry-knock", store.EntryKnock},
}

// doorCall says who may come in by the link from now on.
func (b *Bot) doorCall(ctx context.Context, m chat.Message, c *store.Call, rest string) error {
	for _, e := range entries {
		if b.words.is(e.words, rest) {
			return b.changeCall(ctx, m, c, e.said, func() { c.Entry = e.entry })
		}
	}
	return refuse("refusal.call-door")
}

// admitCall lets in who waits, by name, or all.
func (b *Bot) admitCall(ctx context.Context, m chat.Message, c *store.Call, rest string) error {
	name := i18n.Name(rest, mostName)
	if b.words.is("call.words.all", rest) {
		name = ""
	}
	var in []string
	if b.Doors != nil {
		in = b.Doors.LetIn(c.MediaRoom(), name)
	}
	if len(in) == 0 {
		return &voting.Refusal{Key: "refusal.nobody-waits"}
	}
	return b.reply(ctx, m, say{Key: "call.admitted", Args: []any{"names", strings.Join(in, ", ")}, Notice: true})
}

// Waiting notes who waits at the door of a room, and has the card say so.
func (b *Bot) Waiting(room string, names []string) {
	b.mu.Lock()
	b.at(room).waiting = names
	b.mu.Unlock()
	b.correct(room)
}

// Lock locks or unlocks a call at the wish of somebody in it who moderates, and has the card say so. If it has ended
// meanwhile, that is not about the next one, nor about the one by a new link.
func (b *Bot) Lock(ctx context.Context, call store.Call, locked bool) error {
	err := b.Store.Tx(ctx, func(ctx context.Context) error {
		c, err := b.Store.CallByRoom(ctx, call.Room)
		switch {
		case err != nil:
			return err
		case c == nil || !bytes.Equal(c.Door, call.Door) || len(b.inCall(c.MediaRoom())) == 0:
			return media.ErrNoRoom
		}
		c.Locked = locked
		return b.Store.PutCall(ctx, *c)
	})
	b.correct(call.MediaRoom())
	return err
}

// refresh has those in a call learn of a change that was made in the chat.
func (b *Bot) refresh(ctx context.Context, c *store.Call) {
	if b.Doors != nil {
		b.Doors.Refresh(ctx, *c)
	}
}

func (b *Bot) waitingAt(room string) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if at := b.calls[room]; at != nil {
		return at.waiting
	}
	return nil
}
