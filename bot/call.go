package bot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

const (
	// callKeys is the vault's key that the keys of all links are sealed under.
	callKeys = "calls"
	// cardPause is the least time between two corrections of a card.
	cardPause = time.Second
	// cardRest is how long after a start the cards stay as they are: who was in comes back.
	cardRest = 15 * time.Second
	// mostSlug is the length of the longest name in a link.
	mostSlug = 32
)

// onCall is the payload of what is said about a call.
type onCall struct {
	Name string `json:"name"`
	N    int    `json:"n"`
}

// call posts the card of the group's call, with the link that is always the same.
func (b *Bot) call(ctx context.Context, m chat.Message, _ arguments) error {
	if b.PublicURL == "" {
		return refuse("call.no-address")
	}
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
		before := c.Card
		c.Title, c.Card, c.Shown = fresh.Title, "call/"+c.Name+"/"+m.ID, b.inCall(c.Name)
		if err := b.Store.PutCall(ctx, *c); err != nil {
			return err
		}
		said := []chat.Delivery{{
			Key: c.Card, Group: c.Card, Room: c.Room, Kind: kindCard, Payload: encode(onCall{Name: c.Name, N: c.Shown}),
		}}
		if before != "" {
			said = append(said, chat.Delivery{
				Key: before + "/older", Group: before, Room: c.Room, Kind: kindOlder, Lane: chat.Status, Edits: before,
				Payload: encode(onCall{Name: c.Name}),
			})
		}
		return b.done(ctx, m, said...)
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
	c.Room, c.Card, c.Shown = to, "", 0
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

// composeCall makes the words of a call's card.
func (b *Bot) composeCall(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	var on onCall
	if err := json.Unmarshal(d.Payload, &on); err != nil {
		return chat.Content{}, fmt.Errorf("reading what to say about a call: %w", err)
	}
	c, err := b.Store.CallByName(ctx, on.Name)
	if err != nil {
		return chat.Content{}, err
	}
	// A later correction waits, or there is a newer card: this one need not be said.
	if c == nil || d.Kind == kindCard && d.Edits != "" && (d.Edits != c.Card || on.N != c.Shown) {
		return chat.Content{}, chat.ErrObsolete
	}
	link, err := b.link(c)
	if err != nil {
		return chat.Content{}, err
	}
	t, err := b.page(ctx, d, c.Room)
	if err != nil {
		return chat.Content{}, err
	}
	if d.Kind == kindOlder {
		t.add("call.older", "link", link)
		return t.content(false), nil
	}
	encrypted, err := b.Line.Encrypted(ctx, c.Room)
	if err != nil {
		return chat.Content{}, fmt.Errorf("asking whether %s is encrypted: %w", c.Room, err)
	}
	t.add("call.card", "link", link)
	t.addCount("call.count", on.N)
	t.add("call.secrecy")
	if !encrypted {
		t.add("call.unencrypted")
	}
	return t.content(false), nil
}

// CallChanged notes how many people are in a call. It may be called at any time and does not
// block.
func (b *Bot) CallChanged(room string, present int) {
	b.mu.Lock()
	b.present[room] = present
	if _, waits := b.due[room]; !waits {
		b.due[room] = b.Now()
	}
	b.mu.Unlock()
	b.awake()
}

func (b *Bot) inCall(name string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.present[name]
}

// recall has the cards corrected that say how many were in before the restart.
func (b *Bot) recall(ctx context.Context) error {
	calls, err := b.Store.Calls(ctx)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range calls {
		if c.Shown != 0 {
			b.due[c.Name] = b.Now().Add(cardRest)
		}
	}
	return nil
}

// correctCards queues a correction of each card whose number is not right any more, at most one
// in a second for each.
func (b *Bot) correctCards(ctx context.Context, next *time.Time) error {
	now := b.Now()
	var problems []error
	for _, name := range b.dueCards(now, next) {
		if err := b.correctCard(ctx, name, now); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

// dueCards returns the calls whose card may be corrected now.
func (b *Bot) dueCards(now time.Time, next *time.Time) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var names []string
	for name, at := range b.due {
		if at.After(now) {
			*next = earlier(*next, at)
			continue
		}
		names = append(names, name)
	}
	return names
}

func (b *Bot) correctCard(ctx context.Context, name string, now time.Time) error {
	changed, n := false, b.inCall(name)
	err := b.Store.Tx(ctx, func(ctx context.Context) error {
		c, err := b.Store.CallByName(ctx, name)
		if err != nil || c == nil || c.Card == "" || c.Shown == n {
			return err
		}
		changed, c.Shown = true, n
		if err := b.Store.PutCall(ctx, *c); err != nil {
			return err
		}
		return b.Line.Queue(ctx, chat.Delivery{
			Key: c.Card + "/" + strconv.FormatInt(now.UnixNano(), 36), Group: c.Card, Room: c.Room, Kind: kindCard,
			Lane: chat.Status, Edits: c.Card, Payload: encode(onCall{Name: name, N: n}),
		})
	})
	if err != nil {
		return fmt.Errorf("correcting the card of call %s: %w", name, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if changed || b.present[name] != n {
		b.due[name] = now.Add(cardPause)
	} else {
		delete(b.due, name)
	}
	return nil
}
