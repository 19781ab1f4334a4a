package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"time"

	"stimmbote/e2e/world"
)

// foretold is how long the bot says that the rest takes.
var foretold = regexp.MustCompile(`(?i)about (\d+)(½?) more (second|minute)`)

// limited lets the bot open the direct chats of a group on a Synapse that has the limits it comes with, holds what was
// foretold meanwhile against what it took, and then a vote.
func limited(ctx context.Context, repo string) (err error) {
	w, err := world.New(ctx, world.Options{Repo: repo, Synapse: true, Limits: true, Say: say})
	if errors.Is(err, world.ErrNoSynapse) {
		say(err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	chair := w.People[world.Chair]
	waits := func(pattern string) (world.Message, error) {
		re := regexp.MustCompile(pattern)
		return chair.Inbox.Wait(ctx, world.Group, func(m world.Message) bool { return re.MatchString(m.Body) }, 5*time.Minute)
	}
	if _, err := waits(`(?i)write yes`); err != nil {
		return err
	}
	began := time.Now()
	if _, err := chair.Say(ctx, world.Group, "yes"); err != nil {
		return err
	}
	all, err := waits(`(?i)6 of 6 invitations are sent`)
	if err != nil {
		return err
	}
	row("6 invitations to direct chats on Synapse's own limits", fmt.Sprintf("%.0f s", all.At.Sub(began).Seconds()), "–")
	worst, times := 0.0, 0
	for _, m := range chair.Inbox.All() {
		found := foretold.FindStringSubmatch(m.Body)
		if found == nil {
			continue
		}
		n, err := strconv.Atoi(found[1])
		if err != nil {
			return err
		}
		said := time.Duration(n) * time.Second
		if found[3] == "minute" {
			said = time.Duration(n) * time.Minute
		}
		if found[2] != "" {
			said += time.Minute / 2
		}
		took := all.At.Sub(m.At)
		times, worst = times+1, max(worst, math.Abs(1-said.Seconds()/took.Seconds()))
		fmt.Fprintf(os.Stderr, "… after %.0f s it foretold %s; it were %.0f s\n", m.At.Sub(began).Seconds(), said, took.Seconds())
	}
	row(fmt.Sprintf("… foretold %d times meanwhile: the worst is off by", times), fmt.Sprintf("%.0f %%", 100*worst), "20 %")
	return limitedVote(ctx, w)
}
