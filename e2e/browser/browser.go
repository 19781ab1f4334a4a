// Package browser opens calls in a real Chromium, as people do: it types a name, clicks the
// button, and then asks the browser what it decodes.
//
// It guarantees that the page is the one that everybody gets: no flag lets sound play without a
// click, and nothing of the page is replaced unless a test says so. Camera and microphone are
// Chromium's own fake devices, a moving pattern and a beep each second.
package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Browser is a running Chromium with a profile of its own.
type Browser struct {
	ctx  context.Context
	stop func()
}

// errNone says what is missing.
var errNone = errors.New("there is no Chromium: install Debian's package chromium")

// Start starts Chromium. The caller closes it.
func Start(ctx context.Context) (*Browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, errNone
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // root has none, and the pages are our own
		chromedp.DisableGPU,
		chromedp.Flag("use-fake-device-for-media-stream", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("mute-audio", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en"),
	)
	allocator, stopAllocator := chromedp.NewExecAllocator(ctx, options...)
	browser, stopBrowser := chromedp.NewContext(allocator)
	b := &Browser{ctx: browser, stop: func() { stopBrowser(); stopAllocator() }}
	if err := chromedp.Do(browser); err != nil {
		b.stop()
		return nil, fmt.Errorf("starting Chromium: %w", err)
	}
	return b, nil
}

// Close ends Chromium.
func (b *Browser) Close() { b.stop() }

// Tab is one tab, with cookies and storage of its own.
type Tab struct {
	ctx   context.Context
	close context.CancelFunc
}

// recorder notes the page's peer connections, so that their counters can be read. It changes nothing.
const recorder = `(() => {
	const all = globalThis.recordedConnections = [];
	const Real = RTCPeerConnection;
	globalThis.RTCPeerConnection = new Proxy(Real, {
		construct(target, args) { const c = new target(...args); all.push(c); return c; },
	});
})();`

// Open opens an address in a new tab. The scripts run before the page's own.
func (b *Browser) Open(address string, scripts ...string) (*Tab, error) {
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t := &Tab{ctx: ctx, close: cancel}
	steps := make([]chromedp.Action[chromedp.Void], 0, len(scripts)+2)
	for _, script := range append([]string{recorder}, scripts...) {
		steps = append(steps, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			params := page.AddScriptToEvaluateOnNewDocumentParams{Source: script}
			_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, params)
			return err
		}))
	}
	steps = append(steps, chromedp.Navigate(address))
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Close()
		return nil, fmt.Errorf("opening a tab: %w", err)
	}
	return t, nil
}

// Close closes the tab, as somebody does who leaves without a goodbye.
func (t *Tab) Close() { t.close() }

// Shot writes a picture of the tab as it looks on a screen of this size, in CSS pixels.
func (t *Tab) Shot(path string, width, height int64) error {
	if err := chromedp.Do(t.ctx, chromedp.EmulateViewport(width, height)); err != nil {
		return fmt.Errorf("choosing a screen: %w", err)
	}
	png, err := chromedp.Run(t.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return fmt.Errorf("taking a picture: %w", err)
	}
	return os.WriteFile(path, png, 0o644)
}
