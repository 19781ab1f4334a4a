package bot

import (
	"context"
	"slices"

	"stimmbote/chat"
)

// prefix is what a command begins with.
const prefix = "!"

// entry is one command.
type entry struct {
	names []string // the first is the one that help shows
	group bool     // only in a group
	do    func(b *Bot, ctx context.Context, m chat.Message, rest string) error
}

// commands are all there are. Each has English and German names that always work.
var commands = []entry{
	{names: []string{"help", "hilfe"}, do: (*Bot).help},
	{names: []string{"ping"}, do: (*Bot).ping},
	{names: []string{"vote", "abstimmung", "abstimmen"}, group: true, do: (*Bot).vote},
	{names: []string{"close", "schluss", "schließen", "schliessen", "ende"}, group: true, do: (*Bot).close},
	{names: []string{"call", "treffen", "anruf"}, group: true, do: (*Bot).call},
}

// command runs a command. A word that is nobody's command here is not answered, unless it is
// one of ours with a slip of the finger: other bots have commands too.
func (b *Bot) command(ctx context.Context, m chat.Message, word, rest string) error {
	for _, c := range commands {
		if !slices.Contains(c.names, word) {
			continue
		}
		if c.group && m.Direct {
			return b.reply(ctx, m, say{Key: "help.in-group", Args: []any{"word", word}, Notice: true})
		}
		return c.do(b, ctx, m, rest)
	}
	for _, c := range commands {
		for _, name := range c.names {
			if near(word, name) {
				return b.reply(ctx, m, say{Key: "help.unknown", Args: []any{"word", word, "near", name}, Notice: true})
			}
		}
	}
	if m.Direct {
		return b.direct(ctx, m)
	}
	return nil
}
