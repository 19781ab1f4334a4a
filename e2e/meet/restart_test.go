package meet

import (
	"testing"
	"time"

	"stimmbote/e2e/browser"
)

// lateDevices gives a page its devices later than it asks for them, once that is switched on: long enough that the others
// are back, and short enough that their library has not noticed it yet.
const lateDevices = `(() => {
	const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
	navigator.mediaDevices.getUserMedia = async (what) => {
		if (globalThis.late) await new Promise((resolve) => setTimeout(resolve, 600));
		return real(what);
	};
})();`

// When the server restarts everybody comes back and is seen and heard, also by who was back a moment before.
func TestAllComeBackAfterARestart(t *testing.T) {
	inFront(t)
	h := newCallHouse(t, nil)
	tabs := []*browser.Tab{enter(t, chromium(t), h.link(), "Anna"), enter(t, firefox(t), h.link(), "Bernd", lateDevices)}
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
