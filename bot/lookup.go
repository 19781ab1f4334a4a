package bot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

const (
	// mostEarlier is how many earlier votes are listed.
	mostEarlier = 10
	// retireEvery is how often old votes are looked for.
	retireEvery = 24 * time.Hour
)

// check says whether a ballot with some check words or a code is in a box. Who asked is not noted.
func (b *Bot) check(ctx context.Context, m chat.Message, a arguments) error {
	switch {
	case !m.Direct:
		return refuse("refusal.check-in-group")
	case a.text == "":
		return refuse("refusal.no-code")
	}
	found, err := b.Polls.Check(ctx, a.text)
	if err != nil {
		return err
	}
	switch {
	case found.Several:
		return b.reply(ctx, m, say{Key: "check.several"})
	case found.Poll == nil:
		return b.reply(ctx, m, say{Key: "check.none"})
	}
	key := "check.found"
	if found.Poll.State == voting.StateOpen {
		key = "check.open"
	}
	return b.reply(ctx, m, say{Key: key, Args: []any{"question", found.Poll.Question}})
}

// votes lists the earlier votes of a group.
func (b *Bot) votes(ctx context.Context, m chat.Message, _ arguments) error {
	return b.reply(ctx, m, show{What: showVotes, Room: m.Room})
}

// showVotes lists the earlier votes of a group with their verdicts, newest first.
func (b *Bot) showVotes(ctx context.Context, t *page, room string) error {
	polls, err := b.Polls.Earlier(ctx, voting.Place(room), mostEarlier)
	if err != nil {
		return err
	}
	if len(polls) == 0 {
		t.add("votes.none")
		return nil
	}
	t.add("votes.title")
	for _, p := range polls {
		t.add("votes.poll", "number", p.Number, "question", title(p.Asked), "verdict", t.verdict(p), "day", b.dayIn(t, p.Opened))
	}
	t.add("votes.how", "number", polls[0].Number)
	return nil
}

// dayIn is the day of a moment.
func (b *Bot) dayIn(t *page, at time.Time) string {
	at = at.In(b.Now().Location())
	return t.texts.Text("time.day", "day", at.Day(), "month", int(at.Month()), "year", at.Year())
}

// verdict is what a vote came to, in a few words.
func (t *page) verdict(p *voting.Poll) string {
	if p.Result == nil || p.Result.Verdict == nil {
		return t.texts.Text("votes.void")
	}
	short := page{texts: t.texts}
	short.addVerdict(p.Asked, p.Result.Verdict)
	return strings.TrimPrefix(short.plain[0], t.texts.Text("poll.result.head"))
}

// result shows the result of an earlier vote again, the last one or the one with a number, with
// its file.
func (b *Bot) result(ctx context.Context, m chat.Message, a arguments) error {
	p, err := b.earlierOne(ctx, m.Room, a.text)
	if err != nil {
		return err
	}
	said := []chat.Delivery{b.to(m, "reply/"+m.ID, kindShow, show{What: showResult, Room: m.Room, Poll: p.ID})}
	if archived(p) {
		said = append(said, chat.Delivery{Key: "file/" + m.ID, Room: m.Room, Kind: kindFile, Payload: encode(about{Poll: p.ID})})
	}
	for i := range said {
		said[i].Thread = m.Thread
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, said...) })
}

// earlierOne is the vote of a room that has a number, or the last one, if it has a result.
func (b *Bot) earlierOne(ctx context.Context, room, number string) (*voting.Poll, error) {
	if number == "" {
		polls, err := b.Polls.Earlier(ctx, voting.Place(room), mostEarlier)
		if err != nil {
			return nil, err
		}
		for _, p := range polls {
			if p.Result != nil {
				return p, nil
			}
		}
		return nil, refuse("refusal.no-result")
	}
	n, err := strconv.Atoi(strings.TrimLeft(number, "#№ "))
	if err != nil {
		return nil, refuse("refusal.no-result")
	}
	p, err := b.Polls.Numbered(ctx, voting.Place(room), n)
	switch {
	case errors.Is(err, voting.ErrUnknown):
		return nil, refuse("refusal.no-result")
	case err != nil:
		return nil, err
	case p.Result == nil:
		return nil, refuse("refusal.no-result")
	}
	return p, nil
}

// runOff shows the draft of the run-off that the last vote calls for.
func (b *Bot) runOff(ctx context.Context, m chat.Message, a arguments) error {
	if err := b.unforged(ctx, m); err != nil {
		return err
	}
	p, err := b.earlierOne(ctx, m.Room, a.text)
	if err != nil {
		return err
	}
	v := p.Result.Verdict
	if v == nil || v.Outcome != voting.RunOff {
		return refuse("refusal.no-run-off")
	}
	t, err := b.texts(ctx, m.Room)
	if err != nil {
		return err
	}
	q, r := v.Next(p.Asked)
	if q.Kind == voting.KindSingly && q.Answers == nil {
		q.Answers = []string{t.Text("poll.answer.yes"), t.Text("poll.answer.no"), t.Text("poll.answer.abstain")}
	}
	again := voting.Draft{Asked: q, Rule: r, Terms: p.Terms}
	again.Terms.Until, again.Terms.Picked, again.Terms.InCall = time.Time{}, false, false
	if again.Roll, err = b.roll(ctx, m.Room); err != nil {
		return err
	}
	elects, err := b.elects(ctx, p.ID)
	if err != nil {
		return err
	}
	return b.offer(ctx, m, again, elects)
}

// retire deletes now and then what is left of votes that ended long ago.
func (b *Bot) retire(ctx context.Context, next *time.Time) error {
	if !b.every(settingRetire, retireEvery, next) {
		return nil
	}
	if err := errors.Join(b.Polls.Retire(ctx, b.Now()), b.pruneOver(ctx)); err != nil {
		return fmt.Errorf("deleting old votes: %w", err)
	}
	return nil
}

const settingRetire = "retire"

// every says whether something that is done now and then is due: at once, and then not again for a
// while.
func (b *Bot) every(what string, pause time.Duration, next *time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.Now()
	if at, waits := b.paced[what]; waits && at.After(now) {
		*next = earlier(*next, at)
		return false
	}
	b.paced[what] = now.Add(pause)
	return true
}
