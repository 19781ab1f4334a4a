package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// How often a person is told what they did not ask for: somebody who fumbles needs an answer
// each time, another bot would be answered for ever.
const (
	mostHints   = 10
	hintsWithin = 10 * time.Minute
	idleHint    = time.Hour
	manyPeople  = 1000 // from here on those are forgotten who were quiet for long
)

// direct deals with a plain message in the direct chat: an answer to the member's ballot.
func (b *Bot) direct(ctx context.Context, m chat.Message) error {
	member := voting.Member(m.Sender)
	p, err := b.Polls.OpenFor(ctx, member)
	if err != nil {
		return err
	}
	if p == nil {
		return b.noBallot(ctx, m)
	}
	if m.Kind != chat.Text {
		return b.again(ctx, m, p, "ballot.not-text")
	}
	answer, clear := voting.ParseAnswer(m.Body, b.words.answers())
	if !clear {
		return b.unclear(ctx, m, p)
	}
	if !m.Encrypted {
		return b.hint(ctx, m, say{Key: "ballot.unencrypted"})
	}
	if !m.Trusted {
		return b.hint(ctx, m, say{Key: "ballot.untrusted"})
	}
	stays, err := b.isMember(ctx, p, m.Sender)
	if err != nil {
		return err
	}
	if !stays {
		return b.hint(ctx, m, say{Key: "ballot.left"})
	}
	late, err := b.cameLate(ctx, m, p)
	if err != nil {
		return err
	}
	if late {
		return b.again(ctx, m, p, "ballot.late")
	}
	err = b.cast(ctx, m, p, answer)
	if errors.Is(err, voting.ErrNotOpen) {
		return b.hint(ctx, m, say{Key: "ballot.closed"})
	}
	return err
}

// receipt is what a member is told about a vote. It is stored sealed until it is sent.
type receipt struct {
	Answer   int    `json:"answer"`
	Code     string `json:"code"`
	Replaced bool   `json:"replaced"`
}

