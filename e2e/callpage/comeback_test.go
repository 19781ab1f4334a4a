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

// leaves has the server be away, or there again, and says how often somebody asked in vain.
func (h *house) leaves(away bool) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.away = away
	return h.inVain
}

// isAskedInVain waits until a page has asked a few times for a server that is away.
func (h *house) isAskedInVain() {
	h.t.Helper()
	eyes.Must(0, browser.Until(h.t.Context(), func() (string, error) {
		if n := h.leaves(true); n < 5 {
			return fmt.Sprint("asked ", n, " times only"), nil
		}
		return "", nil
	}))(h.t)
}

// hasChecked waits until the check at the door has closed its two sockets: the newest that is open is the call's then.
func (s *somebody) hasChecked() {
	s.t.Helper()
	s.until("sockets.filter((s) => s.readyState === WebSocket.CLOSED).length >= 2", "end of the check")
}

// cut ends the line of a page that keeps its sockets.
func (s *somebody) cut() {
	s.t.Helper()
	eyes.Must(browser.Evaluate[bool](s.Tab, "sockets.findLast((s) => s.readyState === WebSocket.OPEN).close(), true"))(s.t)
}

// loses ends the line, of which the page says so.
func (s *somebody) loses() {
	s.t.Helper()
	s.cut()
	s.sees("The connection is interrupted.")
}

// isBack waits until the notice is gone.
func (s *somebody) isBack() {
	s.t.Helper()
	s.until(`!document.getElementById("status").checkVisibility()`, "end of the notice")
}

// TestComesBackAsSoonAsTheServerIsThere ends the line to a server that is away then. The page says so, opens no socket in
// vain, since browsers let one wait for that, and is back in the call when the server is.
func TestComesBackAsSoonAsTheServerIsThere(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.enters("en", "Björn")
	s := h.enters("en", "Anna", sockets)
	s.pictures(2)
	s.hasChecked()
	before := eyes.Must(browser.Evaluate[int](s.Tab, "sockets.length"))(t)
	h.leaves(true)
	s.loses()
	h.isAskedInVain()
	if now := eyes.Must(browser.Evaluate[int](s.Tab, "sockets.length"))(t); now != before {
		t.Errorf("%d sockets were opened to a server that is away", now-before)
	}
	h.leaves(false)
	s.isBack()
	if now := eyes.Must(browser.Evaluate[int](s.Tab, "sockets.length"))(t); now == before {
		t.Error("it came back without a new socket") // a second one is opened where the first is not answered in time
	}
	s.pictures(2)
	other.pictures(2)
}

// TestSwitchedOnMeanwhile presses buttons while there is no line. What is on then is in the call as soon as there is one,
// the notice stays until then, and what was switched off again never opens.
func TestSwitchedOnMeanwhile(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.enters("en", "Björn")
	s := h.opens(h.link("en"), sockets, `globalThis.heard = 0;
		const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
		navigator.mediaDevices.getUserMedia = (what) => { if (what.audio) heard++; return real(what); };`)
	s.click("#door-camera")
	s.click("#door-microphone")
	eyes.Must(0, s.Join("Anna"))(t)
	s.seen("#call")
	other.sees("Anna")
	s.hasChecked()
	before := eyes.Must(browser.Evaluate[int](s.Tab, "heard"))(t)
	h.leaves(true)
	s.loses()
	for _, button := range []string{"#camera", "#share", "#microphone", "#microphone"} {
		s.click(button)
	}
	h.isAskedInVain()
	s.sees("The connection is interrupted.")
	h.leaves(false)
	s.isBack()
	other.sees("Screen of Anna")
	other.pictures(3)
	if now := eyes.Must(browser.Evaluate[int](s.Tab, "heard"))(t); now != before {
		t.Error("a microphone was opened that was switched off again")
	}
}

// TestNoAnswerIsNoServerThatIsAway lets questions end without an answer, by the name that older browsers have for it: the
// library tries by itself.
func TestNoAnswerIsNoServerThatIsAway(t *testing.T) {
	t.Parallel()
	s := newHouse(t).enters("en", "Anna", sockets, `const real = fetch;
		globalThis.fetch = (where, how) => how?.method !== "HEAD" ? real(where, how) : new Promise((_, fail) =>
			how.signal.addEventListener("abort", () => fail(new DOMException("", "AbortError"))));`)
	s.hasChecked()
	s.loses()
	s.isBack()
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
	s.hasChecked()
	before := eyes.Must(browser.Evaluate[int](s.Tab, "sockets.length"))(t)
	for _, is := range []string{"false", "true"} {
		eyes.Must(browser.Evaluate[bool](s.Tab, `online = `+is+`, dispatchEvent(new Event(online ? "online" : "offline"))`))(t)
	}
	s.until(fmt.Sprintf("sockets.length > %d", before), "new line")
	s.isBack()
}

