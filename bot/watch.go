package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

const (
	// lastWait is how long after the count what is not said yet may keep the link between people
	// and ballots: a group that shut the bot out must not keep it for ever.
	lastWait = 24 * time.Hour
	// patience is how long a vote is kept that cannot be counted, for whoever looks into it.
	patience = 7 * 24 * time.Hour
	// look is how often Run looks for what is due when nothing wakes it.
	look = 30 * time.Second
	// soonLook is how long it may wait until it looks for what nobody waits for at once: an answer, or a letter to one of
	// hundreds, each of which it would look at everything for.
	soonLook = 200 * time.Millisecond
)

// Run does what is due: ballots once the opening is published, the close when everybody has
// voted, the count once the closed hash is published, the end once everything is said, the
// cards of the calls. It reads from the store what that is, so it also resumes after a restart.
func (b *Bot) Run(ctx context.Context) error {
	ctx = b.Log.WithContext(ctx)
	if err := errors.Join(b.recall(ctx), b.resume(ctx)); err != nil {
		b.Log.Err(err).Msg("Looking for what was going on")
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	defer b.working.Wait()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.wake:
		case <-b.wakeSoon:
			select {
			case <-ctx.Done():
				return nil
			case <-b.wake:
			case <-time.After(soonLook):
			}
		case <-timer.C:
		}
		next := b.Now().Add(look)
		err := b.guard(ctx, func() error { return b.step(ctx, &next) })
		if err != nil && ctx.Err() == nil {
			b.Log.Err(err).Msg("Doing what is due")
		}
		timer.Reset(max(0, min(look, next.Sub(b.Now()))))
	}
}

// Delivered is told of each delivery that was sent. It only wakes Run, which looks for itself.
func (b *Bot) Delivered(ctx context.Context, d chat.Delivery) error {
	if d.Person == "" && d.Redacts == "" {
		b.awake()
	} else {
		b.awakeSoon()
	}
	if d.Kind == kindOlder || d.Kind == kindCardOver {
		return b.Line.Forget(ctx, d.Group)
	}
	return nil
}

// step does what is due now and notes when to look again at the latest. What is slow goes on in
// goroutines of its own. Key files of polls that have ended are deleted each time, so that one
// that could not be is soon tried again.
func (b *Bot) step(ctx context.Context, next *time.Time) error {
	live, err := b.Polls.Live(ctx)
	if err != nil {
		return err
	}
	problems := []error{b.correctCards(ctx, next), b.meetings(ctx, next), b.probes(ctx, next), b.renew(ctx, next), b.retire(ctx, next), b.tellCalls(ctx, live)}
	for _, p := range live {
		if err := b.advance(ctx, p, next); err != nil {
			problems = append(problems, fmt.Errorf("poll %s: %w", p.ID, err))
		}
	}
	if err := b.Polls.Sweep(ctx); err != nil {
		problems = append(problems, fmt.Errorf("deleting the keys of polls that have ended: %w", err))
	}
	return errors.Join(problems...)
}

// advance does what is due about one poll.
func (b *Bot) advance(ctx context.Context, p *voting.Poll, next *time.Time) error {
	switch p.State {
	case voting.StateDraft:
		return b.tellQuiet(ctx, p, next)
	case voting.StateAsked, voting.StateSet:
		return b.gather(ctx, p, next)
	case voting.StateOpen:
		if err := errors.Join(b.handOut(ctx, p), b.missed(ctx, p), b.foretell(ctx, p, next), b.showCount(ctx, p, next)); err != nil {
			return err
		}
		return errors.Join(b.unconfirmed(ctx, p, next), b.closeWhenDue(ctx, p, next))
	case voting.StateClosed:
		return b.count(ctx, p, next)
	case voting.StateCounted:
		return b.finish(ctx, p, next)
	}
	return nil
}

// handOut gives each member their ballot, once the opening is in the group.
func (b *Bot) handOut(ctx context.Context, p *voting.Poll) error {
	opening, _, err := b.Line.Event(ctx, key(p.ID, "anchors"))
	if err != nil || opening == "" {
		return err
	}
	return b.queueOnce(ctx, key(p.ID, "ballots"), func() ([]chat.Delivery, error) {
		ballots := make([]chat.Delivery, 0, len(p.Roll))
		for _, m := range p.Roll {
			ballots = append(ballots, ballot(p, m))
		}
		return b.withNatives(p, ballots), nil
	})
}

