package bot

import (
	"context"
	"errors"

	"github.com/rs/zerolog"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/voting"
)

// Said deals with one message of somebody else. It may come again after a crash.
func (b *Bot) Said(ctx context.Context, m chat.Message) error {
	handled, err := b.Line.Handled(ctx, m.ID)
	if err != nil || handled || b.ignored(m.Sender) {
		return err
	}
	ctx = b.Log.WithContext(ctx)
	err = b.guard(ctx, func() error { return b.hear(ctx, m) })
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return err // the program is stopping: the message comes again
	}
	key, args := "error.internal", []any(nil)
	if r, ok := errors.AsType[*voting.Refusal](err); ok {
		key, args = r.Key, r.Args
	} else {
		zerolog.Ctx(ctx).Err(err).Msg("Dealing with a message")
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		return b.answer(ctx, m, say{Key: key, Args: args, Notice: !m.Direct})
	})
}

// hear deals with a message.
func (b *Bot) hear(ctx context.Context, m chat.Message) error {
	if m.Kind == chat.Record {
		return b.onRecord(ctx, m)
	}
	if m.Edits != "" {
		return b.edited(ctx, m)
	}
	if word, rest, ok := b.asCommand(ctx, m); ok {
		return b.command(ctx, m, word, rest)
	}
	if m.Direct {
		return b.direct(ctx, m)
	}
	return b.group(ctx, m)
}

// say is the payload of one plain sentence.
type say struct {
	Key    string `json:"key"`
	Args   []any  `json:"args,omitempty"`  // names and values in turn
	Count  *int   `json:"count,omitempty"` // chooses between key.one and key.other
	Room   string `json:"room,omitempty"`  // the group that it is about: a person without a language of their own reads its
	Notice bool   `json:"notice,omitempty"`
	More   []say  `json:"more,omitempty"` // further sentences of the same message
}

// of is a sentence about a vote: one about a rehearsal says first that it is one.
func of(p *voting.Poll, s say) say {
	if !p.Terms.Rehearsal {
		return s
	}
	return say{Key: rehearsalLabel, Room: s.Room, Notice: s.Notice, More: []say{s}}
}

// reply marks a message as dealt with and answers it with what to say or show, in a transaction
// of its own.
func (b *Bot) reply(ctx context.Context, m chat.Message, s any) error {
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.answer(ctx, m, s) })
}

// answer queues what to say or show as the answer to a message and marks that one as dealt with.
// In the group it goes to the thread that the message was in.
func (b *Bot) answer(ctx context.Context, m chat.Message, s any) error {
	kind := kindSay
	if _, ok := s.(show); ok {
		kind = kindShow
	}
	d := b.to(m, "reply/"+m.ID, kind, s)
	if !m.Direct {
		d.Thread = m.Thread
	}
	return b.done(ctx, m, d)
}

// noted marks a message as dealt with that draws no reply, in a transaction of its own.
func (b *Bot) noted(ctx context.Context, m chat.Message) error {
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m) })
}

// done queues deliveries and marks the message that caused them as dealt with. Whatever becomes
// of an answer, it is taken back, since it says what somebody wants. The order to do so belongs
// to no group, so that the end of the poll does not drop it.
func (b *Bot) done(ctx context.Context, m chat.Message, d ...chat.Delivery) error {
	if m.Direct {
		answers, err := b.isAnswer(ctx, m)
		if err != nil {
			return err
		}
		if answers {
			d = append(d, chat.Delivery{Key: "redact/" + m.ID, Room: m.Room, Kind: kindRedact, Lane: chat.Redaction, Redacts: m.ID})
		}
	}
	if err := b.Line.Queue(ctx, d...); err != nil {
		return err
	}
	return b.Line.Mark(ctx, m.ID)
}

// isAnswer says whether a message is a clear answer to a motion, or to an open ballot of its sender, also behind the
// letter of one of several; whatever somebody tapped is taken for one.
func (b *Bot) isAnswer(ctx context.Context, m chat.Message) (bool, error) {
	switch m.Kind {
	case chat.Choice:
		return true, nil
	case chat.Text:
	default:
		return false, nil
	}
	_, rest := letterOff(m.Body)
	clear := func(s *answer.Sheet) bool {
		_, found := s.Read(m.Body)
		_, behind := s.Read(rest)
		return found == answer.Clear || behind == answer.Clear
	}
	if clear(b.motion) {
		return true, nil
	}
	open, err := b.Polls.OpenTo(ctx, voting.Member(m.Sender))
	if err != nil {
		return false, err
	}
	for _, p := range open {
		if clear(b.sheet(p)) {
			return true, nil
		}
	}
	return false, nil
}

// sheet reads the answers to an open poll. What that asks does not change, so one is made for all who answer.
func (b *Bot) sheet(p *voting.Poll) *answer.Sheet {
	s, known := b.sheets.Load(p.ID)
	if !known {
		s, _ = b.sheets.LoadOrStore(p.ID, answer.NewSheet(p.Asked, b.phrases))
	}
	return s.(*answer.Sheet)
}

// to is a delivery to where a message came from.
func (b *Bot) to(m chat.Message, key, kind string, payload any) chat.Delivery {
	d := chat.Delivery{Key: key, Kind: kind, Payload: encode(payload)}
	if m.Direct {
		d.Person = m.Sender
	} else {
		d.Room = m.Room
	}
	return d
}
