package main

import (
	"context"
	"fmt"
	"time"

	"stimmbote/e2e/world"
)

// largeVote holds a vote of a large group in which everybody answers at once.
func largeVote(ctx context.Context, w *world.World, people []*world.Person) error {
	say("a vote in which all answer at once")
	c, err := hold(ctx, w, people, "Shall we all at once?")
	if err != nil {
		return err
	}
	used, err := numbers(ctx, w.Bot)
	if err != nil {
		return err
	}
	n := len(people)
	row(fmt.Sprintf("%d members: all ballots delivered", n), seconds(c.ballots), "120 s for 500")
	row("… all answer at once: the last receipt", seconds(c.receipts[n-1]), "60 s for 500")
	row("… from !close to the result, of which from the closed hash", seconds(c.result)+", "+seconds(c.counted), "1 s for 500")
	row("… by the bot itself: memory", fmt.Sprintf("%.0f MB", used[memory]/mega), "120 MB for 500")
	return nil
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
