package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// What a command begins with. Some keyboards write it in full width.
const (
	prefix     = "!"
	widePrefix = "！"
)

const (
	// mostCommand is how many bytes a command may have: more is no question.
	mostCommand = 8 << 10
	// mostCommands is how many commands of one person are answered within commandsWithin.
	mostCommands   = 30
	commandsWithin = time.Minute
)

// place says where a command may be given.
type place int

const (
	anywhere place = iota
	inGroups
)

// entry is one command.
type entry struct {
	id      string              // names its help and its right; the English name
	names   map[string][]string // by language; all of them always work, the first is shown
	where   place
	power   int  // the power in the room that it takes, unless the group says otherwise
	setting bool // it takes that power only with something behind it; else it shows
	own     bool // who else may give it, it asks itself
	options []option
	do      func(b *Bot, ctx context.Context, m chat.Message, a arguments) error
}

// commands are all there are. It is filled at the start, because help is one of them.
var commands []entry

func init() {
	commands = []entry{
		{id: "call", names: named("call", "treffen anruf"), where: inGroups, do: (*Bot).call},
		{id: "vote", names: named("vote", "abstimmung abstimmen"), where: inGroups, power: moderator, options: commandOptions, do: (*Bot).vote},
		{id: "election", names: named("election", "wahl"), where: inGroups, power: moderator, options: commandOptions, do: (*Bot).election},
		{id: "close", names: named(parley.CloseEnglish, parley.CloseGerman), where: inGroups, power: moderator, own: true, do: (*Bot).close},
		{id: "extend", names: named(parley.ExtendEnglish, parley.ExtendGerman), where: inGroups, power: moderator, own: true, do: (*Bot).extendCommand},
		{id: "runoff", names: named("runoff", "stichwahl"), where: inGroups, power: moderator, do: (*Bot).runOff},
		{id: "result", names: named("result", "ergebnis"), where: inGroups, do: (*Bot).result},
		{id: "votes", names: named("votes", "abstimmungen"), where: inGroups, do: (*Bot).votes},
		{id: "check", names: named("check", "prüfen pruefen prüfwort"), do: (*Bot).check},
		{id: "objection", names: named(parley.ObjectEnglish, parley.ObjectGerman), where: inGroups, do: (*Bot).object},
		{id: "cancel", names: named("cancel void", "abbruch abbrechen"), where: inGroups, power: moderator, own: true, do: (*Bot).cancelCommand},
		{
			id: "probe", names: named("probe rehearsal", "probe"), where: inGroups, power: moderator,
			options: []option{{names: []string{"end", "ende"}}}, do: (*Bot).probe,
		},
		{id: "me", names: named("me", "ich"), do: (*Bot).me},
		{id: "ping", names: named("ping", "ping"), do: (*Bot).ping},
		{id: "help", names: named("help", "hilfe"), do: (*Bot).help},
		{id: "lang", names: named("lang language", "sprache"), power: moderator, setting: true, do: (*Bot).language},
		{id: "contact", names: named("contact", "kontakt"), where: inGroups, power: moderator, setting: true, do: (*Bot).contact},
		{id: "rights", names: named("rights", "rechte"), where: inGroups, power: moderator, setting: true, do: (*Bot).rights},
		{
			id: "exclude", names: named("exclude", "ausschließen ausschliessen"), where: inGroups, power: moderator, setting: true,
			options: []option{{names: []string{"end", "ende"}}}, do: (*Bot).exclude,
		},
		{
			id: "tellers", names: named("tellers", "zählteam zaehlteam"), where: inGroups, power: moderator, setting: true,
			options: []option{{names: []string{"end", "ende"}}}, do: (*Bot).tellers,
		},
		{id: "machine", names: named("machine", "maschine"), do: (*Bot).machine},
		{id: "halt", names: named(parley.HaltEnglish, parley.HaltGerman), where: inGroups, do: (*Bot).halt},
		{id: "resume", names: named(parley.ResumeEnglish, parley.ResumeGerman), where: inGroups, do: (*Bot).goOn},
		{id: "privacy", names: named("privacy", "datenschutz"), do: (*Bot).privacy},
	}
}

func named(english, german string) map[string][]string {
	return map[string][]string{"en": strings.Fields(english), "de": strings.Fields(german)}
}

