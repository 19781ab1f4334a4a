package e2e

import (
	"context"
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

const (
	asksForAWord = `(?i)answer here with one word`
	thanks       = `(?i)you can be reached`
	everybody    = `(?i)20 of 20 reachable\s+everybody can be reached`
	probeCard    = `(?i)\d+ of 20 reachable`
)

// kills is how often the bot is killed.
var kills = flag.Int("kills", 6, "how often the bot is killed while it probes; twice as often while people vote")

// TestProbeUnderKills probes a group of twenty and kills the bot, as by kill -9, again and again:
// between the questions, between the answers. Everybody is asked once and thanked once, and in the
// end all are reachable.
func TestProbeUnderKills(t *testing.T) {
	t.Parallel() // in a world of its own
	crowds.Lock()
	t.Cleanup(crowds.Unlock) // once its world is over
	turn(t)
	ctx := limit(t, 5*time.Minute+time.Duration(*kills)*20*time.Second)
	w, people := crowd(ctx, t, 20)
	for killed, round := 0, 1; killed < *kills; round++ {
		n := probeUnderKills(ctx, t, w, people, *kills-killed)
		killed += n
		t.Logf("round %d: killed %d times, %d in all", round, n, killed)
	}
}

// crowd is a world of its own with n members.
func crowd(ctx context.Context, t *testing.T, n int) (*world.World, []*world.Person) {
	t.Helper()
	w, err := world.New(ctx, world.Options{
		Repo: repo(t), Say: func(s string) { t.Log(s) },
		Config: func(config map[string]any) { config["poll"] = map[string]any{"group": "ed25519"} },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the bot's last words:\n%s", w.Bot.Log(40))
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	var people []*world.Person
	for _, p := range w.People {
		people = append(people, p)
	}
	newcomers, err := w.Newcomers(ctx, n-len(people))
	if err != nil {
		t.Fatal(err)
	}
	return w, append(people, newcomers...)
}

// probeUnderKills holds one probe in which the bot is killed at most so many times, and returns
// how often it was.
func probeUnderKills(ctx context.Context, t *testing.T, w *world.World, people []*world.Person, most int) (killed int) {
	t.Helper()
	chair := w.People[world.Chair]
	from := make(map[*world.Person]int, len(people))
	for _, p := range people {
		p.Inbox.Skip()
		from[p] = p.Inbox.Len()
	}
	have := func(pattern string) (n int) {
		for _, p := range people {
			n += min(1, count(p, from[p], world.Direct, pattern))
		}
		return n
	}
	kill := func() {
		t.Helper()
		if killed == most {
			return
		}
		killed++
		if err := w.Bot.Kill(ctx); err != nil {
			t.Fatal(err)
		}
	}

	say(ctx, t, chair, world.Group, "!probe")
	for next := 0; ; {
		n := have(asksForAWord)
		if n == len(people) {
			break
		}
		if n >= next {
			kill()
			next = n + 1 + rand.IntN(5)
			continue
		}
		await(ctx, t, func() bool { return have(asksForAWord) > n })
	}
	for _, p := range people {
		say(ctx, t, p, world.Direct, "here")
		if rand.IntN(4) == 0 {
			kill()
		}
	}
	await(ctx, t, func() bool { return have(thanks) == len(people) })
	hear(ctx, t, chair, world.Group, everybody)
	say(ctx, t, chair, world.Group, "!ping")
	hear(ctx, t, chair, world.Group, `(?i)^the bot works`)

	for _, p := range people {
		for what, pattern := range map[string]string{"asked": asksForAWord, "thanked": thanks} {
			if n := count(p, from[p], world.Direct, pattern); n != 1 {
				t.Errorf("%s was %s %d times", p.Name, what, n)
			}
		}
	}
	if n := count(chair, from[chair], world.Group, probeCard); n != 2 {
		t.Errorf("the group was told %d times, want at the beginning and at the end", n)
	}
	if n := count(chair, from[chair], world.Group, everybody); n != 1 {
		t.Errorf("the group was told the end %d times", n)
	}
	return killed
}

// await waits until something is so.
func await(ctx context.Context, t *testing.T, so func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it does not come to an end: ", ctx.Err())
		}
	}
}
