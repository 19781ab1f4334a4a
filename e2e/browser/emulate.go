package browser

import (
	"errors"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// errOnlyChromium is for what only Chromium lets a test do.
var errOnlyChromium = errors.New("only Chromium can do this")

// keys are those that somebody needs who has no mouse.
var keys = map[string]string{"Tab": kb.Tab, "Enter": kb.Enter, "Space": " ", "Escape": kb.Escape}

// Press presses a key: Tab, Enter, Space or Escape. Only Chromium can do this.
func (t *Tab) Press(key string) error {
	return t.emulate(func(p *chromiumPage) error { return chromedp.Do(p.ctx, chromedp.KeyEvent(keys[key])) })
}

// Dark lets the tab look as it does for people who want dark pages and no motion. Only Chromium can do this.
func (t *Tab) Dark() error { return t.wishes("dark", "reduce") }

// Light takes back what Dark did. Only Chromium can do this.
func (t *Tab) Light() error { return t.wishes("light", "no-preference") }

func (t *Tab) wishes(scheme, motion string) error {
	return t.emulate(func(p *chromiumPage) error {
		_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion},
			},
		})
		return err
	})
}

// Slow makes the tab's processor so many times as slow. Only Chromium can do this.
func (t *Tab) Slow(times float64) error {
	return t.emulate(func(p *chromiumPage) error {
		_, err := chromedp.Call(p.ctx, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: times})
		return err
	})
}

// Resize gives the tab a screen of this size, in CSS pixels. Only Chromium can do this.
func (t *Tab) Resize(width, height int64) error {
	return t.emulate(func(p *chromiumPage) error {
		return chromedp.Do(p.ctx, chromedp.EmulateViewport(width, height))
	})
}

func (t *Tab) emulate(how func(*chromiumPage) error) error {
	p, ok := t.page.(*chromiumPage)
	if !ok {
		return errOnlyChromium
	}
	return how(p)
}
