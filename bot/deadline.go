package bot

import (
	"context"
	"errors"
	"strconv"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

const (
	// grace is how long a vote stays open after everybody has voted, or after it was said that it
	// closes early.
	grace = 60 * time.Second
	// warnPart is which part of its time a vote has left when the silent are reminded, and
	// leastWarn and mostWarn the least and the most of that.
	warnPart  = 6
	leastWarn = time.Minute
	mostWarn  = 24 * time.Hour
)

// settingEarly is that somebody wants a vote to be closed before its time.
const settingEarly = "early"

// settingStays is that a vote was extended when everybody had voted: it stays open until its end.
const settingStays = "stays"

// settingMended is when ballots were last found damaged: once those are cast anew, it is said anew that the vote closes.
const settingMended = "mended"

// closeWhenDue closes a vote when its time is over or everybody has voted, or when it was said
// that it closes early; and before that it warns the silent.
func (b *Bot) closeWhenDue(ctx context.Context, p *voting.Poll, next *time.Time) error {
	cast, entitled, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return err
	}
	if _, waits, err := b.few(ctx, p.ID); err != nil || waits && cast < p.Least {
		return errors.Join(err, b.giveUp(ctx, p))
	}
	if !p.Ends.IsZero() {
		if !p.Ends.After(b.Now()) {
			return b.shutRead(ctx, p, p.Ends, next)
		}
		*next = earlier(*next, p.Ends)
		if err := b.warnInTime(ctx, p, next); err != nil {
			return err
		}
	}
	early, err := b.Store.Setting(ctx, string(p.ID), settingEarly)
	if err != nil {
		return err
	}
	stays, err := b.Store.Setting(ctx, string(p.ID), settingStays)
	if err != nil {
		return err
	}
	mended, err := b.Store.Setting(ctx, string(p.ID), settingMended)
	if err != nil {
		return err
	}
	said := inGroup(p, "last"+mended, kindLast)
	switch {
	case early != "":
		said.Key = early
	case cast < entitled, stays != "":
		return nil
	}
	event, known, err := b.Line.Event(ctx, said.Key)
	if err != nil {
		return err
	}
	if !known {
		return b.Line.Queue(ctx, said)
	}
	if event == "" {
		return nil // it waits; if it cannot be said at all, !close remains
	}
	return b.afterGrace(ctx, p, said.Key, next)
}

// shutRead closes a vote that ended at a moment, once what was written until then is read: the bot or the homeserver may
// have been away.
func (b *Bot) shutRead(ctx context.Context, p *voting.Poll, ended time.Time, next *time.Time) error {
	if b.mayHaveMissed(p, ended) {
		*next = earlier(*next, b.Now().Add(time.Second))
		return nil
	}
	return b.shut(ctx, p, nothing)
}

// mayHaveMissed says whether somebody may have answered until a moment who was not heard yet; the homeserver is asked.
// Where it is silent that is waited for without end: nothing could be said there either. Where it speaks, and what it said
// takes so long, it is not for ever.
func (b *Bot) mayHaveMissed(p *voting.Poll, until time.Time) bool {
	if b.Line.CaughtUp(until) {
		return false
	}
	unread := key(p.ID, "unread/"+strconv.FormatInt(until.Unix(), 36))
	if b.Now().Sub(b.Line.Stats().LastSync) >= time.Minute {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.deadlines, unread)
		return true
	}
	return b.since(unread) < lastAnswers
}

// lastAnswers is how long a vote stays open behind its end for what is being read: less than after which tellers' machines
// would take the close for a late one.
const lastAnswers = 8 * time.Minute

func nothing(context.Context) error { return nil }

// afterGrace closes a vote after the time that was said in the group. The time runs from when the
// group could read it; after a restart it begins anew, so that nobody has less.
func (b *Bot) afterGrace(ctx context.Context, p *voting.Poll, said string, next *time.Time) error {
	b.mu.Lock()
	deadline, running := b.deadlines[said]
	if !running {
		deadline = b.Now().Add(grace)
		b.deadlines[said] = deadline
	}
	b.mu.Unlock()
	if deadline.After(b.Now()) {
		*next = earlier(*next, deadline)
		return nil
	}
	return b.shutRead(ctx, p, deadline, next)
}

