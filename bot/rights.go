package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// Who may do what follows the power that somebody has in the room, as every Matrix app shows
// it: 0 is everybody, 50 moderates, 100 administers. A group may set another power for a
// command. Where nobody has the power that a command takes, as in a group whose founder left or
// in which all are equal, everybody may give it: a group must not be shut out of its own votes.
const (
	moderator = 50
	mostPower = 100
)

// mostHolders is how many names are given of those who may do something.
const mostHolders = 5

// rightSetting is the name of the setting that says which power a command takes.
func rightSetting(id string) string { return "right." + id }

// powerOf is the power that a command takes in a room.
func (b *Bot) powerOf(ctx context.Context, room string, c *entry) (int, error) {
	if c.id == "rights" {
		return c.power, nil
	}
	value, err := b.Store.Setting(ctx, room, rightSetting(c.id))
	if err != nil || value == "" {
		return c.power, err
	}
	power, err := strconv.Atoi(value)
	if err != nil {
		return 0, fmt.Errorf("reading the right to %s in %s: %w", c.id, room, err)
	}
	return power, nil
}

// mayEverybody says whether a power is one that everybody has: none, or one that nobody has.
func (b *Bot) mayEverybody(ctx context.Context, room string, power int) (bool, error) {
	if power <= 0 {
		return true, nil
	}
	names, err := b.holders(ctx, room, power)
	return len(names) == 0, err
}

// permit refuses a command that its sender may not give here, or that came unencrypted into an
// encrypted room, where only its server can have written it.
func (b *Bot) permit(ctx context.Context, m chat.Message, c *entry, a arguments) error {
	if m.Direct || c.own || c.setting && a.text == "" {
		return nil
	}
	power, err := b.powerOf(ctx, m.Room, c)
	if err != nil || power <= 0 {
		return err
	}
	if err := b.unforged(ctx, m); err != nil {
		return err
	}
	return b.allowed(ctx, m, power, c.id)
}

// unforged refuses a message without encryption in a room that has it.
func (b *Bot) unforged(ctx context.Context, m chat.Message) error {
	if m.Encrypted {
		return nil
	}
	encrypted, err := b.Line.Encrypted(ctx, m.Room)
	if err != nil {
		return fmt.Errorf("asking whether %s is encrypted: %w", m.Room, err)
	}
	if encrypted {
		return refuse("refusal.unencrypted-message")
	}
	return nil
}

// allowed refuses whoever has less power than a command takes, and names who has it.
func (b *Bot) allowed(ctx context.Context, m chat.Message, power int, id string) error {
	key := "refusal.power"
	if !entryNamed(id).changeable() {
		key = "refusal.power-fixed"
	}
	return b.needs(ctx, m, power, key, "command", id)
}

// needs refuses with a sentence whoever has less power than that, and names in it who has it.
func (b *Bot) needs(ctx context.Context, m chat.Message, power int, key string, args ...any) error {
	has, err := b.hasPower(ctx, m, power)
	if err != nil || has {
		return err
	}
	names, err := b.holders(ctx, m.Room, power)
	if err != nil || len(names) == 0 {
		return err
	}
	if len(names) > mostHolders {
		names = append(names[:mostHolders], "…")
	}
	return &voting.Refusal{Key: key, Args: append([]any{"names", strings.Join(names, ", ")}, args...)}
}

func (b *Bot) hasPower(ctx context.Context, m chat.Message, power int) (bool, error) {
	has, err := b.Line.Power(ctx, m.Room, m.Sender)
	if err != nil {
		return false, fmt.Errorf("asking for the power in %s: %w", m.Room, err)
	}
	return has >= power, nil
}

// holders are the names of the members of a room who have a power, without the bot and other
// accounts that are nobody.
func (b *Bot) holders(ctx context.Context, room string, power int) ([]string, error) {
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return nil, fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	var names []string
	for _, m := range members {
		if b.ignored(m.ID) {
			continue
		}
		has, err := b.Line.Power(ctx, room, m.ID)
		if err != nil {
			return nil, fmt.Errorf("asking for the power in %s: %w", room, err)
		}
		if has < power {
			continue
		}
		name := i18n.Name(m.Name, mostName)
		if name == "" {
			name = m.ID
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// changeable says whether a group may set who gives a command.
func (e *entry) changeable() bool { return e.id != "rights" && (e.where == inGroups || e.setting) }

// rights shows or changes who may do what in a group.
func (b *Bot) rights(ctx context.Context, m chat.Message, a arguments) error {
	if a.text == "" {
		return b.reply(ctx, m, show{What: showRights, Room: m.Room})
	}
	fields := strings.Fields(strings.ToLower(narrow(a.text)))
	var c *entry
	if len(fields) == 2 {
		c = entryNamed(strings.TrimPrefix(fields[0], prefix))
	}
	if c == nil {
		return refuse("refusal.rights")
	}
	power, ok := b.power(fields[1])
	if !ok {
		return refuse("refusal.rights")
	}
	if !c.changeable() {
		return refuse("refusal.rights-fixed")
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, m.Room, rightSetting(c.id), strconv.Itoa(power)); err != nil {
			return err
		}
		return b.answer(ctx, m, show{What: showRights, Room: m.Room})
	})
}

// power reads a power as a number or as one of the words for everybody, moderators, admins.
func (b *Bot) power(word string) (int, bool) {
	switch {
	case b.words.is("rights.words.everybody", word):
		return 0, true
	case b.words.is("rights.words.moderators", word):
		return moderator, true
	case b.words.is("rights.words.admins", word):
		return mostPower, true
	}
	power, err := strconv.Atoi(word)
	return power, err == nil && power >= 0 && power <= mostPower
}
