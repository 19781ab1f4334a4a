package tellers

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

// evening is a world with the machines of two tellers, in one test.
type evening struct {
	*world.World
	t      *testing.T
	ctx    context.Context
	judged map[string]bool // archives
}

// shared is an evening that tests share, which take turns.
type shared struct {
	change func(config map[string]any) // of the bot's configuration
	turn   sync.Mutex
	now    *evening // nil before the first test, and after one that failed
}

// What tests share: an evening in the group of the mathematics that every belenios-tool knows, and one in the group that
// votes have by themselves, in which everything goes quicker.
var (
	usual = &shared{}
	quick = &shared{change: func(config map[string]any) { config["poll"] = map[string]any{"group": "ed25519"} }}
)

// TestMain lets all tests begin at once, however few processors there are: most of the time they wait for what others
// do, and all but one of them for each other.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := errors.Join(usual.end(), quick.end()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// end ends a shared evening, if it has begun.
func (s *shared) end() error {
	if s.now == nil {
		return nil
	}
	w := s.now.World
	s.now = nil
	return w.Close()
}

// begin is a shared evening, in which kaya and lenz are tellers and nothing is open.
func begin(t *testing.T, s *shared) *evening {
	t.Helper()
	t.Parallel()
	s.turn.Lock()
	t.Cleanup(s.turn.Unlock)
	t.Cleanup(func() {
		if t.Failed() {
			lastWords(t, s.now)
			if err := s.end(); err != nil {
				t.Error(err)
			}
		}
	})
	if s.now == nil {
		s.now = newEvening(t, s.change)
	}
	e := *s.now
	e.t, e.ctx = t, bounded(t)
	for _, p := range e.People {
		p.Inbox.Skip()
	}
	return &e
}

// beginWith is an evening of the test's own, with another configuration of the bot.
func beginWith(t *testing.T, change func(config map[string]any)) *evening {
	t.Helper()
	t.Parallel()
	e := newEvening(t, change)
	t.Cleanup(func() {
		if t.Failed() {
			lastWords(t, e)
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

func newEvening(t *testing.T, change func(config map[string]any)) *evening {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	ctx := bounded(t)
	w, err := world.New(ctx, world.Options{Repo: repo, Tellers: true, Config: change, Say: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	return &evening{World: w, t: t, ctx: ctx, judged: map[string]bool{}}
}

// bounded is for as long as a test may take.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute+*cut+time.Duration(*kills+*attacked)*10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// lastWords are what the programs said before a test failed.
func lastWords(t *testing.T, e *evening) {
	t.Helper()
	if e == nil {
		return
	}
	for _, k := range e.Keyholders {
		t.Logf("the last words of %s:\n%s", k.ID, k.Log(15))
	}
	t.Logf("the bot's last words:\n%s", e.Bot.Log(25))
}

// faulty is a build of the program that dies and lies where its environment says so.
func (e *evening) faulty() string {
	e.t.Helper()
	out := filepath.Join(e.t.TempDir(), "stimmbote-faulty")
	if err := world.BuildBot(e.ctx, e.Repo, out, func(s string) { e.t.Log(s) }, "crashtest", "hostiletest"); err != nil {
		e.t.Fatal(err)
	}
	return out
}

// listensWhere lets a configuration that was kept listen where the machine did before.
func (e *evening) listensWhere(config, opsURL string) {
	t := e.t
	t.Helper()
	file, err := os.OpenFile(config, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := fmt.Fprintf(file, "ops: {listen: %q}\n", strings.TrimPrefix(opsURL, "http://")); err != nil {
		t.Fatal(err)
	}
}
