package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// cancelCommand drops the sender's draft, or voids the vote of the group that is not counted yet:
// everybody is told, and the question is offered again.
func (b *Bot) cancelCommand(ctx context.Context, m chat.Message, a arguments) error {
	p, _, err := b.openOne(ctx, m.Room, a.text)
	if err != nil {
		return err
	}
	if p == nil {
		if p, err = b.find(ctx, m.Room, func(p *voting.Poll) bool { return p.State == voting.StateClosed }); err != nil {
			return err
		}
	}
	if p == nil {
		asked, err := b.find(ctx, m.Room, func(p *voting.Poll) bool { return p.State == voting.StateAsked || p.State == voting.StateSet })
		if err != nil || asked != nil {
			return errors.Join(err, b.cancelAsked(ctx, m, asked))
		}
	}
	draft, err := b.drafted(ctx, m)
	switch {
	case err != nil:
		return err
	case p == nil && draft != nil:
		return b.cancel(ctx, m, draft)
	case p == nil:
		return refuse("refusal.no-vote")
	}
	if err := b.mayClose(ctx, m, p); err != nil {
		return err
	}
	again := draftOf(p, p.Roll)
	if !again.Terms.Until.After(b.Now()) {
		again.Terms.Until = time.Time{}
	}
	return b.voidFor(ctx, m, p, again)
}

// voidFor ends a vote without a result and shows the draft of another one in its place.
func (b *Bot) voidFor(ctx context.Context, m chat.Message, p *voting.Poll, again voting.Draft) error {
	members, err := b.roll(ctx, m.Room)
	if err != nil {
		return err
	}
	if again.Terms.Picked {
		members = slices.DeleteFunc(again.Roll, func(m voting.Member) bool { return !slices.Contains(members, m) })
	}
	again.Roll = members
	elects, err := b.elects(ctx, p.ID)
	if err != nil {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.stop(ctx, p, "ballot.void", b.Polls.Abandon); err != nil {
			return err
		}
		cards, err := b.draft(ctx, m, again, elects)
		if err != nil {
			return err
		}
		void := b.to(m, "reply/"+m.ID, kindSay, of(p, say{Key: "poll.void", Args: []any{"question", p.Question}}))
		return b.done(ctx, m, append([]chat.Delivery{void}, cards...)...)
	})
	if err != nil {
		return err
	}
	b.forget(p.ID)
	b.awake()
	return nil
}
