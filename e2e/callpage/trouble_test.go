package callpage

import (
	"encoding/json"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/media"
)

// denied has the browser open no device, for a reason.
func denied(name, message string) string {
	return `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException(` + eyes.Quoted(message) + `, ` + eyes.Quoted(name) + `) };`
}

// broken has one kind of device not open.
func broken(kind, name string) string {
	return `(() => {
		const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
		navigator.mediaDevices.getUserMedia = async (what) => { if (what.` + kind + `) throw new DOMException("", "` + name + `"); return real(what); };
	})();`
}

// otherApp is what a page is told that another app shows.
const otherApp = `Object.defineProperty(navigator, "userAgent", { get: () => "Mozilla/5.0 (Linux; Android 14; Pixel 7; wv) AppleWebKit/537.36 Chrome/130.0 Mobile" });`

// noWay leaves a page no way that pictures and sound could go: only by relays, of which there are none.
const noWay = `(() => {
	const none = (c) => ({ ...c, iceTransportPolicy: "relay", iceServers: [] });
	const { setConfiguration } = RTCPeerConnection.prototype;
	RTCPeerConnection.prototype.setConfiguration = function (c) { return setConfiguration.call(this, none(c)) };
	globalThis.RTCPeerConnection = class extends RTCPeerConnection { constructor(c) { super(none(c)) } };
})();`

// TestEachFailureSaysWhatToDo has browsers, devices and networks that do not do what they should. The sentence is there
// before anybody presses the button.
func TestEachFailureSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		says   []string
	}{
		"not allowed":          {denied("NotAllowedError", "Permission denied"), []string{"The browser blocks camera and microphone."}},
		"not allowed by phone": {denied("NotAllowedError", "Permission denied by system"), []string{"Camera and microphone cannot be used.", "system settings"}},
		"busy":                 {denied("NotReadableError", "Could not start video source"), []string{"Camera and microphone cannot be used.", "Another program"}},
		"no devices":           {denied("NotFoundError", ""), []string{"Camera and microphone cannot be used.", "No such device"}},
		"only the camera busy": {broken("video", "NotReadableError"), []string{"The camera cannot be used.", "Another program"}},
		"no microphone":        {broken("audio", "NotFoundError"), []string{"The microphone cannot be used.", "No such device"}},
		"not allowed in app":   {otherApp + denied("NotAllowedError", ""), []string{"open the link in your browser"}},
		"old browser":          {oldBrowser, []string{"This browser cannot make encrypted calls."}},
		"old browser in app":   {otherApp + oldBrowser, []string{"Open the link in your browser.", "Copy the link"}},
		"network":              {noWay, []string{"Picture and sound do not get through this network."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			s := h.opens(h.link("en"), c.script)
			for _, sentence := range c.says {
				s.sees(sentence)
			}
		})
	}
	t.Run("server", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.deaf = true
		h.opens(h.link("en")).sees("This network does not let you connect to the call.")
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		s := h.opens(h.link("en"), `globalThis.checked = 0; globalThis.WebSocket = class extends WebSocket {
			constructor(...how) { super(...how); this.addEventListener("close", () => checked++); }
		};`)
		s.until("checked >= 2", "end of the check")
		if said := eyes.Must(browser.Evaluate[bool](s.Tab, `document.querySelector("#network").checkVisibility()`))(t); said {
			t.Error("a good network is complained about")
		}
		if in := h.media.Present(h.room); len(in) != 0 {
			t.Errorf("%v are in the call because of a check", in)
		}
	})
}

// TestSoundThatIsHeldBack presses the button that lets it out.
func TestSoundThatIsHeldBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.enters("en", "Björn")
	s := h.enters("en", "Anna", heldBack)
	s.sees("Your browser holds the sound back.")
	s.click("#sound-on")
	s.until(`!document.querySelector("#sound").checkVisibility() && [...document.querySelectorAll("audio")].some((a) => !a.paused)`, "sound")
}