// name is what a command is called in a language.
func (e *entry) name(language string) string { return e.names[language][0] }

// is says whether a word is one of the command's names, in any language.
func (e *entry) is(word string) bool {
	for _, names := range e.names {
		if slices.Contains(names, word) {
			return true
		}
	}
	return false
}

// languageOf is the one language in which a command has that name, empty if it is the English one, or nobody's.
func languageOf(name string) string {
	c := entryNamed(name)
	if c == nil || slices.Contains(c.names["en"], name) {
		return ""
	}
	for language, names := range c.names {
		if slices.Contains(names, name) {
			return language
		}
	}
	return ""
}

// entryNamed returns the command of that name, nil if there is none.
func entryNamed(word string) *entry {
	for i := range commands {
		if commands[i].is(word) {
			return &commands[i]
		}
	}
	return nil
}

// nearest returns the name that was meant, if a word is one with a slip of the finger.
func nearest(word string) (name string, ok bool) {
	for _, c := range commands {
		for _, language := range []string{"en", "de"} {
			for _, name := range c.names[language] {
				if near(word, name) {
					return name, true
				}
			}
		}
	}
	return "", false
}

// asCommand reads a message as a command: one that begins with the prefix, perhaps behind a
// mention of the bot. Behind a mention a command's name will do.
func (b *Bot) asCommand(ctx context.Context, m chat.Message) (word, rest string, ok bool) {
	if m.Kind != chat.Text {
		return "", "", false
	}
	if word, rest, ok = command(m.Body); ok {
		return word, rest, true
	}
	after, ok := unmention(m.Body, b.Line.Me(), localpart(b.Line.Me()))
	if !ok && strings.ContainsAny(m.Body[:min(len(m.Body), mentionEnd)], prefix+widePrefix) {
		after, ok = unmention(m.Body, b.displayName(ctx, m.Room))
	}
	if !ok {
		return "", "", false
	}
	if word, rest, ok = command(after); ok {
		return word, rest, true
	}
	if word, rest, ok = command(prefix + after); ok && entryNamed(word) != nil {
		return word, rest, true
	}
	return "", "", false
}

// localpart is the name in a Matrix ID.
func localpart(user string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(user, "@"), ":")
	return name
}

// displayName is what the bot is called in a room, empty if that cannot be found out.
func (b *Bot) displayName(ctx context.Context, room string) string {
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return "" // it is not worth an answer
	}
	for _, m := range members {
		if m.ID == b.Line.Me() {
			return m.Name
		}
	}
	return ""
}

// command runs a command. A word that is nobody's command here is not answered, unless it is
// one of ours with a slip of the finger: other bots have commands too.
func (b *Bot) command(ctx context.Context, m chat.Message, word, rest string) error {
	c := entryNamed(word)
	meant, slip := "", false
	if c == nil {
		meant, slip = nearest(word)
	}
	switch {
	case c == nil && !slip && m.Direct:
		return b.direct(ctx, m)
	case c == nil && !slip:
		return nil
	case !b.may("command "+m.Sender, mostCommands, commandsWithin):
		return b.tooMany(ctx, m)
	}
	if err := b.heard(ctx, m, cmp.Or(meant, word)); err != nil {
		return err
	}
	switch {
	case c == nil:
		return b.reply(ctx, m, say{Key: "help.unknown", Args: []any{"word", word, "near", meant}, Notice: true})
	case len(m.Body) > mostCommand:
		return &voting.Refusal{Key: "refusal.long-message", Args: []any{"word", word}}
	case c.where == inGroups && m.Direct:
		return b.reply(ctx, m, say{Key: "help.in-group", Args: []any{"word", word}, Notice: true})
	}
	a, err := takeOptions(withIDs(rest, m.Mentions), c.options)
	if err != nil {
		return err
	}
	if err := b.permit(ctx, m, c, a); err != nil {
		return err
	}
	return c.do(b, ctx, m, a)
}

// tooMany says once that somebody's commands are not answered for a while.
func (b *Bot) tooMany(ctx context.Context, m chat.Message) error {
	if !b.may("too many "+m.Sender, 1, 10*commandsWithin) {
		return nil
	}
	return refuse("refusal.too-many")
}
