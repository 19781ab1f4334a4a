package bot

import (
	"context"
	"errors"
	"fmt"
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
	s := say{
		Key: "refusal.too-few", Count: &cast, Args: []any{"least", p.Least},
		More: []say{{Key: ask}},
	}
	several, err := b.several(ctx, p)
	if err != nil {
		return err
	}
	if several {
		s = say{Key: "poll.about", Args: []any{"question", title(p.Asked)}, More: []say{s}}
	}
	d := inGroup(p, "", kindSay)
	d.Key, d.Payload = fewKey(p.ID, n+1), encode(s)
	return b.Line.Queue(ctx, d)
}

// onFew deals with an answer to that question, and says whether a message was one. What others
// say than those who may close the vote is none.
func (b *Bot) onFew(ctx context.Context, m chat.Message) (bool, error) {
	word := b.words.which(m, "poll.words.extend", "poll.words.open", "poll.words.end")
	by := ""
	if first, rest := firstWord(m.Body); word == "" && m.Kind == chat.Text && b.words.is("poll.words.extend", first) {
		word, by = "poll.words.extend", rest
	}
	meant, err := b.fewMeant(ctx, m, word)
	if err != nil || len(meant) == 0 {
		return false, err
	}
	if len(meant) > 1 {
		return true, refuse("refusal.which-few")
	}
	p := meant[0]
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
		return true, b.voidFor(ctx, m, p, openly(p))
	}
	return true, b.end(ctx, m, p)
}

// fewMeant are the open votes whose question a word of somebody who leads them can be the answer to: the one that it
// replies to, else all those whose question waits for the next message.
func (b *Bot) fewMeant(ctx context.Context, m chat.Message, word string) ([]*voting.Poll, error) {
	all, err := b.Polls.InPlace(ctx, voting.Place(m.Room))
	if err != nil {
		return nil, fmt.Errorf("looking for the polls of %s: %w", m.Room, err)
	}
	var meant []*voting.Poll
	for _, p := range all {
		if p.State != voting.StateOpen {
			continue
		}
		answers, err := b.answersFew(ctx, m, p, word)
		if err != nil {
			return nil, err
		}
		if !answers {
			continue
		}
		leads, err := b.leads(ctx, m, p)
		if err != nil {
			return nil, err
		}
		if leads {
			meant = append(meant, p)
		}
	}
	return meant, nil
}

// answersFew says whether a word can be the answer to the question of a vote, if that waits for one: a reply to what was
// said about another vote cannot.
func (b *Bot) answersFew(ctx context.Context, m chat.Message, p *voting.Poll, word string) (bool, error) {
	n, waits, err := b.few(ctx, p.ID)
	if err != nil || !waits {
		return false, err
	}
	if word != "" && m.ReplyTo != "" {
		asked, _, err := b.Line.Event(ctx, fewKey(p.ID, n))
		if err != nil || asked == m.ReplyTo {
			return err == nil, err
		}
		group, _, err := b.Store.GroupOf(ctx, m.ReplyTo)
		if err != nil || group != "" && group != string(p.ID) {
			return false, err
		}
	}
	return b.answers(ctx, m, string(p.ID), fewKey(p.ID, n), word)
}

// openly is the question of a vote anew, as an open one: whatever only a secret vote can have is left out.
func openly(p *voting.Poll) voting.Draft {
	w := wishOf(p)
	w.unsecret()
	again := draftOf(p, p.Roll)
	again.Terms = w.terms
	again.Terms.Level, again.Terms.Until, again.Terms.Tellers = voting.Open, time.Time{}, ""
	again.Terms.OnlySealed, again.Terms.HideVoters, again.Terms.Booth = false, false, ""
	return again
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
