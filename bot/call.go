package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

// callKeys is the vault's key that the keys of all links are sealed under.
const callKeys = "calls"

// mostSlug is the length of the longest name in a link.
const mostSlug = 32

// meetings are the calls themselves. media.Server has it.
type meetings interface {
	CloseRoom(ctx context.Context, room string) error
}

// callDeed is something that can be done to a call from the group's chat, by those who moderate it.
type callDeed struct {
	words string // the key of the words for it
	do    func(b *Bot, ctx context.Context, m chat.Message, c *store.Call, rest string) error
}

var callDeeds = []callDeed{
	{"call.words.end", (*Bot).endCall},
	{"call.words.lock", (*Bot).lockCall},
	{"call.words.unlock", (*Bot).unlockCall},
	{"call.words.rename", (*Bot).renameCall},
	{"call.words.link", (*Bot).relinkCall},
	{"call.words.door", (*Bot).doorCall},
	{"call.words.admit", (*Bot).admitCall},
}

// call posts the card of the group's call, with the link that is always the same, or does something to the call.
func (b *Bot) call(ctx context.Context, m chat.Message, a arguments) error {
	if b.PublicURL == "" {
		return refuse("call.no-address")
	}
	if a.text == "" {
		return b.openCall(ctx, m)
	}
	word, rest, _ := strings.Cut(strings.TrimSpace(a.text), " ")
	i := slices.IndexFunc(callDeeds, func(d callDeed) bool { return b.words.is(d.words, word) })
	if i < 0 {
		return refuse("refusal.call")
	}
	if err := b.mayModerate(ctx, m); err != nil {
		return err
	}
	c := &store.Call{Room: m.Room}
	if err := b.reread(ctx, c); err != nil {
		return err
	}
	return callDeeds[i].do(b, ctx, m, c, strings.TrimSpace(rest))
}

// reread reads a call as it is now. Whoever writes one does so first, in the same transaction: those in it may have locked
// it meanwhile, and its card may be another.
func (b *Bot) reread(ctx context.Context, c *store.Call) error {
	now, err := b.Store.CallByRoom(ctx, c.Room)
	switch {
	case err != nil:
		return err
	case now == nil:
		return refuse("refusal.no-call")
	}
	*c = *now
	return nil
}

// mayModerate refuses whoever does not moderate the group, where somebody does, and what is not encrypted.
func (b *Bot) mayModerate(ctx context.Context, m chat.Message) error {
	if err := b.unforged(ctx, m); err != nil {
		return err
	}
	return b.needs(ctx, m, moderator, "refusal.power-fixed")
}

// openCall posts a new card.
func (b *Bot) openCall(ctx context.Context, m chat.Message) error {
	title, err := b.Line.RoomName(ctx, m.Room)
	if err != nil {
		return fmt.Errorf("asking for the name of %s: %w", m.Room, err)
	}
	fresh, err := b.newCall(m.Room, i18n.Clean(title))
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		c, err := b.Store.CallByRoom(ctx, m.Room)
		if err != nil {
			return err
		}
		if c == nil {
			c = fresh
			if c.Name, err = b.freeName(ctx, m.Room, c.Title); err != nil {
				return err
			}
		}
		c.Title = fresh.Title
		said := b.post(c, m.ID)
		if err := b.Store.PutCall(ctx, *c); err != nil {
			return err
		}
		return b.done(ctx, m, said...)
	})
}

// endCall sends everybody out. The link stays: whoever opens it begins the next call.
func (b *Bot) endCall(ctx context.Context, m chat.Message, c *store.Call, _ string) error {
	if c.Opened.IsZero() && len(b.inCall(c.MediaRoom())) == 0 {
		return refuse("refusal.no-call")
	}
	if err := b.sendOut(ctx, c); err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.reread(ctx, c); err != nil {
			return err
		}
		said := b.over(c, m.ID)
		if err := b.Store.PutCall(ctx, *c); err != nil {
			return err
		}
		return b.done(ctx, m, append(said, b.to(m, "reply/"+m.ID, kindSay, say{Key: "call.ended", Notice: true}))...)
	})
}

// sendOut ends what goes on on the media server. Until that is known everywhere, nobody counts as having come anew.
func (b *Bot) sendOut(ctx context.Context, c *store.Call) error {
	room := c.MediaRoom()
	b.mu.Lock()
	b.rest(room, cardSettles)
	b.mu.Unlock()
	if b.Meetings == nil {
		return nil
	}
	if err := b.Meetings.CloseRoom(ctx, room); err != nil && !errors.Is(err, media.ErrNoRoom) {
		return fmt.Errorf("ending call %s: %w", c.Name, err)
	}
	return nil
}

func (b *Bot) lockCall(ctx context.Context, m chat.Message, c *store.Call, _ string) error {
	return b.setLock(ctx, m, c, true, "call.locked")
}

