package booth

import (
	"path/filepath"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/node"
	"stimmbote/voting"
)

// TestBarriers looks at every screen with axe, in light and dark, and measures what fingers and large letters need.
func TestBarriers(t *testing.T) {
	axe := string(must(node.File(t.Context(), must(filepath.Abs("../.."))(t), "axe-core/axe.min.js"))(t))
	o := openOffice(t)
	for _, s := range screens {
		v := visit(t, in(t, "Chromium"), o.link(o.asks(s.poll), anna), germanReader, axe)
		must(0, v.Resize(390, 844))(t)
		s.walk(v)
		for _, barrier := range must(browser.Evaluate[[]string](v.Tab, barriers))(t) {
			t.Errorf("%s: %s", s.name, barrier)
		}
		must(0, v.Dark())(t)
		for _, barrier := range must(browser.Evaluate[[]string](v.Tab, contrast))(t) {
			t.Errorf("%s in the dark: %s", s.name, barrier)
		}
		for _, width := range []int64{320, 195} { // a small phone; a phone at 200 %
			must(0, v.Resize(width, 600))(t)
			for _, wide := range must(browser.Evaluate[[]string](v.Tab, overflow))(t) {
				t.Errorf("%s, %d pixels wide: %s goes beyond the edge", s.name, width, wide)
			}
		}
		v.Close()
	}
}

// barriers are what axe finds, and targets that are too small for a thumb.
const barriers = `(async () => {
	for (const d of document.querySelectorAll("details")) d.open = true;
	const { violations } = await axe.run(document, { resultTypes: ["violations"] });
	const found = violations.map((v) => v.id + ": " + v.help + " " + v.nodes.map((n) => n.html).join(" ").slice(0, 300));
	for (const e of document.querySelectorAll("button, a, summary, label:has(input), textarea")) {
		const { width, height } = e.getBoundingClientRect();
		if (height < 44 || width < 44) found.push("a target of " + width + " × " + height + ": " + e.innerText);
	}
	return found;
})()`

// contrast is what axe finds of it.
const contrast = `axe.run(document, { runOnly: ["color-contrast"], resultTypes: ["violations"] }).then(({ violations }) =>
	violations.map((v) => v.help + " " + v.nodes.map((n) => n.html).join(" ").slice(0, 300)))`

// overflow is what one would have to scroll sideways for.
const overflow = `[...document.querySelectorAll("body *")]
	.filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5).map((e) => e.outerHTML.slice(0, 200))`

// TestWithoutAMouse votes with Tab, Enter and Space alone.
func TestWithoutAMouse(t *testing.T) {
	o := openOffice(t)
	several := voting.Question{
		Kind: voting.KindSeveral, Text: "Wer soll in den Beirat?", Least: 1, Most: 2, Options: []string{"Aylin", "Björn", "Çelik"},
	}
	for _, c := range []struct {
		draft voting.Draft
		walk  [][2]string // what has the focus when the key is pressed
	}{
		{voting.Draft{Question: "Antrag 12"}, [][2]string{{"Nein", "Enter"}, {"Verbindlich abgeben", "Space"}}},
		{voting.Draft{Asked: several}, [][2]string{{"Björn", "Space"}, {"Weiter", "Enter"}, {"Verbindlich abgeben", "Enter"}}},
	} {
		v := visit(t, in(t, "Chromium"), o.link(o.asks(c.draft), anna), germanReader)
		for _, step := range c.walk {
			v.sees(step[0])
			v.tabsTo(step[0])
			must(0, v.Press(step[1]))(t)
		}
		v.sees("Ihre Stimme ist in der Urne.")
		if focused := v.part(":focus"); !strings.Contains(focused, "Ihre Stimme ist in der Urne.") {
			t.Errorf("at the end the focus is on %q", focused)
		}
	}
}

// tabsTo presses Tab until what says this has the focus, and can be seen to have it.
func (v *visitor) tabsTo(text string) {
	v.t.Helper()
	var passed []string
	for range 20 {
		must(0, v.Press("Tab"))(v.t)
		on := must(browser.Evaluate[[2]string](v.Tab, `(() => {
			const e = document.activeElement;
			const row = e.closest("label") ?? e;
			return [row.innerText, getComputedStyle(row).outlineStyle];
		})()`))(v.t)
		if strings.HasPrefix(on[0], text) {
			if on[1] == "none" {
				v.t.Errorf("the focus on %q cannot be seen", text)
			}
			return
		}
		passed = append(passed, on[0])
	}
	v.t.Fatalf("Tab does not come to %q, only to %q", text, passed)
}

// TestInTheReadersLanguage opens one vote with browsers of different people.
func TestInTheReadersLanguage(t *testing.T) {
	o := openOffice(t)
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	v := visit(t, in(t, "Chromium"), o.link(poll, anna), englishReader)
	v.presses("Ja") // the answers are the group's own words
	v.presses("Cast my vote")
	v.sees("Your vote is in the ballot box.")
	if language := must(browser.Evaluate[string](v.Tab, "document.documentElement.lang"))(t); language != "en" {
		t.Errorf("the page is in %q", language)
	}
}
