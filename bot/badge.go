package bot

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

// A member's badge in a call is a piece of their personal link: their account, sealed under the key of the calls for
// the door of this one. Nobody but the bot can make it; a new link voids it, and so does leaving the group. Nothing
// of it is stored.

// crewFresh is how long the members of a group are taken to be the same. If the homeserver does not answer, those
// known last stay members: a call goes on without it.
const crewFresh = 20 * time.Second

// crewPatience is how long somebody at the door waits for the homeserver's answer, at most.
const crewPatience = 5 * time.Second

// askedAgain is the least time between two messages to somebody whose name was given at the door.
const askedAgain = 10 * time.Minute

// crew are the members of a group, as they were last heard of.
type crew struct {
	at      time.Time
	members []chat.Member
	power   map[string]int
}

func badgeLabel(c *store.Call) string { return "badge " + hex.EncodeToString(c.Door) }

// badge makes a member's badge for a call.
func (b *Bot) badge(c *store.Call, person string) (string, error) {
	sealed, err := b.Vault.Seal(callKeys, badgeLabel(c), []byte(person))
	if err != nil {
		return "", fmt.Errorf("sealing a badge of call %s: %w", c.Name, err)
	}
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// bearer is whose badge something is, empty if it is none: made up, or of another link.
func (b *Bot) bearer(c *store.Call, badge string) string {
	sealed, err := base64.RawURLEncoding.DecodeString(badge)
	if err != nil || badge == "" {
		return ""
	}
	person, err := b.Vault.Open(callKeys, badgeLabel(c), sealed)
	if err != nil {
		return ""
	}
	return string(person)
}

// Badge says who comes in with a badge: under which name they are known in the call's group, and whether they moderate
// it. It is nobody if the badge is none, or is of somebody who is not in the group any more.
func (b *Bot) Badge(ctx context.Context, c store.Call, badge string) (media.Bearer, error) {
	person := b.bearer(&c, badge)
	if person == "" {
		return media.Bearer{}, nil
	}
	crew, err := b.crew(ctx, c.Room)
	if err != nil {
		return media.Bearer{}, err
	}
	if now := b.remembered(ctx, c.Room); len(now.members) > 0 { // who was removed or demoted since it was asked for
		crew = now
	}
	for _, m := range crew.members {
		if m.ID != person || b.ignored(m.ID) {
			continue
		}
		mark, err := b.marker(&c)
		if err != nil {
			return media.Bearer{}, err
		}
		who := media.Bearer{Name: cmp.Or(i18n.Name(m.Name, mostName), m.ID), Badge: media.Member, Mark: mark(m.ID)}
		if crew.moderates(m.ID) {
			who.Badge = media.Chair
		}
		return who, nil
	}
	return media.Bearer{}, nil
}

// crew asks who is in a group, or remembers.
func (b *Bot) crew(ctx context.Context, room string) (crew, error) {
	b.mu.Lock()
	known, ok := b.crews[room]
	b.mu.Unlock()
	if ok && b.Now().Sub(known.at) < crewFresh {
		return known, nil
	}
	fresh, err := b.muster(ctx, room)
	if err != nil && !ok {
		if known = b.remembered(ctx, room); len(known.members) == 0 {
			return crew{}, err
		}
	}
	if err != nil {
		fresh = known
		fresh.at = b.Now() // the next one at the door need not wait
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.crews[room] = fresh
	return fresh, nil
}

// muster asks the homeserver who is in a group and who moderates it. Others rely on the answer, so it does not end with
// the request of who happened to ask.
func (b *Bot) muster(ctx context.Context, room string) (crew, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), crewPatience)
	defer cancel()
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return crew{}, fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	fresh := crew{at: b.Now(), members: members, power: make(map[string]int)}
	for _, m := range members {
		if fresh.power[m.ID], err = b.Line.Power(ctx, room, m.ID); err != nil {
			return crew{}, fmt.Errorf("asking for the power in %s: %w", room, err)
		}
	}
	fresh.equals(b.ignored)
	return fresh, nil
}

// remembered are the members of a group as the homeserver has told of them so far, without asking it.
func (b *Bot) remembered(ctx context.Context, room string) crew {
	members, power, err := b.Line.Known(ctx, room)
	if err != nil {
		b.Log.Debug().Err(err).Msg("Nothing is known of a group")
		return crew{}
	}
	known := crew{at: b.Now(), members: members, power: power}
	known.equals(b.ignored)
	return known
}

// equals lets everybody moderate where nobody does: a group must not be shut out of its own call.
func (c crew) equals(ignored func(string) bool) {
	for _, m := range c.members {
		if !ignored(m.ID) && c.power[m.ID] >= moderator {
			return
		}
	}
	for _, m := range c.members {
		c.power[m.ID] = moderator
	}
}

// Standing says what each of these is to a call's group now, whatever they came in as: members go, and lose rights.
// Who is nobody there is a guest; who did not come by the page is not named. Nothing is asked of the homeserver.
func (b *Bot) Standing(ctx context.Context, c store.Call, people []media.Person) map[string]media.Badge {
	known := b.remembered(ctx, c.Room)
	if len(known.members) == 0 {
		b.mu.Lock()
		known = b.crews[c.Room]
		b.mu.Unlock()
	}
	badges := make(map[string]media.Badge, len(known.members))
	mark, err := b.marker(&c)
	if err != nil {
		b.Log.Err(err).Msg("Whose marks those in a call have could not be told")
	}
	for _, m := range known.members {
		switch {
		case err != nil || b.ignored(m.ID):
		case known.moderates(m.ID):
			badges[mark(m.ID)] = media.Chair
		default:
			badges[mark(m.ID)] = media.Member
		}
	}
	standing := make(map[string]media.Badge, len(people))
	for _, p := range people {
		if mark := media.MarkOf(p.Identity); mark != "" || media.IsGuest(p.Identity) {
			standing[p.Identity] = cmp.Or(badges[mark], media.Guest)
		}
	}
	return standing
}

func (c crew) moderates(person string) bool { return c.power[person] >= moderator }

// me gives somebody their personal links to the calls of their groups, in the direct chat.
func (b *Bot) me(ctx context.Context, m chat.Message, _ arguments) error {
	if b.PublicURL == "" {
		return refuse("call.no-address")
	}
	d := chat.Delivery{
		Key: "reply/" + m.ID, Person: m.Sender, Kind: kindShow, Payload: encode(show{What: showMe, Room: groupOf(m)}),
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, d) })
}

// showPersonal shows somebody their personal links: that of one group, or all.
func (b *Bot) showPersonal(ctx context.Context, t *page, s show, person string) error {
	calls, err := b.Store.Calls(ctx)
	if err != nil {
		return err
	}
	found := false
	for i := range calls {
		c := &calls[i]
		if s.Room != "" && c.Room != s.Room {
			continue
		}
		badge, err := b.badge(c, person)
		if err != nil {
			return err
		}
		who, err := b.Badge(ctx, *c, badge)
		if err != nil {
			return err
		}
		if who.Name == "" {
			continue
		}
		link, err := b.link(c)
		if err != nil {
			return err
		}
		found = true
		t.add("call.personal", "name", who.Name, "title", c.Title, "link", link+"."+badge)
	}
	if !found {
		t.add("call.none")
		return nil
	}
	t.add("call.personal-secret")
	return nil
}
