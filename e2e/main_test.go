package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"sync"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

// house is a world that tests share, because making one costs seconds: they take turns in it. One that fails may leave
// a vote open, so the next one gets a new world.
type house struct {
	turn sync.Mutex
	w    *world.World
}

// common is the house of most tests, and stage that of the stories.
var common, stage house

// crowds is held by those of the tests with a world of their own that have many people in it.
var crowds sync.Mutex

// busy has a place for each world in which something happens: more of them at once than processors only wait for each other.
var busy = make(chan struct{}, max(2, runtime.NumCPU()))

// turn waits for a place, which is given back once the test, and what it has begun since, is over.
func turn(t *testing.T) {
	busy <- struct{}{}
	t.Cleanup(func() { <-busy })
}

// TestMain lets all tests begin at once, however few processors there are: most of the time they wait for what others
// do, and most of them for each other.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "64"); err != nil {
		panic(err)
	}
	code := m.Run()
	for _, h := range []*house{&common, &stage} {
		if err := h.end(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

func repo(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// limit is the time a test may take.
func limit(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// shared is the common world, with everything said so far behind it, once it is this test's turn.
func shared(t *testing.T) *world.World {
	t.Helper()
	t.Parallel()
	return common.enter(t)
}

// enter waits for the turn of this test, which ends with it.
func (h *house) enter(t *testing.T) *world.World {
	t.Helper()
	h.turn.Lock()
	t.Cleanup(h.turn.Unlock)
	turn(t)
	t.Cleanup(func() {
		if t.Failed() && h.w != nil {
			t.Logf("the bot's last words:\n%s", h.w.Bot.Log(25))
			h.leave(t)
		}
	})
	if h.w == nil {
		w, err := world.New(limit(t, 10*time.Minute), world.Options{Repo: repo(t), Native: true, Say: func(s string) { t.Log(s) }})
		if err != nil {
			t.Fatal(err)
		}
		h.w = w
	}
	for _, p := range h.w.People {
		p.Inbox.Skip()
	}
	return h.w
}

// leave ends the world of a house, so that the next test gets a new one.
func (h *house) leave(t *testing.T) {
	t.Helper()
	if err := h.end(); err != nil {
		t.Error(err)
	}
}

// end ends the world of a house, if there is one.
func (h *house) end() error {
	if h.w == nil {
		return nil
	}
	w := h.w
	h.w = nil
	return w.Close()
}

// hear waits for a message of the bot and fails the test if none comes.
func hear(ctx context.Context, t *testing.T, p *world.Person, chat world.Chat, pattern string) world.Message {
	t.Helper()
	m, err := p.Inbox.Wait(ctx, chat, matches(pattern), 40*time.Second)
	if err != nil {
		all := p.Inbox.All()
		t.Fatalf("%s waits in the %s chat for %s: %v; the last messages: %+v", p.Name, chat, pattern, err, all[max(0, len(all)-6):])
	}
	return m
}

func matches(pattern string) func(world.Message) bool {
	re := regexp.MustCompile(pattern)
	return func(m world.Message) bool { return re.MatchString(m.Body) }
}

func say(ctx context.Context, t *testing.T, p *world.Person, chat world.Chat, text string) {
	t.Helper()
	if _, err := p.Say(ctx, chat, text); err != nil {
		t.Fatal(err)
	}
}

// count is how often the bot said something in a chat from the given place on.
func count(p *world.Person, from int, chat world.Chat, pattern string) int {
	re, n := regexp.MustCompile(pattern), 0
	for _, m := range p.Inbox.All()[from:] {
		if m.Bot && m.Chat == chat && m.Edits == "" && re.MatchString(m.Body) {
			n++
		}
	}
	return n
}

// begin holds a vote up to the point where everybody has a ballot.
func begin(ctx context.Context, t *testing.T, w *world.World, question string) {
	t.Helper()
	chair := w.People[world.Chair]
	say(ctx, t, chair, world.Group, "!vote "+question)
	hear(ctx, t, chair, world.Group, `(?i)draft[\s\S]*`+regexp.QuoteMeta(question))
	say(ctx, t, chair, world.Group, "start")
	hear(ctx, t, chair, world.Group, `(?i)voting is open`)
	for _, p := range w.People {
		hear(ctx, t, p, world.Direct, `(?i)`+regexp.QuoteMeta(question)+`[\s\S]*1 = yes`)
	}
}

// vote answers and waits for the receipt.
func vote(ctx context.Context, t *testing.T, p *world.Person, text, answer string) {
	t.Helper()
	say(ctx, t, p, world.Direct, text)
	hear(ctx, t, p, world.Direct, `(?i)understood: `+answer+`\b`)
}
