package call

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/world"
)

// Browsers and worlds are shared: they take longer to come up than most of what is done in them.
var (
	chromium = &program{start: func(string) (*browser.Browser, error) { return browser.Start(context.Background(), browser.Calm) }}
	firefox  = &program{start: func(repo string) (*browser.Browser, error) {
		return browser.StartFirefox(context.Background(), repo)
	}}
	idle = make(chan *world.World, 3) // worlds in which no call is running
)

// program is a browser that starts when it is first wanted.
type program struct {
	start func(repo string) (*browser.Browser, error)
	once  sync.Once
	b     *browser.Browser
	err   error
}

func (p *program) running() (*browser.Browser, error) {
	p.once.Do(func() {
		repo, err := filepath.Abs("../..")
		if p.err = err; err == nil {
			p.b, p.err = p.start(repo)
		}
	})
	return p.b, p.err
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, p := range []*program{chromium, firefox} {
		p.once.Do(func() {}) // starts no more
		if p.b != nil {
			p.b.Close()
		}
	}
	close(idle)
	for w := range idle {
		if err := w.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// evening is a group with its bot, and browsers.
type evening struct {
	t *testing.T
	*world.World
}

// newEvening finds or makes a world while these browsers start, which goes on meanwhile: whoever opens a tab waits for
// its browser, and is told. A test leaves the world without a call that is running.
func newEvening(t *testing.T, wanted ...*program) *evening {
	t.Helper()
	var starting sync.WaitGroup
	t.Cleanup(starting.Wait)
	for _, p := range wanted {
		starting.Go(func() { _, _ = p.running() })
	}
	repo, err := filepath.Abs("../..")
	must(t, err)
	e := &evening{t: t}
	select {
	case e.World = <-idle:
	default:
		e.World, err = world.New(limit(t, 10*time.Minute), world.Options{Repo: repo, Say: func(s string) { t.Log(s) }})
		must(t, err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			select {
			case idle <- e.World:
				return
			default: // there are enough
			}
		} else {
			t.Logf("the bot's last words:\n%s", e.Bot.Log(25))
		}
		must(t, e.Close())
	})
	return e
}

func limit(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// say has somebody write, and waits for what the bot says to that.
func (e *evening) say(name string, chat world.Chat, text, want string) world.Message {
	e.t.Helper()
	_, err := e.People[name].Say(e.t.Context(), chat, text)
	must(e.t, err)
	return e.reads(name, chat, want)
}

// reads waits until somebody can read something of the bot.
func (e *evening) reads(name string, chat world.Chat, want string) world.Message {
	e.t.Helper()
	re := regexp.MustCompile(want)
	m, err := e.People[name].Inbox.Wait(e.t.Context(), chat, func(m world.Message) bool { return re.MatchString(m.Body) }, time.Minute)
	if err != nil {
		all := e.People[name].Inbox.All()
		e.t.Fatalf("%s waits for %s: %v; the last messages: %+v", name, want, err, all[max(0, len(all)-6):])
	}
	return m
}

var link = regexp.MustCompile(`http://\S+/r/\S+`)

// personal is somebody's own link to the call.
func (e *evening) personal(name string) string {
	e.t.Helper()
	_, err := e.People[name].Say(e.t.Context(), world.Group, "!me") // the bot opens the direct chat
	must(e.t, err)
	return link.FindString(e.reads(name, world.Direct, `as \w+, and can be recognised`).Body)
}

// open opens a link in a tab of its own.
func (e *evening) open(p *program, address string, scripts ...string) *browser.Tab {
	e.t.Helper()
	b, err := p.running()
	must(e.t, err)
	tab, err := b.Open(address, scripts...)
	must(e.t, err)
	e.t.Cleanup(tab.Close)
	return tab
}

// enter opens a personal link and goes in.
func (e *evening) enter(p *program, address string) *browser.Tab {
	e.t.Helper()
	tab := e.open(p, address)
	shows(e.t, tab, "as a member")
	must(e.t, tab.Click("#join"))
	return tab
}

// shows waits until a page shows a sentence.
func shows(t *testing.T, tab *browser.Tab, sentence string) {
	t.Helper()
	err := browser.Until(limit(t, 45*time.Second), func() (string, error) {
		text, err := tab.Text()
		if err != nil || strings.Contains(text, sentence) {
			return "", err
		}
		return "the page does not say " + sentence + " but " + text, nil
	})
	if err != nil {
		t.Log(tab.Trouble())
	}
	must(t, err)
}

// seeAndHear waits until all these tabs decode pictures and sound of others that are new.
func seeAndHear(t *testing.T, within time.Duration, tabs ...*browser.Tab) {
	t.Helper()
	for i, tab := range tabs {
		before, err := tab.Counters()
		must(t, err)
		err = browser.Until(limit(t, within), func() (string, error) {
			now, err := tab.Counters()
			if err != nil {
				return "", err
			}
			// After a new connection the counters begin anew.
			fresh := now.FramesDecoded < before.FramesDecoded
			if fresh {
				before = browser.Counters{}
			}
			if now.FramesDecoded > before.FramesDecoded+10 && now.AudioEnergy > before.AudioEnergy {
				return "", nil
			}
			return "no new picture and sound", nil
		})
		if err != nil {
			text, _ := tab.Text()
			for j, tab := range tabs {
				t.Logf("tab %d: %s", j, tab.Trouble())
			}
			t.Fatal(errors.Join(err, errors.New("tab "+string(rune('0'+i))+" says "+text)))
		}
	}
}
