package e2e

import (
	"context"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

// The bot is killed, as by kill -9, before a ballot is durable, after it and
// before the receipt, and between closed hash and result: nothing acknowledged
// is lost, each receipt comes once, and the closed hash stays what it was.
func TestKilledOnTheWay(t *testing.T) {
	w, ctx := shared(t), limit(t, 4*time.Minute)
	chair := w.People[world.Chair]
	crash := crashBinary(ctx, t)
	begin(ctx, t, w, "Shall we survive this?")
	from := map[string]int{}
	for name, p := range w.People {
		from[name] = p.Inbox.Len()
	}
	vote(ctx, t, w.People["clara"], "1", "yes")
	dies(ctx, t, w, crash, "cast.before-durable", func() { say(ctx, t, w.People["anna"], world.Direct, "1") })
	hear(ctx, t, w.People["anna"], world.Direct, `(?i)understood: yes`)
	dies(ctx, t, w, crash, "cast.after-durable", func() { say(ctx, t, w.People["bernd"], world.Direct, "2") })
	hear(ctx, t, w.People["bernd"], world.Direct, `(?i)understood: no`)
	vote(ctx, t, w.People["deniz"], "1", "yes")
	vote(ctx, t, w.People["eva"], "3", "abstain")
	vote(ctx, t, chair, "2", "no")
	dies(ctx, t, w, crash, "close.after-hash", func() { say(ctx, t, chair, world.Group, "!close") })
	hear(ctx, t, chair, world.Group, `(?i)^result: adopted[\s\S]*yes: 3\b[\s\S]*no: 2\b[\s\S]*abstain: 1\b`)
	hear(ctx, t, chair, world.Group, `\.bel`)
	for name, p := range w.People {
		hear(ctx, t, p, world.Direct, `(?i)counted`)
		for what, pattern := range map[string]string{"receipt": `(?i)understood`, "outcome": `(?i)counted`} {
			if n := count(p, from[name], world.Direct, pattern); n != 1 {
				t.Errorf("%s got %d times the %s, want once", name, n, what)
			}
		}
	}
	closedOnce(t, w, chair, from[world.Chair])
}

// dies has the bot run in the build that kills itself at the given point, does
// what brings it there, and starts the usual one again.
func dies(ctx context.Context, t *testing.T, w *world.World, crash, point string, do func()) {
	t.Helper()
	if err := w.Bot.Stop(); err != nil {
		t.Fatal(err)
	}
	usual := w.Bot.Binary
	w.Bot.Binary, w.Bot.Env = crash, []string{"STIMMBOTE_CRASH=" + point}
	defer func() { w.Bot.Binary, w.Bot.Env = usual, nil }()
	if err := w.Bot.Start(ctx); err != nil {
		t.Fatal(err)
	}
	do()
	killed(ctx, t, w, point)
	w.Bot.Binary, w.Bot.Env = usual, nil
	if err := w.Bot.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// killed waits until the bot has killed itself at the given point.
func killed(ctx context.Context, t *testing.T, w *world.World, point string) {
	t.Helper()
	state, err := w.Bot.Ended(ctx, 30*time.Second)
	if err != nil {
		t.Fatalf("at %s: %v", point, err)
	}
	if status, ok := state.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("at %s it ended otherwise: %s\n%s", point, state, w.Bot.Log(20))
	}
}

// closedOnce wants each announcement once, and one closed hash everywhere.
func closedOnce(t *testing.T, w *world.World, chair *world.Person, from int) {
	t.Helper()
	for what, pattern := range map[string]string{"closed hash": `(?i)closed hash`, "result": `(?i)^result:`, "archive": `^\S+\.bel$`} {
		if n := count(chair, from, world.Group, pattern); n != 1 {
			t.Errorf("the group got %d times the %s, want once", n, what)
		}
	}
	hashes := regexp.MustCompile(`(?i)closed hash:\s*([0-9a-f]{64})`)
	var said string
	for _, m := range chair.Inbox.All()[from:] {
		if found := hashes.FindStringSubmatch(m.Body); found != nil {
			said = found[1]
		}
	}
	out, err := w.Bot.Command("verify", chair.Inbox.File()).CombinedOutput()
	if err != nil || said == "" || !strings.Contains(string(out), said) {
		t.Errorf("the group saw the closed hash %q, verify says %v:\n%s", said, err, out)
	}
}
