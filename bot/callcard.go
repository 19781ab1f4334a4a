package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

// The card of a call is one message that is kept up to date: who is in, since when, the link. When the call is over
// it says how long it was and how many were there, and is final; the next opening posts a new one. Who is in stands in
// memory and in the card alone, and in the card only where that is encrypted.

const (
	// cardPause is the least time between two corrections of a card.
	cardPause = 3 * time.Second
	// cardRest is how long after a start the cards stay as they are: who was in comes back.
	cardRest = 15 * time.Second
	// cardSettles is how long after the end of a call nobody counts as having come into it anew.
	cardSettles = 3 * time.Second
	// cardEmpty is how long nobody may be in before the call is over: pages are loaded anew, connections break.
	cardEmpty = time.Minute
	// cardWaits is how long a card may wait for the first one to come. After that their coming posts a new one.
	cardWaits = 30 * time.Minute
	// mostInCall is how many names the card gives.
	mostInCall = 20
)

// onCall is the payload of a card.
type onCall struct {
	Over *overCall `json:"over,omitempty"` // the last word on a call
}

// overCall says what a call was.
type overCall struct {
	Took time.Duration `json:"took"` // 0: nobody came
	Most int           `json:"most"`
}

// post makes a new card the one of the call, and has the one before point to it. What causes it names it.
func (b *Bot) post(c *store.Call, cause string) []chat.Delivery {
	before, people := c.Card, b.inCall(c.MediaRoom())
	c.Card, c.Opened, c.Shown = "call/"+c.Name+"/"+cause, b.Now(), len(people)
	if c.Most = max(c.Most, c.Shown); c.Shown > 0 && c.Since.IsZero() {
		c.Since = b.Now()
	}
	b.showing(c, people)
	said := []chat.Delivery{{Key: c.Card, Group: c.Card, Room: c.Room, Kind: kindCard, Payload: encode(onCall{})}}
	if before != "" {
		said = append(said, chat.Delivery{
			Key: before + "/older", Group: before, Room: c.Room, Kind: kindOlder, Lane: chat.Status, Edits: before, Payload: encode(onCall{}),
		})
	}
	return said
}

// over makes the card of a call final. A lock ends with the call: the same link is to lead to the next one.
func (b *Bot) over(c *store.Call, cause string) []chat.Delivery {
	card, was := c.Card, overCall{Most: c.Most}
	if !c.Since.IsZero() {
		was.Took = b.Now().Sub(c.Since)
	}
	c.Card, c.Shown, c.Opened, c.Since, c.Most, c.Locked = "", 0, time.Time{}, time.Time{}, 0, false
	if card == "" {
		return nil
	}
	return []chat.Delivery{{
		Key: card + "/over/" + cause, Group: card, Room: c.Room, Kind: kindCardOver, Lane: chat.Status, Edits: card,
		Payload: encode(onCall{Over: &was}),
	}}
}

// composeCall makes the words of a call's card.
func (b *Bot) composeCall(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	var on onCall
	if err := json.Unmarshal(d.Payload, &on); err != nil {
		return chat.Content{}, fmt.Errorf("reading what to say about a call: %w", err)
	}
	c, err := b.Store.CallByRoom(ctx, d.Room)
	if err != nil {
		return chat.Content{}, err
	}
	// A later correction waits, or there is a newer card: this one need not be said.
	if c == nil || d.Kind == kindCard && d.Edits != "" && (d.Edits != c.Card || b.outdated(c, d.Key)) {
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
	switch {
	case d.Kind == kindOlder:
		t.add("call.older", "link", link)
	case on.Over != nil:
		t.add("call.over", "link", link)
		if on.Over.Took > 0 {
			t.addCount("call.was", on.Over.Most, "time", lasts(t.texts, on.Over.Took))
		}
	default:
		t.add("call.card", "link", link)
		err = b.addCall(ctx, t, c)
	}
	return t.content(false), err
}

// addCall says how things are in a call.
func (b *Bot) addCall(ctx context.Context, t *page, c *store.Call) error {
	encrypted, err := b.Line.Encrypted(ctx, c.Room)
	if err != nil {
		return fmt.Errorf("asking whether %s is encrypted: %w", c.Room, err)
	}
	switch people := b.inCall(c.MediaRoom()); {
	case len(people) == 0:
		t.add("call.nobody")
	case !encrypted:
		t.addCount("call.count", len(people), "time", b.clockIn(t.texts, c.Since))
	default:
		t.addCount("call.in", len(people), "time", b.clockIn(t.texts, c.Since), "names", presentNames(t.texts, people, b.Standing(ctx, *c, people)))
	}
	if waiting := b.waitingAt(c.MediaRoom()); encrypted && len(waiting) > 0 {
		t.add("call.waiting", "names", strings.Join(waiting, ", "))
	} else if len(waiting) > 0 {
		t.addCount("call.waiting-count", len(waiting))
	}
	switch {
	case c.Locked:
		t.add("call.is-locked")
	case c.Entry == store.EntryBoard:
		t.add("call.is-board")
	case c.Entry == store.EntryKnock:
		t.add("call.is-knock")
	}
	gone, err := b.Store.Setting(ctx, c.Room, settingSentOut)
	if err != nil {
		return err
	}
	if gone != "" {
		t.add("call.sent-out")
	}
	t.add("call.secrecy")
	return b.addReaders(ctx, t, c.Room, encrypted)
}

// addReaders says who else can read a link in a room that is not encrypted.
func (b *Bot) addReaders(ctx context.Context, t *page, room string, encrypted bool) error {
	if encrypted {
		return nil
	}
	servers, err := b.servers(ctx, room)
	if err != nil {
		return err
	}
	t.add("call.unencrypted", "servers", servers)
	return nil
}

// presentNames are the names of those who are in.
func presentNames(texts *i18n.Texts, people []media.Person, standing map[string]media.Badge) string {
	var names []string
	for _, p := range people {
		if len(names) == mostInCall {
			names = append(names, "…")
			break
		}
		if standing[p.Identity] == media.Guest {
			names = append(names, texts.Text("call.guest", "name", p.Name))
		} else {
			names = append(names, p.Name)
		}
	}
	return strings.Join(names, ", ")
}

// servers names the homeservers of a room's members, which can read what is not encrypted.
func (b *Bot) servers(ctx context.Context, room string) (string, error) {
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return "", fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	var names []string
	seen := make(map[string]bool)
	for _, m := range members {
		_, server, ok := strings.Cut(m.ID, ":")
		if !ok || seen[server] {
			continue
		}
		if seen[server] = true; len(names) == mostHolders {
			names = append(names, "…")
			break
		}
		names = append(names, server)
	}
	return strings.Join(names, ", "), nil
}
