package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

const (
	settingTellers  = "tellers"  // who hold keys of a group's votes, at its wish
	settingMachines = "machines" // the accounts of machines that hold keys, each behind its owner
)

// The fewest and the most tellers of a group.
const (
	fewestTellers = 2
	mostTellers   = 3
)

// tellers shows or sets who hold keys of the votes of a group.
func (b *Bot) tellers(ctx context.Context, m chat.Message, a arguments) error {
	if err := b.unforged(ctx, m); err != nil {
		return err
	}
	encrypted, err := b.Line.Encrypted(ctx, m.Room)
	if err != nil {
		return fmt.Errorf("asking whether %s is encrypted: %w", m.Room, err)
	}
	if !encrypted {
		return refuse("refusal.tellers-unencrypted")
	}
	_, end := a.options["end"]
	if a.text == "" && !end {
		return b.showTellersNow(ctx, m)
	}
	g, err := b.lookAround(ctx, m.Room)
	if err != nil {
		return err
	}
	var owners []string
	if !end {
		if owners, err = b.tellersNamed(ctx, m, g.members, a.text); err != nil {
			return err
		}
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, m.Room, settingTellers, strings.Join(owners, " ")); err != nil {
			return err
		}
		return b.tellTellers(ctx, m, g, owners)
	})
}

// around is what the homeserver says of a group: it is asked before a transaction begins, because everybody
// waits for one.
type around struct {
	members []chat.Member
	name    string
}

func (b *Bot) lookAround(ctx context.Context, room string) (around, error) {
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return around{}, fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	name, err := b.Line.RoomName(ctx, room)
	return around{members, name}, err
}

// showTellersNow shows who hold keys, and asks their machines whether they are there.
func (b *Bot) showTellersNow(ctx context.Context, m chat.Message) error {
	g, err := b.lookAround(ctx, m.Room)
	if err != nil {
		return err
	}
	owners, err := b.Store.Setting(ctx, m.Room, settingTellers)
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.tellTellers(ctx, m, g, strings.Fields(owners)) })
}

// tellTellers answers with who hold keys. The answer is the question to their machines as well. It
// belongs into a transaction.
func (b *Bot) tellTellers(ctx context.Context, m chat.Message, g around, owners []string) error {
	d := b.to(m, "reply/"+m.ID, kindTellers, nil)
	d.Thread = m.Thread
	asked, err := b.askOwners(ctx, m.Room, g, owners)
	if err != nil {
		return err
	}
	return b.done(ctx, m, append(asked, d)...)
}

// tellersNamed reads whom somebody names: two or three members, none of them a machine.
func (b *Bot) tellersNamed(ctx context.Context, m chat.Message, members []chat.Member, text string) ([]string, error) {
	roll, err := b.roll(ctx, m.Room)
	if err != nil {
		return nil, err
	}
	var owners []string
	for _, name := range strings.FieldsFunc(mentioned(text, m.Mentions), func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '\n' }) {
		id := person(members, name)
		if id == "" || !slices.Contains(roll, voting.Member(id)) {
			return nil, &voting.Refusal{Key: "refusal.who-unknown", Args: []any{"who", i18n.Name(name, mostName)}}
		}
		if !slices.Contains(owners, id) {
			owners = append(owners, id)
		}
	}
	if n := len(owners); n < fewestTellers || n > mostTellers {
		return nil, refuse("refusal.tellers-number")
	}
	return owners, nil
}

// keyTeller is a teller with their machine.
type keyTeller struct {
	owner     string
	name      string
	account   string   // of the machine, empty if there is none
	confirmed bool     // its owner said so
	booth     string   // where the machine serves the ballot page, if it does
	left      bool     // they are in the group no longer
	others    []string // accounts that say that they are the machine as well
}

// keyTellers are the tellers of a group, in the order in which they were named, and all its members.
func (b *Bot) keyTellers(ctx context.Context, room string) ([]keyTeller, []chat.Member, error) {
	value, err := b.Store.Setting(ctx, room, settingTellers)
	if err != nil || value == "" {
		return nil, nil, err
	}
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return nil, nil, fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	all, err := b.tellersOf(ctx, room, members, strings.Fields(value))
	return all, members, err
}

