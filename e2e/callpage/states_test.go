package callpage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
)

// names are people's, long ones and short ones.
var names = strings.Split("Dörte van der Meulen-Schmidtbauer,Ayşe,Björn Ahlers,Çelik Demir,Emeka Okafor,Fatima,Georg,Hanna Lenz,Ivana,"+
	"Jörg,Katharina von Hohenstein,Lê,Mina,Nadja Petrović,Oskar,Paula,Quirin,Rosa,Sven-Erik", ",")

const (
	noDevices  = `navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("Permission denied", "NotAllowedError") };`
	oldBrowser = `delete globalThis.RTCRtpScriptTransform; delete RTCRtpSender.prototype.createEncodedStreams;`
	noAnswer   = `(() => {
		const real = fetch;
		globalThis.fetch = (where, how) => String(where).endsWith("/join") ? new Promise(() => {}) : real(where, how);
	})();`
	// clipboard takes everything: the browser's own wants the window in front.
	clipboard = `navigator.clipboard.writeText = async () => {};`
)

// heldBack plays no sound before somebody has pressed the button for it, as browsers do who heard of no click.
const heldBack = `(() => {
	const { play } = HTMLMediaElement.prototype;
	let isAllowed = false;
	addEventListener("click", (event) => (isAllowed ||= event.target.id === "sound-on"), true);
	HTMLMediaElement.prototype.play = function () {
		if (!isAllowed && this instanceof HTMLAudioElement) return Promise.reject(new DOMException("not before a click", "NotAllowedError"));
		return play.call(this);
	};
})();`

// inTheClear has somebody of a crowd send a picture without the key of the group.
const inTheClear = `(async () => {
	const canvas = document.createElement("canvas"), pen = canvas.getContext("2d");
	setInterval(() => pen.fillRect(0, 0, Math.random() * 99, 99), 200);
	await rooms[0].localParticipant.publishTrack(canvas.captureStream(5).getVideoTracks()[0], { source: "camera", simulcast: false });
	return true;
})()`

