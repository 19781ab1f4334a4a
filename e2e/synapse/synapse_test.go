package synapse

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/script"
	"stimmbote/e2e/world"
)

// enter is a world on Synapse, or nil where there is none.
func enter(ctx context.Context, t *testing.T, limits bool) *world.World {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	w, err := world.New(ctx, world.Options{Repo: repo, Synapse: true, Limits: limits, Say: func(s string) { t.Log(s) }})
	if errors.Is(err, world.ErrNoSynapse) {
		t.Log(err)
		return nil
	}
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
	return w
}

// readable wants everybody to have read and trusted all that the bot said.
func readable(t *testing.T, w *world.World) {
	t.Helper()
	for name, p := range w.People {
		for _, m := range p.Inbox.All() {
			if m.Bot && (m.Unreadable != "" || m.Redacts == "" && !(m.Encrypted && m.Trusted)) {
				t.Errorf("%s cannot read or trust %+v", name, m)
			}
		}
	}
}

// hear waits for what the bot says.
func hear(ctx context.Context, t *testing.T, p *world.Person, chat world.Chat, pattern string) world.Message {
	t.Helper()
	re := regexp.MustCompile(pattern)
	m, err := p.Inbox.Wait(ctx, chat, func(m world.Message) bool { return re.MatchString(m.Body) }, 6*time.Minute)
	if err != nil {
		all := p.Inbox.All()
		t.Fatalf("%s waits for %s: %v; the last messages: %+v", p.Name, pattern, err, all[max(0, len(all)-6):])
	}
	return m
}

func TestEvening(t *testing.T) {
	t.Parallel() // in a world of its own
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	w := enter(ctx, t, false)
	if w == nil {
		return
	}
	const file = "testdata/evening.txt"
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := script.Parse(file, f, world.Everybody())
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Play(ctx, w, lines, t.Output()); err != nil {
		t.Fatal(err)
	}
	readable(t, w)
}

// Who lets nobody invite them is named to whoever asked, with what to do; when they have done it, they are reached.
func TestBlockedInvitations(t *testing.T) {
	t.Parallel() // in a world of its own
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	w := enter(ctx, t, false)
	if w == nil {
		return
	}
	chair, anna := w.People[world.Chair], w.People["anna"]
	invitations := func(may string) {
		t.Helper()
		if err := anna.Client.SetAccountData(ctx, "m.invite_permission_config", map[string]string{"default_action": may}); err != nil {
			t.Fatal(err)
		}
	}
	say := func(p *world.Person, chat world.Chat, text string) {
		t.Helper()
		if _, err := p.Say(ctx, chat, text); err != nil {
			t.Fatal(err)
		}
	}
	invitations("block")
	say(chair, world.Group, "!probe")
	hear(ctx, t, chair, world.Direct, `(?i)answer here with one word`)
	say(chair, world.Direct, "here")
	hear(ctx, t, chair, world.Direct, `(?i)you can be reached`)
	say(chair, world.Group, "!probe")
	hear(ctx, t, chair, world.Direct, `(?i)allow my invitation[^\n]*: anna`)
	invitations("allow")
	say(anna, world.Group, "!help")
	say(chair, world.Group, "!probe --end")
	hear(ctx, t, chair, world.Group, `(?i)reachable`)
	say(chair, world.Group, "!probe")
	hear(ctx, t, anna, world.Direct, `(?i)answer here with one word`)
	readable(t, w)
}

var foretold = regexp.MustCompile(`(?i)about (\d+) more (second|minute)`)

// With the limits that a Synapse has when nobody lifted them everybody is reached, once, and nothing is
// logged as an error. What is foretold is logged beside what it took: bench/bot has the figures.
func TestUnderDefaultLimits(t *testing.T) {
	t.Parallel() // in a world of its own
	ctx, cancel := context.WithTimeout(t.Context(), 12*time.Minute)
	defer cancel()
	w := enter(ctx, t, true)
	if w == nil {
		return
	}
	chair := w.People[world.Chair]
	hear(ctx, t, chair, world.Group, `(?i)write yes`)
	if _, err := chair.Say(ctx, world.Group, "yes"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	open := hear(ctx, t, chair, world.Group, `(?i)6 of 6 invitations are sent`).At
	t.Logf("all invitations are sent after %.1f s", open.Sub(began).Seconds())
	for _, m := range chair.Inbox.All() {
		if found := foretold.FindStringSubmatch(m.Body); found != nil {
			t.Logf("after %.1f s: %s; it takes %.1f s", m.At.Sub(began).Seconds(), m.Body, open.Sub(m.At).Seconds())
		}
	}
	for _, p := range w.People {
		hear(ctx, t, p, world.Direct, `(?i)in this direct chat you get your ballot`)
	}
	t.Logf("everybody was greeted there after %.1f s", time.Since(began).Seconds())
	for name, p := range w.People {
		said := map[string]int{}
		for _, m := range p.Inbox.All() {
			if m.Bot && m.Edits == "" && m.Redacts == "" {
				said[string(m.Room)+m.Body]++
			}
		}
		for text, n := range said {
			if n > 1 {
				t.Errorf("%s got %d times: %s", name, n, text)
			}
		}
	}
	if words := w.Bot.Log(1000); strings.Contains(words, `"level":"error"`) {
		t.Errorf("it logs errors:\n%s", words)
	}
	readable(t, w)
}
