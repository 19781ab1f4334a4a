package call

import (
	"flag"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/world"
)

var away = flag.Duration("away", 15*time.Second, "how long the homeserver is away during a call")

// The homeserver goes and comes back, nothing comes through for ten seconds, and a name is markup: the call goes on.
func TestTrouble(t *testing.T) {
	t.Parallel()
	e := newEvening(t, chromium)
	card := link.FindString(e.say(world.Chair, world.Group, "!call", `/r/\S+#`).Body)
	const name = `<img src=x onerror="document.title='taken'">`
	chair := e.enter(chromium, e.personal(world.Chair))
	guest := e.open(chromium, card)
	must(t, guest.Join(name))
	tabs := []*browser.Tab{chair, guest}
	seeAndHear(t, time.Minute, tabs...)
	shows(t, chair, "<img src=x")
	if n, err := browser.Evaluate[int](chair, `document.querySelectorAll("img[src=x]").length + (document.title === "taken" ? 1 : 0)`); err != nil || n != 0 {
		t.Errorf("a name became markup: %d, %v", n, err)
	}
	e.reads(world.Chair, world.Group, `<img src=x`)

	// The key of another link opens nothing, and says nothing of who is in.
	key := card[strings.Index(card, "#")+1:]
	other := e.open(chromium, strings.Replace(card, key, "A"+key[1:len(key)-2]+"AA", 1))
	shows(t, other, "This link is not valid")
	if text, err := other.Text(); err != nil || strings.Contains(text, "hair") || strings.Contains(text, "img") {
		t.Errorf("another key shows %q, %v", text, err)
	}

	// Without the homeserver the call goes on, for those who are in and for who comes.
	e.Homeserver.Stop()
	for gone := time.Now(); time.Since(gone) < *away; {
		seeAndHear(t, 20*time.Second, tabs...)
	}
	late := e.open(chromium, card)
	must(t, late.Join("Ludwig"))
	shows(t, chair, "3 people")
	late.Close()
	must(t, e.Homeserver.Start(t.Context()))
	e.say(world.Chair, world.Group, "!call lock", `^🔒 The call is locked`)

	// For ten seconds nothing comes through.
	must(t, e.Bot.Freeze())
	select {
	case <-time.After(10 * time.Second):
	case <-t.Context().Done():
	}
	must(t, e.Bot.Thaw())
	back := time.Now()
	seeAndHear(t, 30*time.Second, tabs...)
	t.Logf("pictures and sound were back %s after the network", time.Since(back).Round(time.Millisecond))
	shows(t, chair, "2 people")
	e.say(world.Chair, world.Group, "!call unlock", `^The call is open again`)
	e.say(world.Chair, world.Group, "!call end", `^The call has ended`)
	shows(t, guest, "The call has ended.")
}