// TestAVoteIsAnnounced opens votes while people are in the call.
func TestAVoteIsAnnounced(t *testing.T) {
	t.Parallel()
	const evil = `<img src=x onerror="globalThis.hit=1">{title}`
	h := newHouse(t)
	ballot := "https://example.org/v/x#secret"
	h.changes("act", func(said map[string]any) {
		said["votes"] = []any{
			map[string]any{"id": "a", "title": evil, "ballot": ballot},
			map[string]any{"id": "b"},
			map[string]any{"id": "c", "title": "Strange", "ballot": "javascript:globalThis.hit=1"},
		}
	})
	s := h.enters("en", "Anna")
	s.sees(evil)
	s.sees("A vote is under way. You have no ballot here.")
	ways := eyes.Must(browser.Evaluate[[][3]string](s.Tab, `[...document.querySelectorAll("#votes a")].map((a) => [a.href, a.target, a.rel])`))(t)
	if len(ways) != 1 || ways[0] != [3]string{ballot, "_blank", "noopener noreferrer"} {
		t.Errorf("the ways to ballots are %q", ways)
	}
	if hit := eyes.Must(browser.Evaluate[int](s.Tab, `(globalThis.hit ?? 0) + document.querySelectorAll("img").length`))(t); hit != 0 {
		t.Error("a question became a part of the page")
	}
	tellVotes := func(votes []map[string]any) {
		t.Helper()
		body := eyes.Must(json.Marshal(map[string]any{"hands": []string{}, "locked": false, "entry": "open", "votes": votes}))(t)
		var to []string
		for _, p := range h.media.Present(h.room) {
			to = append(to, p.Identity)
		}
		eyes.Must(0, h.media.Send(t.Context(), h.room, media.Message{Topic: "hall", Body: body, To: to}))(t)
	}
	tell := func(ids ...string) {
		t.Helper()
		votes := []map[string]any{}
		for _, id := range ids {
			votes = append(votes, map[string]any{"id": id, "title": "Motion " + id})
		}
		tellVotes(votes)
	}
	// The way to a ballot is what the page was told when it asked, never what somebody else was told.
	tellVotes([]map[string]any{{"id": "a", "ballot": "https://example.org/v/else#1"}, {"id": "b", "title": "Motion b", "ballot": "https://example.org/v/else#2"}})
	s.until(`document.querySelector("#votes").textContent.includes("Motion b") && !document.querySelector("#votes a")`, "no way to a ballot")
	tell("b")
	s.until(`document.querySelectorAll("#votes p").length === 1`, "one vote")
	// One that the page does not know yet: it asks for its own ballot.
	h.changes("act", func(said map[string]any) {
		said["votes"] = []any{map[string]any{"id": "d", "title": "Motion d", "ballot": ballot}}
	})
	tell("b", "d")
	s.until(`document.querySelector("#votes a")?.href === `+eyes.Quoted(ballot), "ballot")
	tell()
	s.until(`!document.querySelector("#votes").checkVisibility()`, "end of the votes")
}