// cast seals an answer and lays it into the ballot box. Vote, receipt, count and the order to
// take the answer back (see done) are stored together or not at all.
func (b *Bot) cast(ctx context.Context, m chat.Message, p *voting.Poll, answer int) error {
	member := voting.Member(m.Sender)
	envelope, err := b.Polls.Fold(ctx, p.ID, member, answer)
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
		sealed, err := b.seal(ctx, p.ID, key, receipt{Answer: r.Answer, Code: r.Code, Replaced: r.Replaced})
		if err != nil {
			return err
		}
		told := inDirect(p, member, key, kindReceipt)
		told.Payload, told.Secret = encode(about{Poll: p.ID, Sealed: sealed}), true
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
	d := inGroup(p, fmt.Sprintf("count/%d", n), kindCount)
	d.Payload, d.Edits = encode(about{Poll: p.ID, N: n}), key(p.ID, "count")
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

// unclear deals with what is no clear answer. Thanks after a vote need none.
func (b *Bot) unclear(ctx context.Context, m chat.Message, p *voting.Poll) error {
	voted, err := b.hasVoted(ctx, m, p)
	if err != nil {
		return err
	}
	if voted && b.words.is("ballot.words.thanks", m.Body) {
		return nil
	}
	return b.again(ctx, m, p, "ballot.unclear")
}

// again asks for the number once more, and says that an earlier vote stays.
func (b *Bot) again(ctx context.Context, m chat.Message, p *voting.Poll, key string) error {
	voted, err := b.hasVoted(ctx, m, p)
	if err != nil {
		return err
	}
	s := say{Key: key, Args: []any{"options", p.Answers}, Room: string(p.Place)}
	if voted {
		s.More = []say{{Key: "ballot.kept"}}
	}
	contact, err := b.helper(ctx, string(p.Place))
	if err != nil {
		return err
	}
	if contact != "" {
		s.More = append(s.More, say{Key: "contact.line", Args: []any{"contact", contact}})
	}
	return b.hint(ctx, m, s)
}

func (b *Bot) hasVoted(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	_, known, err := b.Line.Event(ctx, receiptKey(p.ID, voting.Member(m.Sender), 1))
	return known, err
}

// hint says why something does not count, as often as may be. Only the sentence is rationed.
func (b *Bot) hint(ctx context.Context, m chat.Message, s say) error {
	if !b.may("hint "+m.Sender, mostHints, hintsWithin) {
		return b.noted(ctx, m)
	}
	return b.reply(ctx, m, s)
}

// noBallot answers somebody who is on the roll of no open vote: if it looks like a vote as a
// hint, else now and then.
func (b *Bot) noBallot(ctx context.Context, m chat.Message) error {
	clear := b.isAnswer(m)
	if !clear && !b.may("idle "+m.Sender, 1, idleHint) {
		return nil
	}
	key, err := b.whyNoBallot(ctx, m.Sender)
	switch {
	case err != nil:
		return err
	case clear && key == "":
		return b.hint(ctx, m, say{Key: "ballot.none"})
	case clear:
		return b.hint(ctx, m, say{Key: key})
	case key == "ballot.not-on-roll":
		return b.reply(ctx, m, say{Key: key})
	}
	return b.reply(ctx, m, say{Key: "help.direct", Notice: true})
}

// whyNoBallot is what to say to a person whose vote is closed already, or who is now a member of
// a group that votes without them; empty if neither is so.
func (b *Bot) whyNoBallot(ctx context.Context, user string) (string, error) {
	live, err := b.Polls.Live(ctx)
	if err != nil {
		return "", err
	}
	for _, p := range live {
		if (p.State == voting.StateClosed || p.State == voting.StateCounted) && slices.Contains(p.Roll, voting.Member(user)) {
			return "ballot.closed", nil
		}
	}
	for _, p := range live {
		if p.State != voting.StateOpen {
			continue
		}
		if in, err := b.isMember(ctx, p, user); err != nil || in {
			return "ballot.not-on-roll", err
		}
	}
	return "", nil
}

// isMember asks the server whether somebody is in the group of a poll.
func (b *Bot) isMember(ctx context.Context, p *voting.Poll, user string) (bool, error) {
	members, err := b.Line.Members(ctx, string(p.Place))
	if err != nil {
		return false, fmt.Errorf("asking for the members of %s: %w", p.Place, err)
	}
	return slices.ContainsFunc(members, func(m chat.Member) bool { return m.ID == user }), nil
}

// stray answers what looks like a vote in a room that somebody else made for two: the bot asks
// only in the direct chats that it made itself.
func (b *Bot) stray(ctx context.Context, m chat.Message) error {
	if !b.isAnswer(m) {
		return nil
	}
	members, err := b.Line.Members(ctx, m.Room)
	if err != nil {
		return fmt.Errorf("asking for the members of %s: %w", m.Room, err)
	}
	if len(members) > 2 {
		return nil
	}
	p, err := b.Polls.OpenFor(ctx, voting.Member(m.Sender))
	if err != nil {
		return err
	}
	if p != nil {
		return b.hint(ctx, m, say{Key: "ballot.elsewhere"})
	}
	return b.hint(ctx, m, say{Key: "ballot.none"})
}

// may says whether something may be said again: at most most times within a time.
func (b *Bot) may(what string, most int, within time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.Now()
	if len(b.replies) > manyPeople {
		maps.DeleteFunc(b.replies, func(_ string, at []time.Time) bool { return len(at) == 0 || now.Sub(at[len(at)-1]) >= idleHint })
	}
	recent := slices.DeleteFunc(b.replies[what], func(at time.Time) bool { return now.Sub(at) >= within })
	if len(recent) >= most {
		b.replies[what] = recent
		return false
	}
	b.replies[what] = append(recent, now)
	return true
}
