package booth

import (
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting"
)

// lateClock is a device on which sealing takes longer than somebody waits without a sign: whatever is looked at the clock
// for has taken long, and what the page does after a while it does at once. It notes how far the page says that it is.
const lateClock = `(() => {
	const real = performance.now.bind(performance);
	let late = 0;
	performance.now = () => real() + (late += 50);
	const after = globalThis.setTimeout;
	globalThis.setTimeout = (f, ms, ...more) => after(f, ms === 300 ? 0 : ms, ...more);
	const shown = globalThis.shownProgress = [];
	new MutationObserver(() => {
		const bar = document.querySelector("progress");
		if (bar?.checkVisibility() && shown.at(-1) !== bar.value) shown.push(bar.value);
	}).observe(document, { subtree: true, childList: true, attributes: true });
})()`

// TestSealingShowsHowFarItIs seals where it takes long: what is done grows before the voter's eyes, and is gone in the end.
func TestSealingShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Chromium")
	poll := o.asks(voting.Draft{Asked: voting.Question{
		Kind: voting.KindSeveral, Text: "Wer?", Least: 1, Most: 2, Options: []string{"Aylin", "Björn", "Çelik", "Dörte", "Emeka", "Fatima", "Georg", "Hanna"},
	}})
	v := visit(t, b, o.link(poll, anna), germanReader, lateClock)
	v.presses("Aylin")
	v.presses("Weiter")
	v.sees("Bitte prüfen")
	v.until(func() string {
		if eyes.Must(browser.Evaluate[bool](v.Tab, `document.querySelector(".test b").textContent !== "…" && !document.querySelector("progress").checkVisibility()`))(t) {
			return ""
		}
		return "it is not sealed yet"
	})
	shown := eyes.Must(browser.Evaluate[[]float64](v.Tab, "shownProgress"))(t)
	if len(shown) < 3 {
		t.Errorf("of what was done the page showed %v", shown)
	}
	for i, done := range shown {
		if done < 0 || done > 1 || i > 0 && done < shown[i-1] {
			t.Errorf("what was done went %v", shown)
		}
	}
	v.presses("Verbindlich abgeben")
	v.sees("Ihre Stimme ist in der Urne.")
}