// TestALateNetworkInterruptsNobody tells a page that has just come back from a restart of the network too, while the
// library still waits to end its attempt.
func TestALateNetworkInterruptsNobody(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.enters("en", "Anna", sockets, `globalThis.online = true, globalThis.looked = 0;
		Object.defineProperty(navigator, "onLine", { get: () => online });
		const real = fetch;
		globalThis.fetch = async (where, how) => {
			if (!online) throw new TypeError("no network");
			const said = await real(where, how);
			if (how?.method === "HEAD" && where !== location.pathname) looked++;
			return said;
		};
		addEventListener("DOMContentLoaded", () => {
			const status = document.querySelector("#status");
			let shown = false;
			new MutationObserver((_, watch) => {
				if (status.checkVisibility()) shown = true;
				else if (shown) {
					watch.disconnect();
					online = false;
					dispatchEvent(new Event("offline"));
					setTimeout(() => { online = true; dispatchEvent(new Event("online")); });
				}
			}).observe(status, { attributes: true });
		});`)
	s.hasChecked()
	h.restart(func() {})
	s.until("looked > 0", "look at the network")
	s.isBack()
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
	s.isBack()
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

// TestARaisedHandStaysUp restarts the server in the middle of a call while somebody's hand is up: it knows of no hands
// then, and takes none as long as it does not know that who raises it is back.
func TestARaisedHandStaysUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.enters("en", "Anna", `globalThis.early = 0;
		const real = fetch;
		globalThis.fetch = (where, how) => {
			if (early > 0 && how?.body?.includes('"hand"')) {
				early--;
				how = { ...how, body: how.body.replace('"hand"', '"state"') };
			}
			return real(where, how);
		};`)
	const isUp = `document.querySelector("#hand").ariaPressed === "true"`
	s.click("#hand")
	s.until(isUp, "raised hand")
	eyes.Must(browser.Evaluate[int](s.Tab, "early = 2"))(t)
	h.restart(func() {})
	s.sees("The connection is interrupted.")
	s.isBack()
	s.until("early === 0 && "+isUp, "hand that is raised again")
}

// TestAnOlderAnswerChangesNothing has an answer of the server come after the news of something that happened later, as it
// does where it takes long to look up who is a member. Only that this page's holder moderates, which it alone says, is taken.
func TestAnOlderAnswerChangesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	anna := h.enters("en", "Anna", `globalThis.late = new Promise((resolve) => globalThis.release = resolve);
		const real = fetch;
		globalThis.fetch = async (where, how) => {
			const answer = await real(where, how);
			if (!how?.body?.includes('"hand"')) return answer;
			const told = await answer.json();
			answer.json = async () => {
				await late;
				told.chair = true;
				setTimeout(() => globalThis.taken = true, 100);
				return told;
			};
			return answer;
		};`)
	bernd := h.enters("en", "Bernd")
	anna.click("#hand")
	anna.sees("1.")
	bernd.click("#hand")
	anna.sees("2.")
	eyes.Must(browser.Evaluate[bool](anna.Tab, "release(), true"))(t)
	anna.until("globalThis.taken", "the older answer")
	if text := eyes.Must(anna.Text())(t); !strings.Contains(text, "2.") {
		t.Errorf("the second hand is gone: %s", text)
	}
	anna.click("#more")
	anna.seen("#lock")
}

// TestLineThatBreaksTwice has the line break again while camera and microphone are to be sent once more: they are sent with
// the next one, and closed if somebody leaves before.
func TestLineThatBreaksTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.enters("en", "Anna", `globalThis.breaking = 0;
		const real = RTCPeerConnection.prototype.addTransceiver;
		RTCPeerConnection.prototype.addTransceiver = function (what, how) {
			if (what?.kind !== "video" || breaking === 0) return real.call(this, what, how);
			breaking--;
			throw new Error("broken");
		};`)
	const camera = `recordedConnections.filter((c) => c.connectionState === "connected").flatMap((c) => c.getSenders()).find((s) => s.track?.kind === "video")?.track`
	s.until(camera+` !== undefined`, "camera that is sent")
	eyes.Must(browser.Evaluate[bool](s.Tab, `(globalThis.camera = `+camera+`, breaking = 1, true)`))(t)
	h.restart(func() {})
	s.until("breaking === 0", "line that broke again")
	s.isBack()
	s.until(camera+` === globalThis.camera && globalThis.camera.readyState === "live"`, "the same camera, sent again")

	eyes.Must(browser.Evaluate[int](s.Tab, `breaking = 10`))(t)
	h.restart(func() {})
	s.until("breaking < 10", "line that broke again")
	s.isBack()
	s.click("#leave")
	s.until(`globalThis.camera.readyState === "ended"`, "camera that is closed")
}
