package call

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/world"
)

var chromium, firefox *browser.Browser

func TestMain(m *testing.M) {
	code := m.Run()
	for _, b := range []*browser.Browser{chromium, firefox} {
		if b != nil {
			b.Close()
		}
	}
	os.Exit(code)
}

// evening is a group with its bot, and browsers.
type evening struct {
	t *testing.T
	*world.World
}

func newEvening(t *testing.T) *evening {
	t.Helper()
	repo, err := filepath.Abs("../..")
	must(t, err)
	if chromium == nil {
		chromium, err = browser.Start(context.Background())
		must(t, err)
	}
	if firefox == nil {
		firefox, err = browser.StartFirefox(context.Background(), repo)
		must(t, err)
	}
	w, err := world.New(limit(t, 10*time.Minute), world.Options{Repo: repo, Say: func(s string) { t.Log(s) }})
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the bot's last words:\n%s", w.Bot.Log(25))
		}
		must(t, w.Close())
	})
	return &evening{t: t, World: w}
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
func (e *evening) open(b *browser.Browser, address string, scripts ...string) *browser.Tab {
	e.t.Helper()
	tab, err := b.Open(address, scripts...)
	must(e.t, err)
	e.t.Cleanup(tab.Close)
	return tab
}

// enter opens a personal link and goes in.
func (e *evening) enter(b *browser.Browser, address string) *browser.Tab {
	e.t.Helper()
	tab := e.open(b, address)
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
