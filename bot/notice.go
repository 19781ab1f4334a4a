package bot

import (
	"context"

	"stimmbote/chat"
)

// Noticed deals with what happened without being said.
func (b *Bot) Noticed(context.Context, chat.Notice) error { return nil }
