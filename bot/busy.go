package bot

import (
	"context"
	"slices"

	"stimmbote/voting"
)

// openTo is the one open poll on whose roll m is, or nil if there is none.
func (b *Bot) openTo(ctx context.Context, m voting.Member) (*voting.Poll, error) {
	open, err := b.Polls.OpenTo(ctx, m)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	return open[0], nil
}

// refuseBusy refuses a vote while somebody on its roll has an open ballot of another one.
func (b *Bot) refuseBusy(ctx context.Context, roll []voting.Member) error {
	live, err := b.Polls.Live(ctx)
	if err != nil {
		return err
	}
	for _, p := range live {
		if p.State == voting.StateOpen && slices.ContainsFunc(p.Roll, func(m voting.Member) bool { return slices.Contains(roll, m) }) {
			return refuse("refusal.busy")
		}
	}
	return nil
}