// TestStandingIsShown has somebody become something else to the group while they are in, and back: what came with that
// goes with it.
func TestStandingIsShown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.enters("en", "Anna")
	s.until(`document.querySelector("#grid [data-badge]")?.dataset.badge === "guest"`, "guest")
	me := h.media.Present(h.room)[0].Identity
	is := func(badge string, vote map[string]any) {
		t.Helper()
		say := func(said map[string]any) {
			said["hands"], said["entry"], said["votes"], said["chair"] = []string{}, "", []any{vote}, badge == "chair"
			delete(said, "badges")
			if badge != "guest" {
				said["badges"] = map[string]string{me: badge}
			}
		}
		h.changes("act", say)
		told := map[string]any{}
		say(told)
		delete(told, "chair")
		told["votes"] = []any{map[string]any{"id": vote["id"], "title": vote["title"]}} // ways to ballots are for those who ask
		body := eyes.Must(json.Marshal(told))(t)
		eyes.Must(0, h.media.Send(t.Context(), h.room, media.Message{Topic: "hall", Body: body, To: []string{me}}))(t)
		s.until(`document.querySelector("#grid [data-badge]")?.dataset.badge === `+eyes.Quoted(badge), badge)
	}
	is("chair", map[string]any{"id": "a", "title": "Motion a", "ballot": "https://example.org/v/a#secret"})
	s.until(`document.querySelector("#votes a")?.href === "https://example.org/v/a#secret"`, "ballot")
	s.click("#more")
	s.seen("#lock")
	s.click("#sheet-close")
	is("guest", map[string]any{"id": "a", "title": ""})
	s.sees("A vote is under way. You have no ballot here.")
	s.until(`!document.querySelector("#votes a") && !document.querySelector("#votes").textContent.includes("Motion") && document.getElementById("lock").hidden`, "nothing of a member's")
}

// TestAMembersNameIsAskedAbout types one: the number to compare is there, and so is the way back.
func TestAMembersNameIsAskedAbout(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.waits("you", "Sind Sie das?")
	s.sees("471")
	s.click("#wait-no")
	s.sees("Bitte nehmen Sie einen Namen, den kein Mitglied hat.")
	s.until(`document.activeElement.id === "name"`, "focus on the name")
	// Whoever says in the direct chat that it is them comes in, and this browser keeps the badge.
	h.changes("join", func(said map[string]any) { said["keep"] = "a badge" })
	h.changes("look", func(said map[string]any) { said["you"] = "" })
	eyes.Must(0, s.Join(""))(t)
	s.seen("#call")
	if kept := eyes.Must(browser.Evaluate[string](s.Tab, `localStorage.getItem("badge " + location.pathname)`))(t); kept != "a badge" {
		t.Errorf("the browser keeps %q", kept)
	}
}

// TestTwoNotes presses the button that shows whether the loudspeaker works.
func TestTwoNotes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.opens(h.link("en"), `(() => {
		const { start } = OscillatorNode.prototype;
		globalThis.notes = 0;
		OscillatorNode.prototype.start = function (when) { notes++; return start.call(this, when); };
	})();`)
	s.click("#tone")
	s.sees("Two notes were played.")
	s.until("notes === 2", "two notes")
}

// TestMicrophoneThatIsPulledOut takes the microphone away in the middle of a call.
func TestMicrophoneThatIsPulledOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.enters("en", "Anna")
	const microphone = `recordedConnections.flatMap((c) => c.getSenders()).find((s) => s.track?.kind === "audio")?.track`
	eyes.Must(0, browser.Until(t.Context(), func() (string, error) {
		if sent, err := s.Counters(); err != nil || sent.BytesSent > 20_000 {
			return "", err
		}
		return "nothing is sent", nil
	}))(t)
	eyes.Must(browser.Evaluate[bool](s.Tab, `((track) => {
		navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotFoundError"); };
		track.stop();
		return track.dispatchEvent(new Event("ended"));
	})(`+microphone+`)`))(t)
	s.sees("Your microphone is no longer there.")
	s.until(`document.querySelector("#microphone").ariaChecked === "false"`, "microphone off")
}

// TestWhoDoesNotGetThroughAsksAgain loses the first questions of a page that has just come in.
func TestWhoDoesNotGetThroughAsksAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.changes("act", func(said map[string]any) { said["votes"] = []any{map[string]any{"id": "a", "title": "Motion 12"}} })
	s := h.enters("en", "Anna", `const real = fetch;
		let lost = 2;
		globalThis.fetch = (where, how) => how?.body?.includes('"state"') && lost-- > 0 ? Promise.reject(new TypeError("lost")) : real(where, how);`)
	s.sees("no way to the server")
	s.sees("Motion 12")
	s.until(`document.querySelector("#status").hidden`, "no complaint any more")
}
