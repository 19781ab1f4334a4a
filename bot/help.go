package bot

import (
	"context"

	"stimmbote/chat"
)

// help says what the bot can do.
func (b *Bot) help(ctx context.Context, m chat.Message, _ string) error {
	return b.reply(ctx, m, say{Key: "help.text", Notice: true})
}

// ping says that the bot is there.
func (b *Bot) ping(ctx context.Context, m chat.Message, _ string) error {
	return b.reply(ctx, m, say{Key: "help.ping", Notice: true})
}