func (b *Bot) unlockCall(ctx context.Context, m chat.Message, c *store.Call, _ string) error {
	return b.setLock(ctx, m, c, false, "call.unlocked")
}

// setLock has nobody more come in, or everybody again. Whoever is in stays.
func (b *Bot) setLock(ctx context.Context, m chat.Message, c *store.Call, locked bool, said string) error {
	return b.changeCall(ctx, m, c, said, func() { c.Locked = locked })
}

// changeCall changes a call, answers whoever wanted that, and has the card corrected.
func (b *Bot) changeCall(ctx context.Context, m chat.Message, c *store.Call, said string, change func()) error {
	err := b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.reread(ctx, c); err != nil {
			return err
		}
		change()
		if err := b.Store.PutCall(ctx, *c); err != nil {
			return err
		}
		return b.done(ctx, m, b.to(m, "reply/"+m.ID, kindSay, say{Key: said, Notice: true}))
	})
	b.correct(c.MediaRoom())
	b.refresh(ctx, c)
	return err
}

// renameCall gives the link another name. The one before leads nowhere from then on.
func (b *Bot) renameCall(ctx context.Context, m chat.Message, c *store.Call, name string) error {
	wanted := slug(i18n.Clean(name))
	switch wanted {
	case "":
		return refuse("refusal.call-name")
	case c.Name:
		return b.reply(ctx, m, say{Key: "call.same-name", Args: []any{"name", c.Name}, Notice: true})
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		err := b.reread(ctx, c)
		if err != nil {
			return err
		}
		if c.Name, err = b.freeName(ctx, m.Room, wanted); err != nil {
			return err
		}
		said := b.post(c, m.ID)
		if err := b.Store.PutCall(ctx, *c); err != nil {
			return err
		}
		s := say{Key: "call.renamed", Args: []any{"name", c.Name}, Notice: true}
		return b.done(ctx, m, append(said, b.to(m, "reply/"+m.ID, kindSay, s))...)
	})
}

// relinkCall makes a new key. The link before opens nothing any more, and whoever is in has to come again: a
// lock of before would keep them out.
func (b *Bot) relinkCall(ctx context.Context, m chat.Message, c *store.Call, rest string) error {
	if !b.words.is("call.words.new", rest) {
		return refuse("refusal.call")
	}
	fresh, err := b.newCall(m.Room, c.Title)
	if err != nil {
		return err
	}
	if err := b.sendOut(ctx, c); err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.reread(ctx, c); err != nil {
			return err
		}
		c.Door, c.Key, c.Since, c.Most, c.Locked = fresh.Door, fresh.Key, time.Time{}, 0, false
		if err := b.Store.PutSetting(ctx, c.Room, settingSentOut, ""); err != nil {
			return err
		}
		said := b.post(c, m.ID)
		if err := b.Store.PutCall(ctx, *c); err != nil {
			return err
		}
		return b.done(ctx, m, append(said, b.to(m, "reply/"+m.ID, kindSay, say{Key: "call.relinked", Notice: true}))...)
	})
}

// newCall makes the call of a room, without a name.
func (b *Bot) newCall(room, title string) (*store.Call, error) {
	if err := b.Vault.Ensure(callKeys); err != nil {
		return nil, fmt.Errorf("making the key of the calls: %w", err)
	}
	linkKey, err := media.NewLinkKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	door, err := media.Door(linkKey)
	if err != nil {
		return nil, err
	}
	sealed, err := b.Vault.Seal(callKeys, room, []byte(linkKey))
	if err != nil {
		return nil, fmt.Errorf("sealing the key of a link: %w", err)
	}
	return &store.Call{Room: room, Title: title, Door: media.DoorHash(door), Key: sealed}, nil
}

// moveCall takes a call with its link along into the room that replaces its old one. Its card
// stays behind.
func (b *Bot) moveCall(ctx context.Context, from, to string) error {
	c, err := b.Store.CallByRoom(ctx, from)
	if err != nil || c == nil {
		return err
	}
	if there, err := b.Store.CallByRoom(ctx, to); err != nil || there != nil {
		return err
	}
	linkKey, err := b.Vault.Open(callKeys, from, c.Key)
	if err != nil {
		return fmt.Errorf("opening the key of call %s: %w", c.Name, err)
	}
	defer clear(linkKey)
	c.Room = to
	if c.Key, err = b.Vault.Seal(callKeys, to, linkKey); err != nil {
		return fmt.Errorf("sealing the key of call %s: %w", c.Name, err)
	}
	return b.Store.MoveCall(ctx, from, *c)
}

// link is the whole address of a call. It is a secret of the group.
func (b *Bot) link(c *store.Call) (string, error) {
	key, err := b.Vault.Open(callKeys, c.Room, c.Key)
	if err != nil {
		return "", fmt.Errorf("opening the key of call %s: %w", c.Name, err)
	}
	return b.PublicURL + "/r/" + c.Name + "#" + string(key), nil
}
