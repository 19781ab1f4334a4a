package bot

import (
	"context"

	"stimmbote/chat"
	"stimmbote/voting"
)

// receipt is what a member is told about a vote. It is stored sealed until it is sent.
type receipt struct {
	Choice   voting.Choice `json:"choice"`
	Code     string        `json:"code"`
	Tracker  string        `json:"tracker,omitempty"` // the check words follow from it
	Replaced bool          `json:"replaced"`
	Unread   bool          `json:"unread,omitempty"` // it was sealed elsewhere: there is no choice to repeat
}

// cast seals an answer and lays it into the ballot box. Vote, receipt, count and the order to
// take the answer back (see done) are stored together or not at all.
func (b *Bot) cast(ctx context.Context, m chat.Message, p *voting.Poll, choice voting.Choice) error {
	envelope, err := b.Polls.FoldChoice(ctx, p.ID, voting.Member(m.Sender), choice)
	if err != nil {
		return err
	}
	return b.lay(ctx, m, p, envelope)
}

// lay lays an envelope of the sender into the ballot box.
func (b *Bot) lay(ctx context.Context, m chat.Message, p *voting.Poll, envelope *voting.Envelope) error {
	member := voting.Member(m.Sender)
	err := b.Store.Tx(ctx, func(ctx context.Context) error {
		r, err := b.Polls.Cast(ctx, envelope)
		if err != nil {
			return err
		}
		n, err := b.next(ctx, p.ID, member)
		if err != nil {
			return err
		}
		told, err := b.secret(ctx, inDirect(p, member, receiptKey(p.ID, member, n), kindReceipt), chat.Receipt,
			receipt{Choice: r.Choice, Code: r.Code, Tracker: r.Tracker, Replaced: r.Replaced})
		if err != nil {
			return err
		}
		if err := b.Store.PutSetting(ctx, inPoll(p.ID, m.Sender), settingPending, ""); err != nil {
			return err
		}
		if err := b.putTest(ctx, p.ID, m.Sender, nil); err != nil {
			return err
		}
		if err := b.Line.Burn(ctx, m); err != nil {
			return err
		}
		if err := b.done(ctx, m, told); err != nil {
			return err
		}
		b.Checkpoint("cast.before-durable")
		return nil
	})
	if err != nil {
		return err
	}
	b.answeredAt(m, p.ID)
	b.awakeSoon() // perhaps everybody has voted now
	return nil
}
