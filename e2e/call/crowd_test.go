package call

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/nets/guest"
	"stimmbote/e2e/world"
	"stimmbote/media"
)

var (
	guests   = flag.Int("guests", 6, "how many programs are in the call beside two browsers")
	speaking = flag.Int("speaking", 4, "how many of them speak all the time; in a large call six voices are forwarded, and two are the browsers'")
	stay     = flag.Duration("stay", 5*time.Second, "how long all of them stay")
)

// Two browsers in a full call, watched: they see and hear each other, and go on doing so. The others are programs without
// cameras that listen, and some of them speak.
func TestFullCall(t *testing.T) {
	t.Parallel()
	e := newEvening(t, chromium)
	card := link.FindString(e.say(world.Chair, world.Group, "!call", `/r/\S+#`).Body)
	chair := e.enter(chromium, e.personal(world.Chair))
	anna := e.enter(chromium, e.personal("anna"))
	tabs := []*browser.Tab{chair, anna}
	seeAndHear(t, time.Minute, tabs...)
	ctx, leave := context.WithCancel(t.Context())
	var crowd sync.WaitGroup
	defer crowd.Wait()
	defer leave()
	for n := range *guests {
		came := make(chan error, 1)
		g := guest.New(guest.Options{URL: strings.Replace(e.Bot.WebURL, "http", "ws", 1), Token: e.token(card, "Guest "+strconv.Itoa(n)), Sends: n < *speaking, Receives: true, Blind: true, Here: true})
		crowd.Go(func() { came <- g.Run(ctx, func() { came <- nil }) })
		select {
		case err := <-came:
			must(t, err)
		case <-time.After(time.Minute):
			t.Fatalf("guest %d does not come in", n)
		}
	}
	all := fmt.Sprintf("%d people", len(tabs)+*guests)
	for _, tab := range tabs {
		shows(t, tab, all)
	}
	for i, other := range []string{"anna", world.Chair} { // who may be on another page of faces
		pinned, err := browser.Evaluate[bool](tabs[i], `(() => {
			const pin = [...document.querySelectorAll(".pin")].find((b) => b.getAttribute("aria-label").includes("`+other+`"));
			pin?.click();
			return !!pin;
		})()`)
		if err != nil || !pinned {
			t.Fatalf("%s cannot be shown large: %v", other, err)
		}
	}
	before, err := world.Numbers(t.Context(), e.Bot.OpsURL)
	must(t, err)
	began := time.Now()
	for {
		seeAndHear(t, 30*time.Second, tabs...)
		if time.Since(began) > *stay {
			break
		}
	}
	after, err := world.Numbers(t.Context(), e.Bot.OpsURL)
	must(t, err)
	t.Logf("%s, two cameras, %d more who speak, %s: the bot used %.0f %% of a core and has %.0f MiB", all, *speaking, time.Since(began).Round(time.Second),
		100*(after["process_cpu_seconds_total"]-before["process_cpu_seconds_total"])/time.Since(began).Seconds(), after["process_resident_memory_bytes"]/(1<<20))
	for _, tab := range tabs {
		shows(t, tab, all)
	}
	leave()
	crowd.Wait()
	for _, tab := range tabs {
		shows(t, tab, "2 people")
	}
	e.say(world.Chair, world.Group, "!call end", `^The call has ended`)
}

// token is what a guest gets by the card's link.
func (e *evening) token(card, name string) string {
	e.t.Helper()
	address, key, _ := strings.Cut(card, "#")
	door, err := media.Door(key)
	must(e.t, err)
	body, _ := json.Marshal(map[string]string{"door": door, "name": name}) // a map of strings always can
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, address+"/join", bytes.NewReader(body))
	must(e.t, err)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	must(e.t, err)
	defer resp.Body.Close()
	var got struct{ Token, Error string }
	must(e.t, json.NewDecoder(resp.Body).Decode(&got))
	if got.Token == "" {
		e.t.Fatalf("%s does not come in: %s", name, got.Error)
	}
	return got.Token
}
