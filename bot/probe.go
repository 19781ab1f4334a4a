package bot

import (
	"context"

	"stimmbote/chat"
)

// probe asks everybody in the group for one harmless word.
func (b *Bot) probe(ctx context.Context, m chat.Message, _ arguments) error {
	return b.reply(ctx, m, show{What: showHelp, Command: "probe", Room: m.Room})
}
