package meet

import (
	"testing"
	"time"

	"stimmbote/e2e/browser"
)

// later has a page, once that is switched on, open no device any more, and learn later that the server is there again: so
// much that the others are back, and so little that their library has not noticed it yet.
const later = `(() => {
	const [open, ask] = [navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices), fetch];
	navigator.mediaDevices.getUserMedia = (what) => globalThis.late ? new Promise(() => {}) : open(what);
	globalThis.fetch = async (...what) => {
		if (globalThis.late) await new Promise((resolve) => setTimeout(resolve, 600));
		return ask(...what);
	};
})();`

// When the server restarts everybody comes back and is seen and heard, also by who was back a moment before, and with the
// camera and microphone that are open: a browser may refuse to open them behind somebody's back.
func TestAllComeBackAfterARestart(t *testing.T) {
	inFront(t)
	h := newCallHouse(t, nil)
	tabs := []*browser.Tab{enter(t, chromium(t), h.link(), "Anna"), enter(t, firefox(t), h.link(), "Bernd", later)}
	for _, tab := range tabs {
		seesAndHears(t, tab)
	}
	evaluate[bool](t, tabs[1], "globalThis.late = true")
	h.restart(t)
	for i, tab := range tabs {
		before := counters(t, tab)
		err := browser.Until(limit(t, 30*time.Second), func() (string, error) {
			now, err := tab.Counters()
			if now.FramesDecoded < before.FramesDecoded {
				before = browser.Counters{} // they begin anew with a new connection
			}
			if now.FramesDecoded > before.FramesDecoded+10 && now.AudioEnergy > before.AudioEnergy {
				return "", err
			}
			return "no new picture and sound", err
		})
		if err != nil {
			t.Errorf("tab %d: %v\n%s", i, err, tab.Trouble())
		}
	}
}
