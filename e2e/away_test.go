package e2e

import (
	"flag"
	"regexp"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

// away is how long the homeserver is away in the middle of a vote.
var away = flag.Duration("away", 15*time.Second, "how long the homeserver is away in the middle of a vote")

// The homeserver goes away while the ballots are sent, and comes back: everybody gets one ballot, whoever answers one
// receipt, and the count is right. The bot says once that it waits.
func TestHomeserverAway(t *testing.T) {
	const ballot = `(?i)ballot: shall we wait\?`
	w, ctx := shared(t), limit(t, *away+4*time.Minute)
	chair := w.People[world.Chair]
	from := map[string]int{}
	for name, p := range w.People {
		from[name] = p.Inbox.Len()
	}
	say(ctx, t, chair, world.Group, "!vote Shall we wait?")
	hear(ctx, t, chair, world.Group, `(?i)draft`)
	say(ctx, t, chair, world.Group, "start")
	queued := regexp.MustCompile(`stimmbote_deliveries\{state="waiting"\} ([3-9]|\d\d)`)
	eventually(ctx, t, func() bool {
		_, numbers := fetch(ctx, t, w.Bot.OpsURL+"/metrics")
		return queued.MatchString(numbers)
	}, func() string { return "no ballots are to be sent" })
	w.Homeserver.Stop()
	early := 0
	for name, p := range w.People {
		early += count(p, from[name], world.Direct, ballot)
	}
	select {
	case <-time.After(*away):
	case <-ctx.Done():
		t.Fatal(ctx.Err())
	}
	if !w.Bot.Alive() {
		t.Fatal("the bot has ended")
	}
	if err := w.Homeserver.Start(ctx); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	for _, p := range w.People {
		if _, err := p.Inbox.Wait(ctx, world.Direct, matches(ballot), 3*time.Minute); err != nil {
			all := p.Inbox.All()
			t.Fatalf("%s gets no ballot: %v; the last messages: %+v", p.Name, err, all[max(0, len(all)-4):])
		}
	}
	hear(ctx, t, chair, world.Group, `(?i)voting is open`)
	t.Logf("away for %s, when %d of %d had a ballot; %.1f s later everybody has one", *away, early, len(w.People), time.Since(back).Seconds())
	for _, name := range world.Everybody() {
		vote(ctx, t, w.People[name], "1", "yes")
	}
	say(ctx, t, chair, world.Group, "!close") // it would close by itself, a little later
	hear(ctx, t, chair, world.Group, `(?i)^result: adopted[\s\S]*yes: 6\b`)
	for name, p := range w.People {
		if n := count(p, from[name], world.Direct, ballot); n != 1 {
			t.Errorf("%s got %d ballots", name, n)
		}
		if n := count(p, from[name], world.Direct, `(?i)understood`); n > 1 {
			t.Errorf("%s got %d receipts", name, n)
		}
	}
}

// TestEndWhileAway: a vote ends while the bot is down. What was answered in time counts, although the bot reads it later.
func TestEndWhileAway(t *testing.T) {
	w, ctx := shared(t), limit(t, 5*time.Minute)
	chair := w.People[world.Chair]
	say(ctx, t, chair, world.Group, "!vote Does it count? --for 30s")
	hear(ctx, t, chair, world.Group, `(?i)draft[\s\S]*does it count`)
	say(ctx, t, chair, world.Group, "start")
	hear(ctx, t, chair, world.Group, `(?i)voting is open`)
	ends := time.Now().Add(30 * time.Second)
	for _, p := range w.People {
		hear(ctx, t, p, world.Direct, `(?i)ballot: does it count`)
	}
	if err := w.Bot.Stop(); err != nil {
		t.Fatal(err)
	}
	for _, p := range w.People {
		say(ctx, t, p, world.Direct, "1")
	}
	if !time.Now().Before(ends) {
		t.Fatal("this machine is too slow to answer within half a minute")
	}
	time.Sleep(time.Until(ends) + time.Second)
	if err := w.Bot.Start(ctx); err != nil {
		t.Fatal(err)
	}
	hear(ctx, t, chair, world.Group, `(?i)^result: adopted[\s\S]*yes: 6\b`)
}
