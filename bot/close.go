package bot

import (
	"context"
	"errors"
	"strconv"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// close closes the open vote of the group: at once if everybody has voted or it was said before
// that it closes, else after a warning.
func (b *Bot) close(ctx context.Context, m chat.Message, a arguments) error {
	closed, err := b.closedWith(ctx, m.Room, a.text)
	if err != nil {
		return err
	}
	if closed != nil {
		return b.closeAgain(ctx, m, closed)
	}
	p, _, err := b.openOne(ctx, m.Room, a.text)
	if err != nil {
		return err
	}
	number := parley.Number("!close " + a.text)
	switch {
	case p == nil && (number > 0 || isLetter(a.text) || b.isRehearsal(a.text)):
		return refuse("refusal.no-vote-numbered") // no other one that waits is meant
	case p == nil:
		return b.notOpen(ctx, m)
	case number > 0 && p.Number != number, b.namesOther(a.text, p):
		return refuse("refusal.no-vote-numbered")
	}
	if err := b.mayClose(ctx, m, p); err != nil {
		return err
	}
	cast, entitled, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return err
	}
	if cast < entitled && p.Ends.After(b.Now()) {
		if err := b.machinesAgree(ctx, m, p); err != nil {
			return err
		}
	}
	early, err := b.Store.Setting(ctx, string(p.ID), settingEarly)
	if err != nil {
		return err
	}
	if early == "" && cast < entitled && cast >= p.Least {
		return b.closeSoon(ctx, m, p)
	}
	return b.shut(ctx, p, func(ctx context.Context) error { return b.Line.Mark(ctx, m.ID) })
}

// mayClose refuses who neither began a vote nor moderates its group.
func (b *Bot) mayClose(ctx context.Context, m chat.Message, p *voting.Poll) error {
	leads, err := b.leads(ctx, m, p)
	switch {
	case err != nil:
		return err
	case !leads:
		return refuse("refusal.not-yours")
	}
	return b.unforged(ctx, m)
}

// leads says whether somebody may end a vote: whoever began it, and who has the power to close.
// When the one has left and nobody has the other, everybody may: a vote must not stay open.
func (b *Bot) leads(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	if p.Asker == voting.Member(m.Sender) {
		return true, nil
	}
	power, err := b.powerOf(ctx, m.Room, entryNamed("close"))
	if err != nil {
		return false, err
	}
	has, err := b.hasPower(ctx, m, power)
	if err != nil || has {
		return has, err
	}
	stays, err := b.isMember(ctx, p, string(p.Asker))
	if err != nil || stays {
		return false, err
	}
	return b.mayEverybody(ctx, m.Room, power)
}

// shut closes an open poll and publishes its closed hash, or asks what to do if there are too
// few ballots. then is part of the same transaction.
func (b *Bot) shut(ctx context.Context, p *voting.Poll, then func(context.Context) error) error {
	damaged, err := b.damaged(ctx, p, then)
	if err != nil || damaged {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		closed, err := b.Polls.Close(ctx, p.ID, b.Now())
		if err != nil {
			return err
		}
		if err := errors.Join(b.tellUnconfirmed(ctx, p), b.noteOver(ctx, p)); err != nil {
			return err
		}
		if err := b.Line.Queue(ctx, later(closed, "closed", kindClosed)); err != nil {
			return err
		}
		return then(ctx)
	})
	if !errors.Is(err, voting.ErrTooFew) {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.askFew(ctx, p); err != nil {
			return err
		}
		if err := b.Store.PutSetting(ctx, string(p.ID), settingEarly, ""); err != nil {
			return err
		}
		return then(ctx)
	})
}

// fewKey is the key of the n-th question what to do with too few ballots, counted from 1.
func fewKey(id voting.ID, n int) string { return key(id, "few/"+strconv.Itoa(n)) }

// few returns the number of the last such question, 0 if none was asked, and whether it still
// waits for an answer.
func (b *Bot) few(ctx context.Context, id voting.ID) (n int, waits bool, err error) {
	for {
		_, known, err := b.Line.Event(ctx, fewKey(id, n+1))
		if err != nil {
			return 0, false, err
		}
		if !known {
			break
		}
		n++
	}
	if n == 0 {
		return 0, false, nil
	}
	_, extended, err := b.Line.Event(ctx, fewKey(id, n)+"/extended")
	return n, !extended, err
}

// askFew queues the question what to do with too few ballots.
func (b *Bot) askFew(ctx context.Context, p *voting.Poll) error {
	n, _, err := b.few(ctx, p.ID)
	if err != nil {
		return err
	}
	cast, _, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return err
	}
	ask := "poll.few.ask"
	if p.Terms.Tellers != "" {
		ask = "poll.few.ask-tellers"
	}
	d := inGroup(p, "", kindSay)
	d.Key = fewKey(p.ID, n+1)
	d.Payload = encode(say{
		Key: "refusal.too-few", Count: &cast, Args: []any{"least", p.Least},
		More: []say{{Key: ask}},
	})
	return b.Line.Queue(ctx, d)
}

// onFew deals with an answer to that question, and says whether a message was one. What others
// say than those who may close the vote is none.
func (b *Bot) onFew(ctx context.Context, m chat.Message) (bool, error) {
	p, err := b.find(ctx, m.Room, func(p *voting.Poll) bool { return p.State == voting.StateOpen })
	if err != nil || p == nil {
		return false, err
	}
	n, waits, err := b.few(ctx, p.ID)
	if err != nil || !waits {
		return false, err
	}
	word := b.words.which(m, "poll.words.extend", "poll.words.open", "poll.words.end")
	by := ""
	if first, rest := firstWord(m.Body); word == "" && m.Kind == chat.Text && b.words.is("poll.words.extend", first) {
		word, by = "poll.words.extend", rest
	}
	answers, err := b.answers(ctx, m, string(p.ID), fewKey(p.ID, n), word)
	if err != nil || !answers {
		return false, err
	}
	leads, err := b.leads(ctx, m, p)
	if err != nil || !leads {
		return false, err
	}
	if err := b.unforged(ctx, m); err != nil {
		return true, err
	}
	if word == "poll.words.extend" {
		return true, b.extend(ctx, m, p, by)
	}
	cast, _, err := b.Polls.Turnout(ctx, p.ID)
	switch {
	case err != nil:
		return true, err
	case cast >= p.Least:
		return true, refuse("refusal.enough")
	case word == "poll.words.open":
		again := draftOf(p, p.Roll)
		again.Terms.Level, again.Terms.Until = voting.Open, time.Time{}
		return true, b.voidFor(ctx, m, p, again)
	}
	return true, b.end(ctx, m, p)
}

// end stops an open vote without opening anything, at the wish of somebody who leads it.
func (b *Bot) end(ctx context.Context, m chat.Message, p *voting.Poll) error {
	err := b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.stop(ctx, p, "ballot.ended", b.Polls.Discard); err != nil {
			return err
		}
		return b.done(ctx, m, b.to(m, "reply/"+m.ID, kindSay, of(p, say{Key: "poll.few.ended"})))
	})
	if err != nil {
		return err
	}
	b.forget(p.ID)
	b.awake()
	return nil
}

// receipts are the events of the receipts that a member was sent.
func (b *Bot) receipts(ctx context.Context, id voting.ID, m voting.Member) ([]string, error) {
	var events []string
	for n := 1; ; n++ {
		event, known, err := b.Line.Event(ctx, receiptKey(id, m, n))
		if err != nil || !known {
			return events, err
		}
		if event != "" {
			events = append(events, event)
		}
	}
}
