package bot

import (
	"context"
	"fmt"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// Sheet is what the ballot page and the board show of a poll, with what only its group's chat knows.
func (b *Bot) Sheet(ctx context.Context, id voting.ID) (*voting.Sheet, error) {
	s, err := b.Polls.Sheet(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := b.Polls.Poll(ctx, id)
	if err != nil {
		return nil, err
	}
	texts, err := b.texts(ctx, string(p.Place))
	if err != nil {
		return nil, err
	}
	s.Language, s.Familiar = texts.Language(), b.Config.Du
	if s.Group, err = b.Line.RoomName(ctx, string(p.Place)); err != nil {
		return nil, fmt.Errorf("asking for the name of %s: %w", p.Place, err)
	}
	s.Contact, err = b.helper(ctx, string(p.Place))
	return s, err
}

// CastSealed takes a ballot that its voter sealed, through whichever door it came, and tells the
// voter in the direct chat as after a vote there.
func (b *Bot) CastSealed(ctx context.Context, id voting.ID, ballot []byte) (voting.Receipt, error) {
	ctx = b.Log.WithContext(ctx)
	envelope, err := b.Polls.Receive(ctx, id, ballot, b.Now())
	if err != nil {
		return voting.Receipt{}, err
	}
	return b.castSealed(ctx, id, envelope, nil)
}

// castSealed lays a sealed ballot into the box, if its voter is still a member of the group, and
// queues the receipt in the same transaction with what else belongs to it.
func (b *Bot) castSealed(ctx context.Context, id voting.ID, envelope *voting.Envelope, with func(ctx context.Context) error) (
	r voting.Receipt, err error,
) {
	p, err := b.Polls.Poll(ctx, id)
	if err != nil {
		return r, err
	}
	member := envelope.Member()
	stays, err := b.isMember(ctx, p, string(member))
	if err != nil {
		return r, err
	}
	if !stays {
		return r, refuse("refusal.ballot.left")
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) (err error) {
		if r, err = b.Polls.Cast(ctx, envelope); err != nil {
			return err
		}
		if with != nil {
			if err := with(ctx); err != nil {
				return err
			}
		}
		if r.Again {
			return nil
		}
		n, err := b.next(ctx, p.ID, member)
		if err != nil {
			return err
		}
		told, err := b.secret(ctx, inDirect(p, member, receiptKey(p.ID, member, n), kindReceipt), chat.Receipt,
			receipt{Code: r.Code, Tracker: r.Tracker, Replaced: r.Replaced, Unread: true})
		if err != nil {
			return err
		}
		if err := b.Store.PutSetting(ctx, inPoll(p.ID, string(member)), settingPending, ""); err != nil {
			return err
		}
		if err := b.putTest(ctx, p.ID, string(member), nil); err != nil {
			return err
		}
		if err := b.Line.Queue(ctx, told); err != nil {
			return err
		}
		b.Checkpoint("cast.before-durable")
		return nil
	})
	if err != nil {
		return voting.Receipt{}, err
	}
	if !r.Again {
		b.votedAt(string(member), p.ID, b.Now())
		b.awakeSoon() // perhaps everybody has voted now
	}
	return r, nil
}

// votedAt remembers when the vote that counts was given, so that an answer that was written before
// it and comes late does not replace it.
func (b *Bot) votedAt(member string, id voting.ID, at time.Time) {
	b.answeredAt(chat.Message{Sender: member, At: at}, id)
}

// composeUnread is the receipt of a ballot that was sealed elsewhere. It reaches whoever owns the
// link, so that a vote by somebody else does not go unseen.
func (b *Bot) composeUnread(ctx context.Context, t *page, d chat.Delivery, r receipt, p *voting.Poll) (chat.Content, error) {
	c, err := b.called(ctx, d.Person, p)
	if err != nil {
		return chat.Content{}, err
	}
	t.addCalled(c)
	switch {
	case p.Terms.NoRevote && c != nil && c.Several:
		t.add("ballot.receipt.unread.final-beside")
	case p.Terms.NoRevote:
		t.add("ballot.receipt.unread.final")
	default:
		t.add("ballot.receipt.unread")
	}
	t.addCheck(r.Tracker, r.Code)
	if r.Replaced {
		t.add("ballot.replaced")
	}
	if err := b.addMissing(ctx, t, c); err != nil {
		return chat.Content{}, err
	}
	if err := b.addHelper(ctx, t, string(p.Place)); err != nil {
		return chat.Content{}, err
	}
	return t.content(false), nil
}
