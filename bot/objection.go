package bot

import (
	"context"
	"errors"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// object records what somebody has against a vote. Before the count it holds the decryption.
func (b *Bot) object(ctx context.Context, m chat.Message, a arguments) error {
	if err := b.unforged(ctx, m); err != nil {
		return err
	}
	p, err := b.find(ctx, m.Room, func(p *voting.Poll) bool { return p.State != voting.StateDraft })
	if err != nil {
		return err
	}
	if p == nil {
		return refuse("refusal.no-vote")
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		p, err := b.Polls.Object(ctx, p.ID, voting.Member(m.Sender), i18n.Clean(a.text), b.Now())
		if err != nil {
			return err
		}
		key := "poll.objection.noted"
		if p.Held() {
			key = "poll.objection.holds"
		}
		name, err := b.nameIn(ctx, m.Room, m.Sender)
		if err != nil {
			return err
		}
		d := lasting(p, "objection/"+m.ID, kindSay)
		d.Thread, d.Payload = m.Thread, encode(say{Key: key, Args: []any{"name", name, "question", p.Question}})
		return b.done(ctx, m, d)
	})
	if errors.Is(err, voting.ErrNotEntitled) {
		return refuse("refusal.object")
	}
	return err
}

// proceed lets a vote be counted in spite of the objections, at the wish of somebody who may close it.
func (b *Bot) proceed(ctx context.Context, m chat.Message, p *voting.Poll) error {
	if err := b.mayClose(ctx, m, p); err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if _, err := b.Polls.Proceed(ctx, p.ID); err != nil {
			return err
		}
		d := lasting(p, "proceed/"+m.ID, kindSay)
		d.Payload = encode(say{Key: "poll.objection.proceed", Args: []any{"question", p.Question}, Notice: true})
		return b.done(ctx, m, d)
	})
}
