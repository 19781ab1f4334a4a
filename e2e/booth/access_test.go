package booth

import (
	"path/filepath"
	"strings"
	"testing"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
	"stimmbote/voting"
)

// TestBarriers looks at every screen with axe, in light and dark, and measures what fingers and large letters need.
func TestBarriers(t *testing.T) {
	t.Parallel()
	o, b, axe := openOffice(t), in(t, "Chromium"), axe(t)
	for _, s := range screens {
		v := visit(t, b, o.link(o.asks(s.poll), anna), germanReader, axe)
		eyes.Must(0, v.Resize(390, 844))(t)
		s.walk(v)
		v.barriers(s.name)
		v.Close()
	}
}

func axe(t *testing.T) string {
	t.Helper()
	return eyes.Must(browser.Axe(t.Context(), eyes.Must(filepath.Abs("../.."))(t)))(t)
}

// barriers fails the test for each barrier that stands on the page as it is now, in light and dark, on a small phone, and
// on a phone at 200 %.
func (v *visitor) barriers(name string) {
	v.t.Helper()
	eyes.Must(0, v.Resize(390, 844))(v.t)
	v.pictured(name)
	eyes.Must(0, v.Resize(390, 844))(v.t)
	for _, barrier := range eyes.Must(v.Barriers())(v.t) {
		v.t.Errorf("%s: %s", name, barrier)
	}
	eyes.Must(0, v.Dark())(v.t)
	for _, barrier := range eyes.Must(v.Contrast())(v.t) {
		v.t.Errorf("%s in the dark: %s", name, barrier)
	}
	for _, moves := range eyes.Must(v.Moving())(v.t) {
		v.t.Errorf("%s moves for those who want no motion: %s", name, moves)
	}
	for _, width := range []int64{320, 195} {
		eyes.Must(0, v.Resize(width, 600))(v.t)
		for _, wide := range eyes.Must(v.Overflow())(v.t) {
			v.t.Errorf("%s, %d pixels wide: %s goes beyond the edge", name, width, wide)
		}
	}
	v.pictured(name + "-dark")
	eyes.Must(0, v.Light())(v.t)
}

// TestWithoutAMouse votes with Tab, Enter and Space alone.
func TestWithoutAMouse(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Chromium")
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
		v := visit(t, b, o.link(o.asks(c.draft), anna), germanReader)
		for _, step := range c.walk {
			v.sees(step[0])
			v.tabsTo(step[0])
			eyes.Must(0, v.Press(step[1]))(t)
		}
		v.sees("Ihre Stimme ist in der Urne.")
		if focused := v.part(":focus"); !strings.Contains(focused, "Ihre Stimme ist in der Urne.") {
			t.Errorf("at the end the focus is on %q", focused)
		}
		v.Close()
	}
}

// tabsTo presses Tab until what says this has the focus, and can be seen to have it.
func (v *visitor) tabsTo(text string) {
	v.t.Helper()
	var passed []string
	for range 20 {
		eyes.Must(0, v.Press("Tab"))(v.t)
		on := eyes.Must(browser.Evaluate[[2]string](v.Tab, `(() => {
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
	t.Parallel()
	o := openOffice(t)
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	v := visit(t, in(t, "Chromium"), o.link(poll, anna), englishReader)
	v.presses("Ja") // the answers are the group's own words
	v.presses("Cast my vote")
	v.sees("Your vote is in the ballot box.")
	if language := eyes.Must(browser.Evaluate[string](v.Tab, "document.documentElement.lang"))(t); language != "en" {
		t.Errorf("the page is in %q", language)
	}
}

// TestImprint looks for what the law wants at the foot of pages.
func TestImprint(t *testing.T) {
	t.Parallel()
	o, b := openOffice(t), in(t, "Chromium")
	poll := o.asks(voting.Draft{Question: "Antrag 12"})
	for _, page := range []string{o.link(poll, anna), o.board(poll), o.address + "/recount"} {
		v := visit(t, b, page, germanReader)
		v.sees("Impressum")
		for text, want := range map[string]string{"Impressum": "https://example.org/imprint", "Datenschutz": "https://example.org/privacy"} {
			script := "[...document.querySelectorAll('footer a')].find((a) => a.innerText === " + eyes.Quoted(text) + ")?.href ?? ''"
			if got := eyes.Must(browser.Evaluate[string](v.Tab, script))(t); got != want {
				t.Errorf("%s leads to %q, want %q", text, got, want)
			}
		}
		v.Close()
	}
}