// tellersOf are some owners with their machines: that which the owner said is theirs, and no other; where
// they have not said, the first that says so itself.
func (b *Bot) tellersOf(ctx context.Context, room string, members []chat.Member, owners []string) ([]keyTeller, error) {
	machines, err := b.machines(ctx, room, members)
	if err != nil {
		return nil, err
	}
	claims, err := b.Store.Setting(ctx, room, settingMachines)
	if err != nil {
		return nil, err
	}
	owned, err := b.owned(ctx, room)
	if err != nil {
		return nil, err
	}
	var all []keyTeller
	for _, owner := range owners {
		t := keyTeller{owner: owner, name: nameAmong(members, owner)}
		if !slices.ContainsFunc(members, func(m chat.Member) bool { return m.ID == owner }) {
			t.left = true // and holds no key, although their machine may be here
			all = append(all, t)
			continue
		}
		said := owned[voting.Member(owner)]
		for line := range strings.Lines(claims) { // in their order
			account := strings.Fields(line)[1]
			switch machines[account].owner {
			case voting.Member(owner):
				if account == said || said == "" && t.account == "" {
					t.account, t.confirmed, t.booth = account, account == said, machines[account].booth
				} else {
					t.others = append(t.others, account)
				}
			}
		}
		all = append(all, t)
	}
	return all, nil
}

// composeTellers says who hold keys of a group's votes, with which machines, and what is missing.
func (b *Bot) composeTellers(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	t, err := b.page(ctx, d, "")
	if err != nil {
		return chat.Content{}, err
	}
	all, _, err := b.keyTellers(ctx, d.Room)
	if err != nil {
		return chat.Content{}, err
	}
	if len(all) == 0 {
		t.add("tellers.none")
		return t.content(true), nil
	}
	t.add("tellers.title")
	ready := true
	for _, one := range all {
		switch {
		case one.left:
			ready = false
			t.add("tellers.left", "name", one.name)
		case one.account == "":
			ready = false
			t.add("tellers.missing", "name", one.name)
		default:
			t.add("tellers.machine", "name", one.name, "account", one.account)
		}
		if one.booth != "" {
			t.add("tellers.page", "page", one.booth)
		}
		if one.account != "" && !one.confirmed {
			t.add("tellers.unconfirmed", "name", one.name, "account", one.account)
		}
		if len(one.others) > 0 {
			t.add("tellers.others", "name", one.name, "accounts", strings.Join(one.others, ", "))
		}
	}
	if ready {
		t.add("tellers.ready")
	} else {
		t.add("tellers.how", "bot", b.Line.Me())
	}
	c := t.content(true)
	record, _, err := parley.Encode(parley.Record{Kind: parley.Who})
	c.Record = json.RawMessage(record)
	return c, err
}

// addTogether says at the level secret who would have to collude, and where the page comes from.
func (b *Bot) addTogether(ctx context.Context, t *page, p *voting.Poll) error {
	if p.Level() != voting.Secret {
		return nil
	}
	names, err := b.tellerNames(ctx, string(p.Place), p.Terms.Tellers.All(), false)
	if err != nil {
		return err
	}
	host := p.Terms.Booth
	if u, err := url.Parse(host); err == nil {
		host = u.Host
	}
	t.add("poll.label.secret-who", "names", names, "host", host)
	return nil
}

// addWhyShared says why a vote that would be secret, an election or one that is sealed only, is not: no page is served by
// somebody else than the bot.
func (b *Bot) addWhyShared(ctx context.Context, t *page, p *voting.Poll) error {
	if p.Level() != voting.Shared {
		return nil
	}
	elects, err := b.elects(ctx, p.ID)
	if err != nil || !elects && !p.Terms.OnlySealed {
		return err
	}
	all, _, err := b.keyTellers(ctx, string(p.Place))
	if err != nil {
		return err
	}
	elsewhere := slices.ContainsFunc(all, func(t keyTeller) bool { return t.booth != "" && !sameHost(t.booth, b.PublicURL) })
	if elsewhere && !p.Terms.OnlySealed {
		return nil // shared was asked for
	}
	t.add("poll.draft.not-secret")
	return nil
}

// tellerNames are the names of some tellers in a group.
func (b *Bot) tellerNames(ctx context.Context, room string, some []voting.Teller, accounts bool) (string, error) {
	var names []string
	for _, t := range some {
		name, err := b.nameIn(ctx, room, string(t.Owner))
		if err != nil {
			return "", err
		}
		if accounts {
			name += " (" + t.Account + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", "), nil
}
