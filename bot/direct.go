package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/voting"
)

// How often a person is told what they did not ask for: somebody who fumbles needs an answer
// each time, another bot would be answered for ever.
const (
	mostHints   = 10
	hintsWithin = 10 * time.Minute
	idleHint    = time.Hour
	helloWithin = time.Minute
	manyPeople  = 1000 // from here on those are forgotten who were quiet for long
)

// direct deals with a plain message in the direct chat: an answer to the member's ballot.
func (b *Bot) direct(ctx context.Context, m chat.Message) error {
	member := voting.Member(m.Sender)
	p, err := b.openTo(ctx, member)
	if err != nil {
		return err
	}
	if p == nil {
		return b.noBallot(ctx, m)
	}
	if m.Kind != chat.Text {
		return b.again(ctx, m, p, "ballot.not-text")
	}
	choice, found := b.sheet(p).Read(m.Body)
	if found != answer.Clear {
		return b.unclear(ctx, m, p, found)
	}
	help, err := b.helps(ctx, string(p.Place))
	if err != nil {
		return err
	}
	if !m.Encrypted {
		return b.hint(ctx, m, say{Key: "ballot.unencrypted", Room: string(p.Place), More: help})
	}
	if !m.Trusted {
		return b.hint(ctx, m, say{Key: "ballot.untrusted", Room: string(p.Place), More: help})
	}
	stays, err := b.isMember(ctx, p, m.Sender)
	if err != nil {
		return err
	}
	if !stays {
		return b.hint(ctx, m, say{Key: "ballot.left", Room: string(p.Place), More: help})
	}
	late, err := b.cameLate(ctx, m, p)
	if err != nil {
		return err
	}
	if late {
		return b.again(ctx, m, p, "ballot.late")
	}
	err = b.cast(ctx, m, p, choice)
	if errors.Is(err, voting.ErrNotOpen) {
		return b.hint(ctx, m, say{Key: "ballot.closed", Room: string(p.Place)})
	}
	return err
}

// receipt is what a member is told about a vote. It is stored sealed until it is sent.
type receipt struct {
	Choice   voting.Choice `json:"choice"`
	Code     string        `json:"code"`
	Replaced bool          `json:"replaced"`
}

// cast seals an answer and lays it into the ballot box. Vote, receipt, count and the order to
// take the answer back (see done) are stored together or not at all.
func (b *Bot) cast(ctx context.Context, m chat.Message, p *voting.Poll, choice voting.Choice) error {
	member := voting.Member(m.Sender)
	envelope, err := b.Polls.FoldChoice(ctx, p.ID, member, choice)
	if err != nil {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		r, err := b.Polls.Cast(ctx, envelope)
		if err != nil {
			return err
		}
		n, err := b.next(ctx, p.ID, member)
		if err != nil {
			return err
		}
		key := receiptKey(p.ID, member, n)
		sealed, err := b.seal(ctx, p.ID, key, receipt{Choice: r.Choice, Code: r.Code, Replaced: r.Replaced})
		if err != nil {
			return err
		}
		told := inDirect(p, member, key, kindReceipt)
		told.Payload, told.Secret, told.Lane = encode(about{Poll: p.ID, Sealed: sealed}), true, chat.Receipt
		count, err := b.counted(ctx, p)
		if err != nil {
			return err
		}
		if err := b.done(ctx, m, told, count); err != nil {
			return err
		}
		b.Checkpoint("cast.before-durable")
		return nil
	})
	if err != nil {
		return err
	}
	b.answeredAt(m, p.ID)
	b.awake() // perhaps everybody has voted now
	return nil
}

// counted is the edit of the count for the number of votes that there are now. The first one
// that reaches a number makes it.
func (b *Bot) counted(ctx context.Context, p *voting.Poll) (chat.Delivery, error) {
	n, _, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return chat.Delivery{}, err
	}
	edits := countIn(p)
	_, moved, err := b.Line.Event(ctx, edits)
	if err != nil {
		return chat.Delivery{}, err
	}
	if !moved {
		edits = key(p.ID, "count")
	}
	d := inGroup(p, fmt.Sprintf("count/%d", n), kindCount)
	d.Payload, d.Edits, d.Lane = encode(about{Poll: p.ID, N: n}), edits, chat.Status
	return d, nil
}

// seal keeps v under the poll's key, bound to the delivery that says it.
func (b *Bot) seal(ctx context.Context, id voting.ID, key string, v any) ([]byte, error) {
	return b.Polls.Seal(ctx, id, key, encode(v))
}

// unseal opens what seal kept.
func (b *Bot) unseal(ctx context.Context, d chat.Delivery, a about, v any) error {
	plain, err := b.Polls.Unseal(ctx, a.Poll, d.Key, a.Sealed)
	if err != nil {
		return err
	}
	defer clear(plain)
	return json.Unmarshal(plain, v)
}