// giveUp ends a vote with too few ballots for which nobody decided anything in a week.
func (b *Bot) giveUp(ctx context.Context, p *voting.Poll) error {
	if b.Now().Before(p.Opened.Add(voting.MaxOpen + 24*time.Hour)) {
		return nil
	}
	return b.abandon(ctx, p, "ballot.ended")
}

// warnInTime reminds the silent once, when little of a vote's time is left.
func (b *Bot) warnInTime(ctx context.Context, p *voting.Poll, next *time.Time) error {
	left := min(max(p.Ends.Sub(p.Opened)/warnPart, leastWarn), mostWarn)
	if p.Ends.Sub(p.Opened) < 2*leastWarn {
		return nil
	}
	at := p.Ends.Add(-left)
	if at.After(b.Now()) {
		*next = earlier(*next, at)
		return nil
	}
	return b.queueOnce(ctx, key(p.ID, "remind/"+strconv.FormatInt(p.Ends.Unix(), 36)), func() ([]chat.Delivery, error) { return b.reminders(ctx, p, "remind/") })
}

// reminders are what each member is told who has not voted, at most once in a vote before its deadline and once when
// somebody closes it early: what is which of these.
func (b *Bot) reminders(ctx context.Context, p *voting.Poll, what string) ([]chat.Delivery, error) {
	var all []chat.Delivery
	for _, m := range p.Roll {
		voted, err := b.voted(ctx, p, m)
		if err != nil {
			return nil, err
		}
		if !voted {
			all = append(all, inDirect(p, m, key(p.ID, what+string(m)), kindRemind))
		}
	}
	return all, nil
}

// composeRemind says how long somebody who has not voted still can.
func (b *Bot) composeRemind(ctx context.Context, t *page, d chat.Delivery, p *voting.Poll) (chat.Content, error) {
	voted, err := b.voted(ctx, p, voting.Member(d.Person))
	if err != nil {
		return chat.Content{}, err
	}
	if voted || p.State != voting.StateOpen {
		return chat.Content{}, chat.ErrObsolete
	}
	left := p.Ends.Sub(b.Now())
	early, err := b.Store.Setting(ctx, string(p.ID), settingEarly)
	if err != nil {
		return chat.Content{}, err
	}
	if early != "" {
		left = min(left, grace)
	}
	t.add("ballot.remind", "question", title(p.Asked), "time", lasts(t.texts, max(left, 0)))
	if p.Terms.OnlySealed {
		t.add("ballot.remind.link")
		return t.content(false), nil
	}
	t.addChoose(p.Asked)
	c, err := b.called(ctx, d.Person, p)
	if err != nil {
		return chat.Content{}, err
	}
	t.addFront(c)
	return t.content(false), nil
}

// closeSoon says that a vote closes early, how many have not voted, and warns them.
func (b *Bot) closeSoon(ctx context.Context, m chat.Message, p *voting.Poll) error {
	said := inGroup(p, "early/"+m.ID, kindLast)
	said.Thread = m.Thread
	warned, err := b.reminders(ctx, p, "remind/early/")
	if err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.PutSetting(ctx, string(p.ID), settingEarly, said.Key); err != nil {
			return err
		}
		return b.done(ctx, m, append([]chat.Delivery{said}, warned...)...)
	})
}

// composeLast says that a vote closes soon, if it is still open.
func (b *Bot) composeLast(ctx context.Context, t *page, d chat.Delivery, p *voting.Poll) (chat.Content, error) {
	if p.State != voting.StateOpen {
		return chat.Content{}, chat.ErrObsolete
	}
	cast, entitled, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return chat.Content{}, err
	}
	if err := b.addAbout(ctx, t, p); err != nil {
		return chat.Content{}, err
	}
	seconds := int(grace / time.Second)
	switch missing := entitled - cast; {
	case missing > 0:
		t.addCount("poll.early", missing, "seconds", seconds)
	case p.Terms.NoRevote:
		t.addCount("poll.last-final", cast, "seconds", seconds)
	default:
		t.addCount("poll.last", cast, "seconds", seconds)
	}
	return t.content(true), nil
}