// missed says in the group, once, how many members could not be given their ballot: whoever waits
// for everybody would wait for ever. It is known when all ballots are sent or given up.
func (b *Bot) missed(ctx context.Context, p *voting.Poll) error {
	if b.wasQueued(key(p.ID, "missed")) {
		return nil
	}
	pending, err := b.Line.Pending(ctx, string(p.ID))
	if err != nil || pending > 0 {
		return err
	}
	n := 0
	for _, m := range p.Roll {
		ballot, known, err := b.Line.Event(ctx, ballotKey(p.ID, m))
		if err != nil || !known {
			return err
		}
		if ballot == "" {
			n++
		}
	}
	return b.queueOnce(ctx, key(p.ID, "missed"), func() ([]chat.Delivery, error) {
		if n == 0 {
			return nil, nil
		}
		d := inGroup(p, "missed", kindSay)
		d.Payload = encode(of(p, say{Key: "poll.missed", Count: &n, Notice: true}))
		return []chat.Delivery{d, inDirect(p, p.Asker, key(p.ID, "missing/open"), kindMissing)}, nil
	})
}

// queueOnce queues deliveries, once in the life of this process: their keys see to it that they
// are sent once in all.
func (b *Bot) queueOnce(ctx context.Context, what string, deliveries func() ([]chat.Delivery, error)) error {
	if b.wasQueued(what) {
		return nil
	}
	all, err := deliveries()
	if err != nil {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error { return b.Line.Queue(ctx, all...) })
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.queued[what] = true
	b.mu.Unlock()
	return nil
}

func (b *Bot) wasQueued(what string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.queued[what]
}

// count opens the sum, once the closed hash is in the group.
func (b *Bot) count(ctx context.Context, p *voting.Poll, next *time.Time) error {
	closed, _, err := b.Line.Event(ctx, key(p.ID, "closed"))
	if err != nil || closed == "" {
		return err
	}
	if outcomes := key(p.ID, "outcomes"); !b.wasQueued(outcomes) {
		b.work(ctx, outcomes, next, func(ctx context.Context, failures int) error {
			err := b.queueOnce(ctx, outcomes, func() ([]chat.Delivery, error) { return b.outcomes(ctx, p) })
			if err != nil && ctx.Err() == nil {
				return b.cannotCount(ctx, p, failures, err)
			}
			return err
		})
		return nil
	}
	if p.Terms.Tellers != "" {
		complete, err := b.gatherShares(ctx, p, next)
		if err != nil || !complete {
			return err
		}
	}
	if p.Held() {
		return nil
	}
	if opens := p.OpensAt(); opens.After(b.Now()) {
		*next = earlier(*next, opens)
		return nil
	}
	b.work(ctx, key(p.ID, "count"), next, func(ctx context.Context, failures int) error {
		b.Checkpoint("close.after-hash")
		_, _, err := b.Polls.Tally(ctx, p.ID, b.Now())
		if err != nil && ctx.Err() == nil {
			return b.cannotCount(ctx, p, failures, err)
		}
		b.Checkpoint("close.after-count")
		return err
	})
	return nil
}

// finish publishes the result and, when everything is said or has waited for long, deletes what
// linked people to ballots.
func (b *Bot) finish(ctx context.Context, p *voting.Poll, next *time.Time) error {
	if published := key(p.ID, "published"); !b.wasQueued(published) {
		b.work(ctx, published, next, func(ctx context.Context, _ int) error {
			return b.queueOnce(ctx, published, func() ([]chat.Delivery, error) { return b.published(ctx, p) })
		})
		return nil
	}
	pending, err := b.Line.Pending(ctx, string(p.ID))
	if err != nil || pending > 0 && b.Now().Before(p.Result.At.Add(lastWait)) {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Line.Forget(ctx, string(p.ID)); err != nil {
			return err
		}
		if err := b.unset(ctx, p); err != nil {
			return err
		}
		if err := b.renewLater(ctx); err != nil {
			return err
		}
		return b.Polls.Forget(ctx, p.ID)
	})
	if err != nil {
		return err
	}
	b.Checkpoint("close.after-end")
	b.forget(p.ID)
	return nil
}

// forget drops what this process knows of a poll.
func (b *Bot) forget(id voting.ID) {
	b.sheets.Delete(id)
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.deadlines, func(said string, _ time.Time) bool { return strings.HasPrefix(said, key(id, "")) })
	maps.DeleteFunc(b.queued, func(what string, _ bool) bool { return strings.HasPrefix(what, key(id, "")) })
	delete(b.answered, id)
	delete(b.meant, id)
	delete(b.lacking, id)
	delete(b.paced, key(id, "eta"))
	delete(b.jobs, key(id, "count"))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
