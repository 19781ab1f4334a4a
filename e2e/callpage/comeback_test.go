package callpage

import (
	"fmt"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
)

// sockets keeps those that the page opens, and lets a test end the newest.
const sockets = `(() => {
	const all = globalThis.sockets = [];
	globalThis.WebSocket = class extends WebSocket { constructor(...how) { super(...how); all.push(this); } };
})();`

// TestComesBackAsSoonAsTheServerIsThere ends the line to a server that is away then. The page says so, opens no socket in
// vain, since browsers let one wait for that, and is back in the call when the server is.
func TestComesBackAsSoonAsTheServerIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.enters("en", "Björn")
	s := h.enters("en", "Anna", sockets)
	s.pictures(2)
	leave := func(away bool) (inVain int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.away = away
		return h.inVain
	}
	before := eyes.Must(browser.Evaluate[int](s.Tab, "sockets.length"))(t)
	leave(true)
	eyes.Must(browser.Evaluate[bool](s.Tab, "sockets.at(-1).close(), true"))(t)
	s.sees("The connection is interrupted.")
	eyes.Must(0, browser.Until(t.Context(), func() (string, error) {
		if n := leave(true); n < 5 {
			return fmt.Sprint("asked ", n, " times only"), nil
		}
		return "", nil
	}))(t)
	if now := eyes.Must(browser.Evaluate[int](s.Tab, "sockets.length"))(t); now != before {
		t.Errorf("%d sockets were opened to a server that is away", now-before)
	}
	leave(false)
	s.until(`!document.getElementById("status").checkVisibility()`, "end of the notice")
	if now := eyes.Must(browser.Evaluate[int](s.Tab, "sockets.length"))(t); now != before+1 {
		t.Errorf("%d sockets were opened on the way back", now-before)
	}
	s.pictures(2)
	other.pictures(2)
}

// TestComesBackWithTheNetwork takes the network away, as from a telephone on its way from one to the next, and gives it
// back: the page does not wait until it notices by itself that the old line is dead.
func TestComesBackWithTheNetwork(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.enters("en", "Anna", sockets, `globalThis.online = true;
		Object.defineProperty(navigator, "onLine", { get: () => online });
		const real = fetch;
		globalThis.fetch = (...how) => online ? real(...how) : Promise.reject(new TypeError("no network"));`)
	before := eyes.Must(browser.Evaluate[int](s.Tab, "sockets.length"))(t)
	for _, is := range []string{"false", "true"} {
		eyes.Must(browser.Evaluate[bool](s.Tab, `online = `+is+`, dispatchEvent(new Event(online ? "online" : "offline"))`))(t)
	}
	s.until(fmt.Sprintf("sockets.length === %d", before+1), "new line")
	s.until(`!document.getElementById("status").checkVisibility()`, "end of the notice")
}

// TestARestartIsQuiet restarts the server in the middle of a call: the faces stay where they are, and nobody is said to
// have gone or come. Who does not come back is taken off after a while.
func TestARestartIsQuiet(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.enters("en", "Björn")
	gone := h.enters("en", "Carla")
	s := h.enters("en", "Anna", `addEventListener("DOMContentLoaded", () => {
		globalThis.spoken = [], globalThis.removed = 0;
		const news = document.querySelector("#news");
		new MutationObserver(() => spoken.push(news.textContent)).observe(news, { childList: true });
		new MutationObserver((all) => all.forEach((m) => (removed += m.removedNodes.length))).observe(document.querySelector("#grid"), { childList: true });
	});`)
	s.pictures(3)
	eyes.Must(browser.Evaluate[bool](s.Tab, `spoken.length = 0, true`))(t)
	h.restart(gone.Close)
	s.sees("The connection is interrupted.")
	s.until(`!document.getElementById("status").checkVisibility()`, "end of the notice")
	s.pictures(2)
	s.until(`document.querySelectorAll("#grid .tile").length === 2`, "two tiles")
	s.until(`spoken.join(" ").includes("Carla: gone.")`, "word about Carla")
	if spoken := eyes.Must(browser.Evaluate[string](s.Tab, `spoken.join(" ")`))(t); strings.Contains(spoken, "Björn") {
		t.Errorf("what was said: %q", spoken)
	}
	if n := eyes.Must(browser.Evaluate[int](s.Tab, "removed"))(t); n != 1 {
		t.Errorf("%d tiles were taken off, want Carla's alone", n)
	}
}
