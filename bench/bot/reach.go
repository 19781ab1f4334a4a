package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"stimmbote/e2e/world"
)

// asked is what `!probe` says in every direct chat.
var asked = regexp.MustCompile(`(?i)answer here with one word`)

// reachAll lets the bot open a direct chat with everybody in a large group, all of them strangers to it, and say one
// thing there, and returns them. What is measured ends when the last of them has read it. If bare, it is compared with
// the least that any program would ask of the homeserver.
func reachAll(ctx context.Context, w *world.World, members int, bare bool) ([]*world.Person, error) {
	var people []*world.Person
	for _, p := range w.People {
		people = append(people, p)
	}
	more := max(members-len(people), 0)
	fmt.Fprintf(os.Stderr, "… %d more people come into the group\n", more)
	newcomers, err := w.Newcomers(ctx, more)
	if err != nil {
		return nil, err
	}
	people = append(people, newcomers...)

	before, err := world.Numbers(ctx, w.Bot.OpsURL)
	if err != nil {
		return nil, err
	}
	say("the bot opens a direct chat with each of them")
	began := time.Now()
	if _, err := w.People[world.Chair].Say(ctx, world.Group, "!probe"); err != nil {
		return nil, err
	}
	all, waiting := errgroup.WithContext(ctx)
	for _, p := range people {
		all.Go(func() error {
			_, err := p.Inbox.Find(waiting, func(m world.Message) bool {
				return m.Chat == world.Direct && m.Bot && asked.MatchString(m.Body)
			}, 10*time.Minute)
			if err != nil {
				return fmt.Errorf("%s: %w", p.Name, err)
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		return nil, err
	}
	last := time.Since(began)
	after, err := world.Numbers(ctx, w.Bot.OpsURL)
	if err != nil {
		return nil, err
	}
	row(fmt.Sprintf("%d members: direct chats opened and one message read in each", len(people)), fmt.Sprintf("%.0f s", last.Seconds()), "60 s")
	if bare {
		say("somebody writes to each of them with bare requests")
		took, err := bareRooms(ctx, w.People[world.Chair], others(people, w.People[world.Chair]))
		if err != nil {
			return nil, err
		}
		row("… the same number of rooms by bare requests, unencrypted", fmt.Sprintf("%.0f s (%.2f of it)", took.Seconds(), took.Seconds()/last.Seconds()), "–")
	}
	row("… by the bot itself: processor", fmt.Sprintf("%.1f s", after["process_cpu_seconds_total"]-before["process_cpu_seconds_total"]), "–")
	row("… by the bot itself: memory", fmt.Sprintf("%.0f MB", after[memory]/mega), "–")
	return people, nil
}

// others are the people without one of them.
func others(people []*world.Person, one *world.Person) []*world.Person {
	return slices.DeleteFunc(slices.Clone(people), func(p *world.Person) bool { return p == one })
}
