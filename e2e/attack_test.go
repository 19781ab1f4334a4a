package e2e

import (
	"bytes"
	"flag"
	"path/filepath"
	"testing"
	"time"

	"maunium.net/go/mautrix/event"
	"maunium.net/go/mautrix/id"

	"stimmbote/e2e/attacker"
	"stimmbote/e2e/world"
)

// attacked is in how many polls the attacker tries to find out who voted how.
var attacked = flag.Int("attacked", 20, "in how many votes the attacker looks for answers")

// atOnce is how many of them are open at once.
const atOnce = 10

// TestAttacker holds votes with random answers, several at once, copies the bot's database while they
// are open, and lets the attacker look for the answers, in all that is left and whatever was copied.
// Of the votes of a build that leaks it has to find every answer: so we know that it can.
func TestAttacker(t *testing.T) {
	t.Parallel() // in a world of its own
	turn(t)
	ctx := limit(t, 8*time.Minute+time.Duration(*attacked)*20*time.Second)
	w, err := world.New(ctx, world.Options{
		Repo: repo(t), Say: func(s string) { t.Log(s) },
		Config: func(config map[string]any) {
			config["log"] = map[string]any{"level": "trace"}
			config["poll"] = map[string]any{"group": "ed25519"}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the bot's last words:\n%.3000s", w.Bot.Log(5))
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	say(ctx, t, w.People[world.Chair], world.Group, "!rights vote everybody")
	hear(ctx, t, w.People[world.Chair], world.Group, `(?i)everybody`)
	house := &burgled{w: w, dir: t.TempDir(), events: map[string]attacker.Event{}}
	var seen findings
	for len(seen.polls) < *attacked {
		last := house.visit(ctx, t, min(atOnce, *attacked-len(seen.polls)))
		seen.add(last)
		if len(seen.polls) == *attacked {
			house.opensNothing(ctx, t, last)
		}
		house.forget(t, last)
		t.Logf("%d of %d votes are held", len(seen.polls), *attacked)
	}
	seen.judge(t, "this build", false)

	leaky := filepath.Join(t.TempDir(), "stimmbote-leaky")
	if err := world.BuildBot(ctx, repo(t), leaky, func(s string) { t.Log(s) }, "leaktest"); err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"seal", "log"} {
		if err := w.Bot.Stop(); err != nil {
			t.Fatal(err)
		}
		w.Bot.Binary, w.Bot.Env = leaky, []string{"STIMMBOTE_LEAK=" + how}
		if err := w.Bot.Start(ctx); err != nil {
			t.Fatal(err)
		}
		var seen findings
		last := house.visit(ctx, t, leakyPolls)
		seen.add(last)
		house.forget(t, last)
		seen.judge(t, "the build that leaks by "+how, true)
	}
}

// leakyPolls are enough for that all answers of them are no chance.
const leakyPolls = 6

// spoils are what was got hold of about some polls, and the truth about them.
type spoils struct {
	polls    []attacker.Poll
	truth    [][]int
	evidence attacker.Evidence
	sealed   map[id.RoomID][]*event.EncryptedEventContent // the answers as they were sent
}

// findings are what the attacker makes of all spoils.
type findings struct {
	polls          []attacker.Poll
	truth          [][]int
	guesses        []attacker.Guess
	backups, lines int
}

func (f *findings) add(s *spoils) {
	f.guesses = attacker.Join(f.polls, f.guesses, s.polls, attacker.Guesses(s.polls, s.evidence))
	f.polls, f.truth = append(f.polls, s.polls...), append(f.truth, s.truth...)
	f.backups += len(s.evidence.Backups)
	f.lines += bytes.Count(s.evidence.Log, []byte("\n"))
}

// judge wants the attacker to have found everything, or no more than by chance.
func (f *findings) judge(t *testing.T, build string, leaks bool) {
	t.Helper()
	verdicts := attacker.Judge(f.polls, f.truth, f.guesses)
	best := verdicts[0]
	t.Logf("%s: %d votes, %d backups, %d lines of log, %d methods; the best are", build, len(f.polls), f.backups, f.lines, len(verdicts))
	for _, v := range verdicts[:3] {
		t.Logf("%d of %d answers by %s: p = %.2g", v.Hits, v.Ballots, v.Method, v.P)
	}
	if best.Leaks != leaks || leaks && best.Hits != best.Ballots {
		t.Errorf("%s: by %q the attacker found %d of %d answers, p = %.2g", build, best.Method, best.Hits, best.Ballots, best.P)
	}
}
