package bot

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// settingExcluded is who has no vote in a group, at its wish.
const settingExcluded = "excluded"

// ghost is what the names of people begin with whom a bridge to another chat stands for: nobody
// can send them a ballot.
var ghost = regexp.MustCompile(`^@(_|(telegram|signal|whatsapp|discord|slack|facebook|messenger|instagram|gmessages|googlechat|linkedin|twitter|imessage|irc|xmpp)_)`)

// roll is who may vote in a room: its members as the server knows them, without the bot, without
// those that the configuration or the group excludes, and without what the room calls programs.
func (b *Bot) roll(ctx context.Context, room string) ([]voting.Member, error) {
	roll, _, err := b.sift(ctx, room)
	return roll, err
}

// sift divides the members of a room into those who may vote and those who are left out.
func (b *Bot) sift(ctx context.Context, room string) (roll []voting.Member, out []string, err error) {
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return nil, nil, fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	excluded, err := b.excluded(ctx, room)
	if err != nil {
		return nil, nil, err
	}
	programs, err := b.Line.Service(ctx, room)
	if err != nil {
		return nil, nil, fmt.Errorf("asking which members of %s are programs: %w", room, err)
	}
	machines, err := b.machines(ctx, room, members)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range members {
		_, machine := machines[m.ID]
		switch {
		case m.ID == b.Line.Me(), machine:
		case b.ignored(m.ID), slices.Contains(slices.Concat(excluded, programs), m.ID), ghost.MatchString(m.ID):
			out = append(out, nameOr(m))
		default:
			roll = append(roll, voting.Member(m.ID))
		}
	}
	slices.Sort(roll)
	slices.Sort(out)
	return roll, out, nil
}

// nameOr is a member's name, or the ID of who has none.
func nameOr(m chat.Member) string {
	if name := i18n.Name(m.Name, mostName); name != "" {
		return name
	}
	return m.ID
}

// excluded are the accounts that a group has excluded.
func (b *Bot) excluded(ctx context.Context, room string) ([]string, error) {
	value, err := b.Store.Setting(ctx, room, settingExcluded)
	return strings.Fields(value), err
}

// person is the one member whom a name stands for: a Matrix ID, the part of it before the colon,
// or a name in the room. It is empty if there is none, or more than one.
func person(members []chat.Member, name string) string {
	short := strings.TrimPrefix(name, "@")
	found := ""
	for _, m := range members {
		if m.ID == name {
			return m.ID
		}
		if strings.EqualFold(localpart(m.ID), short) || strings.EqualFold(i18n.Name(m.Name, mostName), short) {
			if found != "" {
				return ""
			}
			found = m.ID
		}
	}
	return found
}

// exclude shows who has no vote in a group, takes somebody's vote away or gives it back.
func (b *Bot) exclude(ctx context.Context, m chat.Message, a arguments) error {
	if a.text == "" {
		return b.reply(ctx, m, show{What: showExcluded, Room: m.Room})
	}
	members, err := b.Line.Members(ctx, m.Room)
	if err != nil {
		return fmt.Errorf("asking for the members of %s: %w", m.Room, err)
	}
	excluded, err := b.excluded(ctx, m.Room)
	if err != nil {
		return err
	}
	_, back := a.options["end"]
	id := person(members, a.text)
	if id == "" && slices.Contains(excluded, a.text) {
		id = a.text
	}
	if id == "" {
		return &voting.Refusal{Key: "refusal.who-unknown", Args: []any{"who", i18n.Name(a.text, mostName)}}
	}
	excluded = slices.DeleteFunc(excluded, func(other string) bool { return other == id })
	if !back {
		excluded = append(excluded, id)
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, m.Room, settingExcluded, strings.Join(excluded, " ")); err != nil {
			return err
		}
		return b.answer(ctx, m, show{What: showExcluded, Room: m.Room})
	})
}

// showExcluded lists who has no vote in a group.
func (b *Bot) showExcluded(ctx context.Context, t *page, room string) error {
	_, out, err := b.sift(ctx, room)
	if err != nil {
		return err
	}
	if len(out) == 0 {
		t.add("exclude.nobody")
	} else {
		t.add("exclude.list", "names", strings.Join(out, ", "))
	}
	t.add("exclude.how")
	return nil
}
