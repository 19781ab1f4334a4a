package bot

import (
	"context"
	"encoding/json"
	"fmt"

	"stimmbote/chat"
	"stimmbote/voting"
)

// What can be shown: its words follow from how things are at the moment of sending.
const (
	showHelp     = "help"
	showPing     = "ping"
	showRights   = "rights"
	showLanguage = "language"
	showContact  = "contact"
	showPrivacy  = "privacy"
	showExcluded = "excluded"
	showVotes    = "votes"
	showResult   = "result"
	showMe       = "me"  // personal links to calls
	showApp      = "app" // the group's call, to who is in their app's own
)

// show is the payload of something that is shown at somebody's wish.
type show struct {
	What    string    `json:"what"`
	Room    string    `json:"room,omitempty"`    // the group that it is about
	Command string    `json:"command,omitempty"` // whose help
	Poll    voting.ID `json:"poll,omitempty"`
	Admin   bool      `json:"admin,omitempty"` // asked by whoever runs the bot
}

// composeShow makes the words of what somebody wished to see.
func (b *Bot) composeShow(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	var s show
	if err := json.Unmarshal(d.Payload, &s); err != nil {
		return chat.Content{}, fmt.Errorf("reading what to show: %w", err)
	}
	t, err := b.page(ctx, d, s.Room)
	if err != nil {
		return chat.Content{}, err
	}
	switch s.What {
	case showHelp:
		err = b.showHelp(ctx, t, s)
	case showPing:
		err = b.showPing(ctx, t, s)
	case showRights:
		err = b.showRights(ctx, t, s)
	case showLanguage:
		t.add("lang.is")
		t.add("lang.how")
	case showContact:
		err = b.showContact(ctx, t, s)
	case showVotes:
		err = b.showVotes(ctx, t, s.Room)
	case showResult:
		return b.showResult(ctx, t, s.Poll)
	case showExcluded:
		err = b.showExcluded(ctx, t, s.Room)
	case showApp:
		err = b.showAppCall(ctx, t, s.Room)
	case showMe:
		err = b.showPersonal(ctx, t, s, d.Person)
	case showPrivacy:
		err = b.showPrivacy(ctx, t, s)
	default:
		err = fmt.Errorf("there are no words for %q", s.What)
	}
	return t.content(true), err
}

// showHelp says what the bot can do, or how one command is written and who may give it.
func (b *Bot) showHelp(ctx context.Context, t *page, s show) error {
	c := entryNamed(s.Command)
	if c == nil {
		if b.PublicURL != "" {
			t.add("help.text-call")
		}
		t.add("help.text")
		return b.addHelper(ctx, t, s.Room)
	}
	t.add("help." + c.id)
	if s.Room == "" || !c.changeable() && c.power == 0 {
		return nil
	}
	power, err := b.powerOf(ctx, s.Room, c)
	if err != nil {
		return err
	}
	return b.addWho(ctx, t, s.Room, c, power)
}

// showRights lists who may give which command in a group.
func (b *Bot) showRights(ctx context.Context, t *page, s show) error {
	t.add("rights.title")
	for i := range commands {
		c := &commands[i]
		if !c.changeable() && c.power == 0 {
			continue
		}
		power, err := b.powerOf(ctx, s.Room, c)
		if err != nil {
			return err
		}
		if err := b.addWho(ctx, t, s.Room, c, power); err != nil {
			return err
		}
	}
	t.add("rights.how")
	return nil
}

// addWho says in one line who may give a command.
func (b *Bot) addWho(ctx context.Context, t *page, room string, c *entry, power int) error {
	name := c.name(t.texts.Language())
	everybody, err := b.mayEverybody(ctx, room, power)
	if err != nil {
		return err
	}
	key := "rights.may."
	switch {
	case c.own:
		key = "rights.may-own."
	case c.setting:
		key = "rights.may-change."
	}
	switch {
	case power <= 0:
		key += "everybody"
	case everybody:
		key += "nobody"
	default:
		key += "power"
	}
	t.add(key, "command", name, "power", power)
	return nil
}

// showContact says who helps the people of a group.
func (b *Bot) showContact(ctx context.Context, t *page, s show) error {
	contact, err := b.helper(ctx, s.Room)
	if err != nil {
		return err
	}
	if contact == "" {
		t.add("contact.none")
	} else {
		t.add("contact.is", "contact", contact)
	}
	t.add("contact.how")
	return nil
}

// showPrivacy says what is stored, how long, and who could see it.
func (b *Bot) showPrivacy(ctx context.Context, t *page, s show) error {
	t.add("privacy.text")
	if s.Room != "" {
		encrypted, err := b.Line.Encrypted(ctx, s.Room)
		if err != nil {
			return fmt.Errorf("asking whether %s is encrypted: %w", s.Room, err)
		}
		if !encrypted {
			t.add("privacy.unencrypted")
		}
	}
	return b.addHelper(ctx, t, s.Room)
}