// states are those of the page that somebody can come to, each with the way there.
var states = []struct {
	name string
	come func(h *house) *somebody
}{
	{"door", func(h *house) *somebody {
		h.crowd(names[:2]...)
		s := h.opens(h.link("de"))
		s.sees("2 Personen sind da")
		s.seen("#preview")
		return s
	}},
	{"door-english", func(h *house) *somebody {
		s := h.opens(h.link("en"))
		s.sees("Nobody is in yet.")
		s.seen("#preview")
		return s
	}},
	{"door-member", func(h *house) *somebody {
		h.changes("look", func(said map[string]any) { said["you"] = "Dörte van der Meulen-Schmidtbauer" })
		s := h.opens(h.link("de"), noDevices)
		s.sees("als Mitglied")
		s.sees("gesperrt")
		return s
	}},
	{"door-wrong-link", func(h *house) *somebody {
		s := h.opens(h.address + "/r/gruene-strasse?lang=de#AAAAAAAAAAAAAAAAAAAAAA")
		s.sees("nicht gültig")
		return s
	}},
	{"door-no-name", func(h *house) *somebody {
		s := h.opens(h.link("de"))
		s.click("#join")
		s.sees("Bitte geben Sie Ihren Namen ein.")
		return s
	}},
	{"door-old-browser", func(h *house) *somebody {
		s := h.opens(h.link("de"), oldBrowser)
		s.sees("keine verschlüsselten Gespräche")
		return s
	}},
	{"door-no-network", func(h *house) *somebody {
		s := h.opens(h.link("de"), noWay)
		s.sees("In diesem Netz kommen Bild und Ton nicht durch.")
		s.click("#listen")
		s.click("#tone")
		s.sees("Zwei Töne sind gespielt.")
		return s
	}},
	{"door-other-app", func(h *house) *somebody {
		s := h.opens(h.link("de"), otherApp, oldBrowser, clipboard)
		s.click("#copy")
		s.sees("Der Link ist kopiert.")
		return s
	}},
	{"door-joining", func(h *house) *somebody {
		s := h.opens(h.link("de"), noAnswer)
		eyes.Must(0, s.Join("Anna Lenz"))(h.t)
		s.sees("Beitreten …")
		return s
	}},
	{"waiting", func(h *house) *somebody { return h.waits("knock", "Bitte warten") }},
	{"waiting-you", func(h *house) *somebody { return h.waits("you", "Sind Sie das?") }},
	{"call-alone", func(h *house) *somebody {
		s := h.enters("de", "Anna Lenz")
		s.sees("Noch ist niemand sonst da.")
		return s
	}},
	{"call-2", func(h *house) *somebody {
		h.enters("de", "Björn Ahlers")
		s := h.enters("de", "Anna Lenz")
		s.pictures(2)
		return s
	}},
	{"call-9-vote", func(h *house) *somebody {
		h.crowd(names[:7]...)
		h.changes("act", func(said map[string]any) {
			said["votes"] = []any{map[string]any{"id": "a", "title": "Antrag 12: Beitrag auf 24 Euro erhöhen?", "ballot": "https://example.org/v/x#y"}}
		})
		h.enters("de", "Björn Ahlers")
		s := h.enters("de", "Anna Lenz")
		s.pictures(2)
		s.sees("Mein Stimmzettel")
		return s
	}},
	{"call-20", func(h *house) *somebody {
		h.crowd(names...)
		s := h.enters("de", "Anna Lenz")
		s.sees("20 Personen")
		s.sees("Seite 1 von 3")
		return s
	}},
	{"call-chair", func(h *house) *somebody {
		h.crowd(names[:3]...)
		h.changes("act", func(said map[string]any) {
			said["chair"], said["locked"] = true, true
			said["waiting"] = []any{map[string]any{"id": "1", "name": "Gustav"}, map[string]any{"id": "2", "name": names[0]}}
			hands := []any{}
			for _, p := range h.media.Present(h.room) {
				hands = append(hands, p.Identity)
			}
			said["hands"] = hands
		})
		s := h.enters("de", "Anna Lenz")
		s.sees("Gustav wartet")
		return s
	}},
	{"call-sheet", func(h *house) *somebody {
		h.crowd(names[:5]...)
		h.changes("act", func(said map[string]any) { said["chair"] = true })
		s := h.enters("de", "Anna Lenz")
		s.sees("6 Personen")
		s.click("#more")
		s.sees("Alle stummschalten")
		return s
	}},
	{"call-screen", func(h *house) *somebody {
		h.crowd(names[:4]...)
		other := h.enters("de", "Björn Ahlers")
		s := h.enters("en", "Anna Lenz")
		other.click("#share")
		s.sees("Screen of Björn Ahlers")
		s.until(`document.querySelector(".screen video").videoWidth > 0`, "picture of the screen")
		return s
	}},
	{"call-reconnecting", func(h *house) *somebody {
		h.enters("de", "Björn Ahlers")
		s := h.enters("de", "Anna Lenz", sockets)
		s.pictures(2)
		for _, button := range []string{"#hand", "#microphone", "#camera"} {
			s.click(button)
		}
		s.until(`document.querySelectorAll("[aria-checked=false]").length >= 2 && document.querySelector("#hand").ariaPressed === "true"`, "switched off, hand up")
		s.hasChecked()
		h.leaves(true)
		s.cut()
		s.sees("Die Verbindung ist unterbrochen.")
		return s
	}},
	{"call-sound-held-back", func(h *house) *somebody {
		h.enters("de", "Björn Ahlers")
		s := h.enters("de", "Anna Lenz", heldBack)
		s.sees("Ihr Browser hält den Ton zurück.")
		return s
	}},
	{"call-without-key", func(h *house) *somebody {
		crowd := h.crowd(names[:2]...)
		s := h.enters("de", "Anna Lenz")
		eyes.Must(browser.Evaluate[bool](crowd, inTheClear))(h.t)
		s.sees("Ohne den Schlüssel dieser Gruppe")
		s.click(`.tile:has(.strange:not([hidden])) .pin`)
		s.click("#share")
		s.sees("Ihr Bildschirm")
		// Lines are never bad here, and the page says so again now and then.
		eyes.Must(browser.Evaluate[bool](s.Tab, `(document.querySelectorAll(".tile:not(.screen) .poor").forEach((p) =>
			Object.defineProperty(p, "hidden", { set: () => p.removeAttribute("hidden") }).removeAttribute("hidden")), true)`))(h.t)
		s.sees("schlechte Verbindung")
		return s
	}},
	{"left", func(h *house) *somebody {
		s := h.enters("de", "Anna Lenz")
		s.click("#leave")
		s.sees("Sie haben das Gespräch verlassen.")
		return s
	}},
}

// waits comes to the door and has to wait there.
func (h *house) waits(why, says string) *somebody {
	h.t.Helper()
	for _, question := range []string{"join", "wait"} {
		h.changes(question, func(said map[string]any) {
			clear(said)
			said["wait"], said["ticket"], said["title"], said["name"], said["number"] = why, "1", "Grüne <Straße>", "Anna Lenz", "471"
		})
	}
	s := h.opens(h.link("de"))
	eyes.Must(0, s.Join("Anna Lenz"))(h.t)
	s.sees(says)
	return s
}

// pictures waits until so many pictures move.
func (s *somebody) pictures(n int) {
	s.t.Helper()
	s.until(fmt.Sprintf(`[...document.querySelectorAll("#grid video")].filter((v) => v.videoWidth > 0).length >= %d`, n), fmt.Sprint(n, " pictures"))
}

// sizes are screens of people.
var sizes = map[string][2]int64{"phone": {390, 844}, "landscape": {844, 390}, "desktop": {1440, 900}}

// pictured takes pictures of the page as it is now, if somebody wants to look at them.
func (s *somebody) pictured(name string) {
	s.t.Helper()
	if *shots == "" {
		return
	}
	eyes.Must(0, os.MkdirAll(*shots, 0o755))(s.t)
	for screen, size := range sizes {
		eyes.Must(0, s.Resize(size[0], size[1]))(s.t)
		s.until("innerWidth === "+fmt.Sprint(size[0]), "new size")
		eyes.Must(0, s.Shot(filepath.Join(*shots, name+"-"+screen+".png"), size[0], size[1]))(s.t)
	}
}
