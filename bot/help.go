package bot

import (
	"context"
	"fmt"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/voting"
)

// mostContact is the length of the longest name and number of a group's help.
const mostContact = 100

// help says what the bot can do, or how one command is written.
func (b *Bot) help(ctx context.Context, m chat.Message, a arguments) error {
	s := show{What: showHelp, Room: groupOf(m)}
	word, _, _ := strings.Cut(strings.ToLower(narrow(a.text)), " ")
	word = strings.TrimPrefix(word, prefix)
	if c := entryNamed(word); c != nil {
		s.Command = c.id
	} else if name, ok := nearest(word); ok {
		s.Command = entryNamed(name).id
	}
	return b.reply(ctx, m, s)
}

// groupOf is the group that a message was said in, empty in a direct chat.
func groupOf(m chat.Message) string {
	if m.Direct {
		return ""
	}
	return m.Room
}

// ping says what works, and how old what the bot knows is.
func (b *Bot) ping(ctx context.Context, m chat.Message, _ arguments) error {
	return b.reply(ctx, m, show{What: showPing, Room: groupOf(m), Admin: m.Sender != "" && m.Sender == b.Config.Admin})
}

// showPing says that the bot works, and what does not.
func (b *Bot) showPing(ctx context.Context, t *page, s show) error {
	t.add("ping.works")
	if stats := b.Line.Stats(); !stats.LastSync.IsZero() {
		t.age("ping.synced", b.Now().Sub(stats.LastSync))
		if !stats.Signed {
			t.add("ping.unsigned")
		}
		if stats.Limited > 0 {
			t.add("ping.limited")
		}
	}
	if b.PublicURL == "" {
		t.add("ping.no-calls")
	}
	if s.Admin && b.Ways != nil {
		t.addWays(b.Ways())
	}
	if s.Room == "" {
		return nil
	}
	encrypted, err := b.Line.Encrypted(ctx, s.Room)
	if err != nil {
		return fmt.Errorf("asking whether %s is encrypted: %w", s.Room, err)
	}
	if encrypted {
		t.add("ping.encrypted")
	} else {
		t.add("ping.unencrypted")
	}
	return nil
}

// addWays says how people got into calls since the start, and what helps those who did not.
func (t *page) addWays(w media.Ways) {
	if w.All() == 0 {
		return
	}
	t.addCount("ping.joins", int(w.All()), "tcp", w.TCP, "turn", w.TURN, "none", w.None)
	if w.None > 0 {
		t.add("ping.joins.none")
	}
}

// age says how long something is ago.
func (t *page) age(key string, d time.Duration) {
	switch {
	case d < 2*time.Minute:
		t.addCount(key+".seconds", int(max(0, d)/time.Second))
	case d < 2*time.Hour:
		t.addCount(key+".minutes", int((d+time.Minute/2)/time.Minute))
	default:
		t.addCount(key+".hours", int(d/time.Hour))
	}
}

// privacy says what is stored, how long, and who could see it.
func (b *Bot) privacy(ctx context.Context, m chat.Message, _ arguments) error {
	return b.reply(ctx, m, show{What: showPrivacy, Room: groupOf(m)})
}

// language shows or changes the language of a group, or of a person in their direct chat.
func (b *Bot) language(ctx context.Context, m chat.Message, a arguments) error {
	scope := m.Room
	if m.Direct {
		scope = m.Sender
	}
	if a.text == "" {
		return b.reply(ctx, m, show{What: showLanguage, Room: groupOf(m)})
	}
	language := ""
	for _, l := range i18n.Languages {
		if b.words.is("lang.words."+l, a.text) {
			language = l
		}
	}
	if language == "" {
		return refuse("refusal.language")
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, scope, settingLanguage, language); err != nil {
			return err
		}
		return b.answer(ctx, m, say{Key: "lang.changed", Notice: true})
	})
}

// contact shows or changes whom the people of a group can ask for help.
func (b *Bot) contact(ctx context.Context, m chat.Message, a arguments) error {
	if a.text == "" {
		return b.reply(ctx, m, show{What: showContact, Room: m.Room})
	}
	contact := i18n.Clean(a.text)
	if len([]rune(contact)) > mostContact {
		return &voting.Refusal{Key: "refusal.long-contact", Args: []any{"max", mostContact}}
	}
	if b.words.is("contact.words.nobody", a.text) {
		contact = ""
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, m.Room, settingContact, contact); err != nil {
			return err
		}
		return b.answer(ctx, m, show{What: showContact, Room: m.Room})
	})
}
