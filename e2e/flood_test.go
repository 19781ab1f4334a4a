package e2e

import (
	"flag"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"stimmbote/e2e/world"
)

// flood is how many commands one person sends at once.
var flood = flag.Int("flood", 100, "how many commands one person sends as fast as the homeserver takes them")

// Somebody sends commands without end, and one of a megabyte: they are answered some times and then no more, and the
// others are served meanwhile.
func TestCommandsWithoutEnd(t *testing.T) {
	w, ctx := shared(t), limit(t, 4*time.Minute+time.Duration(*flood)*200*time.Millisecond)
	defer func() { // for a minute the bot does not listen to eva any more
		if !t.Failed() {
			common.leave(t)
		}
	}()
	eva, anna := w.People["eva"], w.People["anna"]
	from := eva.Inbox.Len()
	flooded, ctx := errgroup.WithContext(ctx)
	flooded.Go(func() error {
		for range *flood {
			if _, err := eva.Say(ctx, world.Group, "!help"); err != nil {
				return err
			}
		}
		return nil
	})
	say(ctx, t, anna, world.Group, "!ping")
	asked := time.Now()
	hear(ctx, t, anna, world.Group, `(?i)^the bot works`)
	t.Logf("anna is answered after %.1f s", time.Since(asked).Seconds())
	if err := flooded.Wait(); err != nil {
		t.Fatal(err)
	}
	ctx = limit(t, 2*time.Minute)
	// The homeserver takes no event of a megabyte; this is as large as one may be.
	say(ctx, t, anna, world.Group, "!ping "+strings.Repeat("x", 40_000))
	hear(ctx, t, anna, world.Group, `.`)
	say(ctx, t, anna, world.Group, "!ping")
	hear(ctx, t, anna, world.Group, `(?i)^the bot works`)
	n := count(eva, from, world.Group, `!call`)
	t.Logf("%d commands, %d answers", *flood, n)
	if n == 0 || n > *flood/2 {
		t.Errorf("%d commands were answered %d times", *flood, n)
	}
}
