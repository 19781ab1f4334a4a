package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"stimmbote/e2e/world"
)

// ordinary is how many members an ordinary group has.
const ordinary = 14

// limitedVote holds a vote of an ordinary group on a Synapse that has the limits it comes with, where all have met the
// bot before, and nobody asked anything of it for a minute.
func limitedVote(ctx context.Context, w *world.World) error {
	people := slices.Collect(maps.Values(w.People))
	say(fmt.Sprintf("%d more people come into the group", ordinary-len(people)))
	newcomers, err := w.Newcomers(ctx, ordinary-len(people))
	if err != nil {
		return err
	}
	people = append(people, newcomers...)
	chair := w.People[world.Chair]
	if _, err := chair.Say(ctx, world.Group, "!probe"); err != nil { // opens the direct chats
		return err
	}
	if _, err := all(people, func(p *world.Person) (world.Message, error) { return waits(ctx, p, world.Direct, asked.String()) }); err != nil {
		return err
	}
	if _, err := chair.Say(ctx, world.Group, "!probe --end"); err != nil {
		return err
	}
	if _, err := waits(ctx, chair, world.Group, `(?i)the probe is over`); err != nil {
		return err
	}
	say("waiting for a minute")
	talk := time.NewTimer(time.Minute)
	select {
	case <-talk.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	c, err := hold(ctx, w, people, "Shall we, within limits?", time.Minute)
	if err != nil {
		return err
	}
	row(fmt.Sprintf("%d members on Synapse's own limits: the last ballot", ordinary), seconds(c.ballots), "40 s")
	row("… answering within a minute: the last receipt", seconds(c.receipts[ordinary-1]), "90 s")
	row("… from !close to the result", seconds(c.result), "300 s")
	return nil
}

// largeVote holds a vote of a large group in which everybody answers at once.
func largeVote(ctx context.Context, w *world.World, people []*world.Person, group string) error {
	say("a vote in which all answer at once")
	c, err := hold(ctx, w, people, "Shall we all at once?", 0)
	if err != nil {
		return err
	}
	used, err := world.Numbers(ctx, w.Bot.OpsURL)
	if err != nil {
		return err
	}
	way, err := passed(ctx, w.People[world.Chair], w.People["anna"], "A message to everybody")
	if err != nil {
		return err
	}
	n := len(people)
	row(fmt.Sprintf("%d members, %s: all ballots delivered", n, group), seconds(c.ballots), "120 s for 500")
	row("… all answer at once: the last receipt", seconds(c.receipts[n-1]), "60 s for 500")
	row("… meanwhile on the processors: the bot, the homeserver, everybody's clients", c.answers.String(), "–")
	row("… from !close to the result, of which from the closed hash", seconds(c.result)+", "+seconds(c.counted), "1 s for 500")
	row("… the way: a message to the group, until one of them has read it", seconds(way), "–")
	row("… by the bot itself: memory", fmt.Sprintf("%.0f MB", used[memory]/mega), "120 MB for 500")
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
