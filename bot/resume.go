package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// resume says in each group with an open vote that the bot was away and nothing is lost, and ends
// those votes whose key is gone.
func (b *Bot) resume(ctx context.Context) error {
	lost, err := b.Polls.Keyless(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, p := range lost {
		if p.State == voting.StateAsked || p.State == voting.StateSet {
			problems = append(problems, b.withdraw(ctx, p, say{Key: "poll.uncountable.key", Args: []any{"question", p.Question}}))
			continue
		}
		problems = append(problems, b.loseKey(ctx, p))
	}
	live, err := b.Polls.Live(ctx)
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	for _, p := range live {
		if p.State != voting.StateOpen {
			continue
		}
		d := inGroup(p, "restart/"+strconv.FormatInt(b.started.Unix(), 36), kindRestart)
		problems = append(problems, b.Line.Queue(ctx, d))
	}
	return errors.Join(problems...)
}

// loseKey voids a vote whose key file is gone: nothing of it can be opened any more.
func (b *Bot) loseKey(ctx context.Context, p *voting.Poll) error {
	said := lasting(p, "lost-key", kindSay)
	said.Group = ""
	said.Payload = encode(of(p, say{Key: "poll.uncountable.key", Args: []any{"question", p.Question}}))
	elects, err := b.elects(ctx, p.ID)
	if err != nil {
		return err
	}
	members, err := b.roll(ctx, string(p.Place))
	if err != nil {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.stop(ctx, p, "ballot.ended", b.Polls.Abandon); err != nil {
			return err
		}
		if err := b.Line.Queue(ctx, said); err != nil {
			return err
		}
		return b.offerAgain(ctx, p, elects, members)
	})
	if err != nil {
		return fmt.Errorf("voiding poll %s: %w", p.ID, err)
	}
	b.forget(p.ID)
	return nil
}

// offerAgain shows the question of a vote that nothing came of as a new draft to whoever asked it,
// if they may still ask. Members are who may vote there now. It belongs into a transaction.
func (b *Bot) offerAgain(ctx context.Context, p *voting.Poll, elects bool, members []voting.Member) error {
	roll := members
	if p.Terms.Picked {
		roll = slices.DeleteFunc(slices.Clone(p.Roll), func(m voting.Member) bool { return !slices.Contains(members, m) })
	}
	again := draftOf(p, roll)
	if !again.Terms.Until.After(b.Now()) {
		again.Terms.Until = time.Time{}
	}
	cards, err := b.draft(ctx, chat.Message{Room: string(p.Place), Sender: string(p.Asker)}, again, elects, members)
	if _, refused := errors.AsType[*voting.Refusal](err); refused {
		return nil
	}
	if err != nil {
		return err
	}
	return b.Line.Queue(ctx, cards...)
}

// composeRestart says that a vote goes on.
func (b *Bot) composeRestart(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	if p.State != voting.StateOpen {
		return chat.Content{}, chat.ErrObsolete
	}
	cast, entitled, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return chat.Content{}, err
	}
	t.addCount("poll.restart", cast, "of", entitled, "time", b.clockIn(t.texts, b.started), "question", p.Question)
	return t.content(true), nil
}

// settingRenew is that a vote has ended, and that the key of the encryption is to be renewed.
const (
	settingRenew = "renew"
	ofBot        = "bot" // the scope of what is noted about the bot itself
)

// renewLater has the key of the encryption renewed, so that no backup from during a vote opens
// what was said. It belongs into the transaction of the vote's end.
func (b *Bot) renewLater(ctx context.Context) error {
	return b.Store.PutSetting(ctx, ofBot, settingRenew, "due")
}

// renew renews it, beside everything else.
func (b *Bot) renew(ctx context.Context, next *time.Time) error {
	due, err := b.Store.Setting(ctx, ofBot, settingRenew)
	if err != nil || due == "" {
		return err
	}
	b.work(ctx, settingRenew, next, func(ctx context.Context, _ int) error {
		b.Checkpoint("close.before-renewal")
		if err := b.Line.Renew(ctx); err != nil {
			return err
		}
		return b.Store.PutSetting(ctx, ofBot, settingRenew, "")
	})
	return nil
}
