package bot

import (
	"context"
	"errors"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// slowShare is how long a teller's machine may take with its part until the group is told.
const slowShare = 30 * time.Second

// gatherShares posts the ballots and the bot's own part, and says whether the parts of all tellers are there.
// Whom it waits for is said once.
func (b *Bot) gatherShares(ctx context.Context, p *voting.Poll, next *time.Time) (complete bool, err error) {
	post := func(what, kind string) error {
		return b.queueOnce(ctx, key(p.ID, what), func() ([]chat.Delivery, error) { return []chat.Delivery{later(p, what, kind)}, nil })
	}
	if err := post("ballots-file", kindBallotsFile); err != nil {
		return false, err
	}
	said, _, err := b.Line.Event(ctx, key(p.ID, "ballots-file"))
	if err != nil || said == "" || p.Held() {
		return false, err
	}
	halted, err := b.halted(ctx, p)
	if err != nil || halted {
		return false, err
	}
	if opens := p.OpensAt(); opens.After(b.Now()) {
		*next = earlier(*next, opens)
		return false, nil
	}
	if own := key(p.ID, "own-share"); !b.wasQueued(own) {
		b.work(ctx, own, next, func(ctx context.Context, failures int) error {
			_, err := b.Polls.OwnShare(ctx, p.ID, b.Now())
			if err != nil && ctx.Err() == nil {
				return b.cannotCount(ctx, p, failures, err)
			}
			if err != nil {
				return err
			}
			b.Checkpoint("count.after-own-share")
			return b.queueOnce(ctx, own, func() ([]chat.Delivery, error) {
				return []chat.Delivery{lasting(p, "own-share", kindOwnShare)}, nil
			})
		})
		return false, nil
	}
	waiting, err := b.Polls.Waiting(ctx, p)
	if err != nil || len(waiting) == 0 {
		return err == nil, err
	}
	held, err := b.heldBack(ctx, p)
	if err != nil {
		return false, err
	}
	waiting = slices.DeleteFunc(waiting, func(t voting.Teller) bool { return held[t.Account] != "" }) // they say themselves what for
	if len(waiting) == 0 {
		return false, nil
	}
	waited := b.since(key(p.ID, "shares"))
	if waited < slowShare {
		*next = earlier(*next, b.Now().Add(slowShare-waited))
		return false, nil
	}
	return false, b.queueOnce(ctx, key(p.ID, "shares/waits"), func() ([]chat.Delivery, error) {
		names, err := b.tellerNames(ctx, string(p.Place), waiting, false)
		if err != nil {
			return nil, err
		}
		d := inGroup(p, "shares/waits", kindSay)
		d.Payload = encode(say{Key: "tellers.shares-wait", Args: []any{"names", names}, Notice: true})
		return append(remindOwners(p, waiting, "shares", "tellers.shares-wait-owner"), d), nil
	})
}

// composeBallotsFile gives the machines the ballots, with the closed hash and the list of those who voted.
func (b *Bot) composeBallotsFile(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	archive, err := b.Polls.Closing(ctx, p.ID)
	if err != nil {
		return chat.Content{}, err
	}
	voted, err := b.Polls.Voted(ctx, p.ID)
	if err != nil {
		return chat.Content{}, err
	}
	r := parley.Record{Kind: parley.Closed, Poll: p.ID, Number: p.Number, ClosedHash: p.ClosedHash, Archive: archive}
	for _, m := range voted {
		r.Voted = append(r.Voted, string(m))
	}
	t.add("tellers.ballots")
	return recorded(t.content(true), r)
}

// composeOwnShare gives the machines the bot's part.
func (b *Bot) composeOwnShare(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	body, err := b.Polls.OwnShare(ctx, p.ID, b.Now())
	if err != nil {
		return chat.Content{}, err
	}
	names, err := b.tellerNames(ctx, string(p.Place), p.Terms.Tellers.All(), false)
	if err != nil {
		return chat.Content{}, err
	}
	t.add("tellers.own-share", "names", names)
	return recorded(t.content(true), parley.Record{Kind: parley.Share, Poll: p.ID, ClosedHash: p.ClosedHash, Body: string(body)})
}

// withResult says beside the archive of a vote with tellers which one it is.
func withResult(c chat.Content, p *voting.Poll) (chat.Content, error) {
	if p.Terms.Tellers == "" || c.File == nil {
		return c, nil
	}
	inline, err := parley.Head(parley.Result, p.ID)
	c.Plain, c.Record = c.File.Name, inline
	return c, err
}

// machinesAgree refuses to close a vote with tellers before its time where their machines, which read for
// themselves who wishes it, would not give their parts.
func (b *Bot) machinesAgree(ctx context.Context, m chat.Message, p *voting.Poll) error {
	if p.Terms.Tellers == "" {
		return nil
	}
	err := b.machinesHear(ctx, m, p, parley.Close)
	if r, refused := errors.AsType[*voting.Refusal](err); refused && r.Key == refusalUnheard {
		return refuse("refusal.tellers-early")
	}
	return err
}
