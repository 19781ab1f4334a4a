package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"stimmbote/e2e/world"
)

// patientFor is how long anything in a vote may take.
const patientFor = 10 * time.Minute

// course is how long the parts of a vote took.
type course struct {
	ballots  time.Duration   // from "start" until the last had a ballot
	receipts []time.Duration // from each answer until its receipt was read, sorted
	result   time.Duration   // from "!close" until the result was read
	answers  shares          // of the processors, while the answers came
	counted  time.Duration   // from the closed hash until the result
}

// hold holds a vote in which everybody answers once within the given time, at once if there is none.
func hold(ctx context.Context, w *world.World, people []*world.Person, question string, over time.Duration) (c course, err error) {
	chair := w.People[world.Chair]
	for _, p := range people {
		p.Inbox.Skip()
	}
	if _, err := chair.Say(ctx, world.Group, "!vote "+question); err != nil {
		return c, err
	}
	if _, err := waits(ctx, chair, world.Group, `(?i)draft`); err != nil {
		return c, err
	}
	began := time.Now()
	if _, err := chair.Say(ctx, world.Group, "start"); err != nil {
		return c, err
	}
	last, err := all(people, func(p *world.Person) (time.Time, error) {
		m, err := waits(ctx, p, world.Direct, `(?i)`+regexp.QuoteMeta(question)+`[\s\S]*1 = yes`)
		return m.At, err
	})
	if err != nil {
		return c, err
	}
	c.ballots = slices.MaxFunc(last, time.Time.Compare).Sub(began)
	before, err := shared(ctx, w)
	if err != nil {
		return c, err
	}
	c.receipts, err = all(people, func(p *world.Person) (time.Duration, error) {
		thinking := time.NewTimer(time.Duration(rand.Int64N(int64(over) + 1)))
		select {
		case <-thinking.C:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
		return answered(ctx, p)
	})
	if err != nil {
		return c, err
	}
	after, err := shared(ctx, w)
	if err != nil {
		return c, err
	}
	c.answers = after.since(before)
	slices.Sort(c.receipts)
	began = time.Now()
	if _, err := chair.Say(ctx, world.Group, "!close"); err != nil {
		return c, err
	}
	closed, err := waits(ctx, chair, world.Group, `(?i)closed hash`)
	if err != nil {
		return c, err
	}
	result, err := waits(ctx, chair, world.Group, `(?i)^result`)
	c.result, c.counted = result.At.Sub(began), result.At.Sub(closed.At)
	return c, err
}

// answered is how long it takes from somebody's answer to the receipt.
func answered(ctx context.Context, p *world.Person) (time.Duration, error) {
	began := time.Now()
	if _, err := p.Say(ctx, world.Direct, fmt.Sprint(1+rand.IntN(3))); err != nil {
		return 0, err
	}
	receipt, err := waits(ctx, p, world.Direct, `(?i)understood`)
	return receipt.At.Sub(began), err
}

func waits(ctx context.Context, p *world.Person, chat world.Chat, pattern string) (world.Message, error) {
	re := regexp.MustCompile(pattern)
	m, err := p.Inbox.Wait(ctx, chat, func(m world.Message) bool { return re.MatchString(m.Body) }, patientFor)
	if err != nil {
		return m, fmt.Errorf("%s waits for %s: %w", p.Name, pattern, err)
	}
	return m, nil
}

// all does something for all people at once.
func all[T any](people []*world.Person, do func(p *world.Person) (T, error)) ([]T, error) {
	var group errgroup.Group
	results := make([]T, len(people))
	for i, p := range people {
		group.Go(func() (err error) {
			results[i], err = do(p)
			return err
		})
	}
	return results, group.Wait()
}

// receipts measures answers to a vote, one at a time, and beside them how long a message takes from
// one person to another without the bot.
func receipts(ctx context.Context, w *world.World) error {
	chair, anna := w.People[world.Chair], w.People["anna"]
	people := slices.Collect(maps.Values(w.People))
	c, err := hold(ctx, w, people, "Shall we warm up?", 0)
	if err != nil {
		return err
	}
	row("6 members: all ballots delivered, with the direct chats", fmt.Sprintf("%.1f s", c.ballots.Seconds()), "–")
	row("… all answer at once: the last receipt", fmt.Sprintf("%d ms", c.receipts[len(people)-1].Milliseconds()), "–")
	row("… from !close to the result, of which from the closed hash", fmt.Sprintf("%d ms, %d ms", c.result.Milliseconds(), c.counted.Milliseconds()), "–")
	fmt.Fprintln(os.Stderr, "… measuring receipts, one after the other")
	for _, text := range []string{"!vote Shall we measure?", "start"} {
		if _, err := chair.Say(ctx, world.Group, text); err != nil {
			return err
		}
		if _, err := waits(ctx, chair, world.Group, `(?i)shall we measure`); err != nil {
			return err
		}
	}
	if _, err := waits(ctx, anna, world.Direct, `(?i)shall we measure`); err != nil {
		return err
	}
	var took, way []time.Duration
	for n := range 40 {
		d, err := answered(ctx, anna)
		if err != nil {
			return err
		}
		took = append(took, d)
		if d, err = passed(ctx, chair, anna, fmt.Sprintf("message %d to everybody", n)); err != nil {
			return err
		}
		way = append(way, d)
	}
	slices.Sort(took)
	slices.Sort(way)
	row("from an answer to its receipt, median of 40", fmt.Sprintf("%d ms", took[20].Milliseconds()), "300 ms beside the way")
	row("… the way: a message from one person to another, median of 40", fmt.Sprintf("%d ms", way[20].Milliseconds()), "–")
	return nil
}

// passed is how long a message takes from one person to another.
func passed(ctx context.Context, from, to *world.Person, text string) (time.Duration, error) {
	began := time.Now()
	if _, err := from.Say(ctx, world.Group, text); err != nil {
		return 0, err
	}
	m, err := to.Inbox.Find(ctx, func(m world.Message) bool { return m.Body == text }, patientFor)
	return m.At.Sub(began), err
}
