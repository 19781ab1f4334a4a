package callpage

import (
	"fmt"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
)

// TestBarriers looks at every state with axe, in light and dark, and measures what fingers and large letters need.
func TestBarriers(t *testing.T) {
	t.Parallel()
	for _, state := range states {
		t.Run(state.name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.scripts = []string{axe} // it is large, and no other test asks it
			s := state.come(h)
			s.pictured(state.name)
			eyes.Must(0, s.Resize(390, 844))(t)
			for _, barrier := range eyes.Must(s.Barriers())(t) {
				t.Error(barrier)
			}
			if regions := eyes.Must(browser.Evaluate[int](s.Tab, live))(t); regions != 1 {
				t.Errorf("%d regions speak up by themselves, want one, politely", regions)
			}
			eyes.Must(0, s.Dark())(t)
			for _, barrier := range eyes.Must(s.Contrast())(t) {
				t.Errorf("in the dark: %s", barrier)
			}
			for _, moves := range eyes.Must(s.Moving())(t) {
				t.Errorf("moves for those who want no motion: %s", moves)
			}
			s.pictured(state.name + "-dark")
			// A small phone, on its side too, and a phone and a screen at 200 %.
			for _, size := range [][2]int64{{320, 568}, {568, 320}, {195, 422}, {640, 360}} {
				eyes.Must(0, s.Resize(size[0], size[1]))(t)
				s.until("innerWidth === "+fmt.Sprint(size[0]), "new size")
				for _, wide := range eyes.Must(s.Overflow())(t) {
					t.Errorf("%v: %s goes beyond the edge", size, wide)
				}
				if low := eyes.Must(browser.Evaluate[string](s.Tab, bar))(t); low != "" {
					t.Errorf("%v: the bar is %s", size, low)
				}
			}
		})
	}
}

// live counts what is read out without being asked.
const live = `document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log]").length +
	document.querySelectorAll("[aria-live]:not([aria-live=polite])").length`

// bar says how the bar's buttons stand, where there is a call, if not all of them can be reached.
const bar = `(() => {
	if (!document.querySelector("#call").checkVisibility()) return "";
	const beyond = [...document.querySelectorAll(".bar button")].filter((b) => b.checkVisibility()).map((b) => b.getBoundingClientRect())
		.filter((r) => r.bottom > innerHeight + 0.5 || r.right > innerWidth + 0.5 || r.height < 44 || r.width < 44);
	return beyond.map((r) => JSON.stringify(r)).join(" ");
})()`

// TestWithoutAMouse joins, switches, raises a hand, looks who is in, and leaves, with Tab, Enter, Space and Escape alone.
func TestWithoutAMouse(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.opens(h.link("en"))
	s.sees("Nobody is in yet.")
	eyes.Must(0, s.Write("#name", "Anna"))(t)
	eyes.Must(0, s.Press("Enter"))(t)
	s.seen("#call")
	for _, step := range []struct{ id, key, then string }{
		{"microphone", "Space", `document.querySelector("#microphone").ariaChecked === "false"`},
		{"hand", "Enter", `document.querySelector("#hand").ariaPressed === "true"`},
		{"more", "Enter", `document.querySelector("#sheet").open`},
		{"sound-only", "Space", `document.querySelector("#sound-only").ariaPressed === "true"`},
		{"", "Escape", `!document.querySelector("#sheet").open && document.activeElement.id === "more"`},
		{"leave", "Enter", `!document.querySelector("#call").checkVisibility() && document.activeElement.id === "notice"`},
		{"language", "Enter", `document.documentElement?.lang === "de"`},
	} {
		if step.id != "" {
			s.tabsTo(step.id)
		}
		eyes.Must(0, s.Press(step.key))(t)
		s.until(step.then, fmt.Sprint(step))
	}
	s.sees("Noch ist niemand da.") // the key came along
}

// tabsTo presses Tab until an element has the focus, and can be seen to have it.
func (s *somebody) tabsTo(id string) {
	s.t.Helper()
	var passed []string
	for range 30 {
		eyes.Must(0, s.Press("Tab"))(s.t)
		on := eyes.Must(browser.Evaluate[[2]string](s.Tab, `[document.activeElement.id, getComputedStyle(document.activeElement).outlineStyle]`))(s.t)
		if on[0] == id {
			if on[1] == "none" {
				s.t.Errorf("the focus on %s cannot be seen", id)
			}
			return
		}
		passed = append(passed, on[0])
	}
	s.t.Fatalf("Tab does not come to %s, only to %q", id, passed)
}

// TestTenWhoComeAtOnceAreOneSentence listens to what is read out: however fast people come, at most one sentence a second.
func TestTenWhoComeAtOnceAreOneSentence(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.enters("en", "Anna", `addEventListener("DOMContentLoaded", () => {
		globalThis.spoken = [];
		new MutationObserver(() => spoken.push({ at: performance.now(), said: document.querySelector("#news").textContent }))
			.observe(document.querySelector("#news"), { childList: true });
	});`)
	h.crowd(names[:6]...)
	s.until(`spoken.some(({ said }) => said.includes("`+names[5]+`: now in."))`, "news")
	type sentence struct {
		At   float64 // ms
		Said string
	}
	spoken := eyes.Must(browser.Evaluate[[]sentence](s.Tab, "spoken"))(t)
	var all []string
	for i, now := range spoken {
		all = append(all, now.Said)
		if i > 0 && now.At-spoken[i-1].At < 990 {
			t.Errorf("%q is read out %.0f ms after %q", now.Said, now.At-spoken[i-1].At, spoken[i-1].Said)
		}
	}
	for _, name := range names[:6] {
		if n := strings.Count(strings.Join(all, " "), name+": now in."); n != 1 {
			t.Errorf("it is read out %d times that %s came: %q", n, name, all)
		}
	}
}

// TestNewsWhileMoreIsOpen listens while a dialog is open: what is outside of it is not read out.
func TestNewsWhileMoreIsOpen(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	s := h.enters("en", "Anna")
	s.click("#more")
	h.crowd("Bernd")
	s.until(`document.querySelector("#sheet [aria-live]")?.textContent.includes("Bernd: now in.")`, "news in the dialog")
	s.click("#sheet-close")
	h.crowd("Clara")
	s.until(`!document.querySelector("#sheet [aria-live]") && document.querySelector("#news").textContent.includes("Clara: now in.")`, "news of the page")
}
