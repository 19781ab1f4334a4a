package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

const (
	// settingGreeting is what the last greeting of a group was, until it is answered.
	settingGreeting = "greeting"
	// greetingHolds is how long a plain yes in the group is the answer to the greeting.
	greetingHolds = 7 * 24 * time.Hour
)

// greet says once to a group what the bot does, what it can read, and what is missing.
func (b *Bot) greet(ctx context.Context, n chat.Notice) error {
	key := "greeting/" + n.ID
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		_, known, err := b.Line.Event(ctx, key)
		if err != nil || known {
			return err
		}
		value := key + " " + b.Now().UTC().Format(time.RFC3339)
		if err := b.Store.PutSetting(ctx, n.Room, settingGreeting, value); err != nil {
			return err
		}
		return b.Line.Queue(ctx, chat.Delivery{Key: key, Room: n.Room, Kind: kindGreeting})
	})
}

// composeGreeting makes the words of a greeting.
func (b *Bot) composeGreeting(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	t, err := b.page(ctx, d, d.Room)
	if err != nil {
		return chat.Content{}, err
	}
	people, err := b.roll(ctx, d.Room)
	if err != nil {
		return chat.Content{}, err
	}
	encrypted, err := b.Line.Encrypted(ctx, d.Room)
	if err != nil {
		return chat.Content{}, fmt.Errorf("asking whether %s is encrypted: %w", d.Room, err)
	}
	redacts, err := b.redacts(ctx, d.Room)
	if err != nil {
		return chat.Content{}, err
	}
	if b.PublicURL == "" {
		t.add("arrival.title-votes")
	} else {
		t.add("arrival.title")
	}
	t.add("arrival.reads")
	if !encrypted {
		t.add("arrival.unencrypted")
	}
	if !redacts {
		t.add("arrival.no-redact")
	}
	if len(people) < voting.MinBallots {
		t.addCount("arrival.small", len(people), "min", voting.MinBallots)
	}
	t.addCount("arrival.ask", len(people))
	return t.content(false), nil
}

// redacts says whether the bot may remove what others write in a room.
func (b *Bot) redacts(ctx context.Context, room string) (bool, error) {
	power, err := b.Line.Power(ctx, room, b.Line.Me())
	if err != nil {
		return false, fmt.Errorf("asking for the power in %s: %w", room, err)
	}
	return power >= moderator, nil
}

// onGreeting deals with the answer to the greeting, and says whether a message was it.
func (b *Bot) onGreeting(ctx context.Context, m chat.Message) (bool, error) {
	value, err := b.Store.Setting(ctx, m.Room, settingGreeting)
	if err != nil || value == "" {
		return false, err
	}
	key, at, _ := strings.Cut(value, " ")
	if said, err := time.Parse(time.RFC3339, at); err != nil || b.Now().Sub(said) > greetingHolds {
		return false, b.Store.PutSetting(ctx, m.Room, settingGreeting, "")
	}
	word := b.words.which(m, "arrival.words.yes")
	answers, err := b.answers(ctx, m, "", key, word)
	if err != nil || !answers {
		return false, err
	}
	return true, b.meetAll(ctx, m)
}
