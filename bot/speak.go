package bot

import (
	"context"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/i18n"
)

// What rooms and people may want otherwise than the configuration.
const (
	settingLanguage = "language"
	settingHeard    = "heard" // the language in which a person writes, as long as they have chosen none
	settingContact  = "contact"
)

// texts is the catalogue for a room: its own language, or the configuration's.
func (b *Bot) texts(ctx context.Context, room string) (*i18n.Texts, error) {
	return b.firstLanguage(ctx, room)
}

// firstLanguage is the catalogue in the language of the first scope that has one, else of the
// configuration.
func (b *Bot) firstLanguage(ctx context.Context, scopes ...string) (*i18n.Texts, error) {
	for _, scope := range scopes {
		if scope == "" {
			continue
		}
		for _, name := range []string{settingLanguage, settingHeard} {
			language, err := b.Store.Setting(ctx, scope, name)
			if err != nil {
				return nil, err
			}
			if texts, ok := b.languages[language]; ok {
				return texts, nil
			}
		}
	}
	return b.Texts, nil
}

// heard remembers in which language somebody writes to the bot alone, as far as the name of a command tells: what is said
// to them is in that one until they choose another. The English names tell nothing, because whoever knows bots knows them.
func (b *Bot) heard(ctx context.Context, m chat.Message, name string) error {
	language := languageOf(name)
	if !m.Direct || language == "" {
		return nil
	}
	known, err := b.Store.Setting(ctx, m.Sender, settingHeard)
	if err != nil || known == language {
		return err
	}
	return b.Store.PutSetting(ctx, m.Sender, settingHeard, language)
}

// page begins a message: in the language of the room that it goes to, or of the person, who
// reads about a group.
func (b *Bot) page(ctx context.Context, d chat.Delivery, group string) (*page, error) {
	scopes := []string{d.Room}
	if d.Person != "" {
		scopes = []string{d.Person, group}
	}
	texts, err := b.firstLanguage(ctx, scopes...)
	if err != nil {
		return nil, err
	}
	return &page{texts: texts}, nil
}

// helper is who helps the people of a group, as they or the configuration say; empty if nobody.
func (b *Bot) helper(ctx context.Context, group string) (string, error) {
	if group != "" {
		contact, err := b.Store.Setting(ctx, group, settingContact)
		if err != nil || contact != "" {
			return contact, err
		}
	}
	return i18n.Name(b.Config.Contact, mostContact), nil
}

// helps is the sentence that says who helps, if there is somebody, to follow another one.
func (b *Bot) helps(ctx context.Context, group string) ([]say, error) {
	contact, err := b.helper(ctx, group)
	if err != nil || contact == "" {
		return nil, err
	}
	return []say{{Key: "contact.line", Args: []any{"contact", contact}}}, nil
}

// addHelper says who helps, if there is somebody.
func (b *Bot) addHelper(ctx context.Context, t *page, group string) error {
	contact, err := b.helper(ctx, group)
	if err != nil || contact == "" {
		return err
	}
	t.add("contact.line", "contact", contact)
	return nil
}

// page is a message in the making, line by line.
type page struct {
	texts       *i18n.Texts
	plain, html []string
}

func (t *page) add(key string, args ...any) {
	t.line(t.texts.Both(key, args...))
}

func (t *page) addCount(key string, n int, args ...any) {
	t.line(t.texts.BothCount(key, n, args...))
}

func (t *page) line(plain, html string) {
	t.plain, t.html = append(t.plain, plain), append(t.html, html)
}

// gap leaves a line free.
func (t *page) gap() { t.line("", "") }

func (t *page) say(s say) {
	switch args := t.localised(s.Args); {
	case s.Key == "":
	case s.Count != nil:
		t.addCount(s.Key, *s.Count, args...)
	default:
		t.add(s.Key, args...)
	}
	for _, more := range s.More {
		t.say(more)
	}
}

// localised puts words of the page's language in the place of what has other names in others:
// commands and options.
func (t *page) localised(args []any) []any {
	args = slices.Clone(args)
	for i := 0; i+1 < len(args); i += 2 {
		switch args[i] {
		case "command":
			if c := entryNamed(toString(args[i+1])); c != nil {
				args[i+1] = c.name(t.texts.Language())
			}
		case "flag":
			args[i+1] = flagName(toString(args[i+1]), t.texts.Language())
		}
	}
	return args
}

func (t *page) content(notice bool) chat.Content {
	return chat.Content{Notice: notice, Plain: strings.Join(t.plain, "\n"), HTML: strings.Join(t.html, "<br>\n")}
}

// toString reads what came back from a payload.
func toString(v any) string {
	s, _ := v.(string)
	return s
}

// answerKeys are the answers that every language has words for.
var answerKeys = []string{"poll.answer.yes", "poll.answer.no", "poll.answer.abstain"}

// answerIn is an answer in a reader's language, if it is one of those that every poll has.
func answerIn(texts *i18n.Texts, answer string) string {
	for _, key := range answerKeys {
		for _, language := range i18n.Languages {
			if other, err := texts.In(language); err == nil && other.Text(key) == answer {
				return texts.Text(key)
			}
		}
	}
	return answer
}
