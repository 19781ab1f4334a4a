// Package browser opens calls in real browsers, as people do: it types a name, clicks the
// button, and then asks the browser what it decodes.
//
// It guarantees that the page is the one that everybody gets: no flag lets sound play without a
// click, and nothing of the page is replaced unless a test says so. Camera and microphone are
// the browser's own fake devices: a moving pattern, and a beep each second or a lasting tone.
package browser

import (
	"encoding/json"
	"fmt"
	"os"
)

// Browser is a running browser with a profile of its own.
type Browser struct {
	open func(address string, scripts []string) (page, error)
	stop func()
}

// page is what each kind of browser does in its own way.
type page interface {
	// run gives what a script, or its promise, gives.
	run(script string) (json.RawMessage, error)
	click(selector string) error
	write(selector, text string) error
	shot(width, height int64) (png []byte, err error)
	close()
}

// Tab is one tab, with cookies and storage of its own.
type Tab struct{ page page }

// recorder notes the page's peer connections, so that their counters can be read, and the newest of what its scripts
// complain of. It changes nothing.
const recorder = `(() => {
	const lines = globalThis.recordedLines = [];
	for (const how of ["error", "warn", "info", "debug", "log"]) {
		const real = console[how];
		console[how] = (...what) => {
			real.apply(console, what);
			const line = what.map((w) => { try { return typeof w === "object" ? JSON.stringify(w) : String(w) } catch { return "?" } }).join(" ");
			if (lines.push(Math.round(performance.now()) + " " + line.slice(0, 400)) > 300) lines.shift();
		};
	}
	const all = globalThis.recordedConnections = [];
	// Firefox does not answer for a connection that is closed just then.
	globalThis.countsOf = (c) => Promise.race([c.getStats(), new Promise((resolve) => setTimeout(() => resolve(new Map()), 3000))]);
	const Real = RTCPeerConnection;
	globalThis.RTCPeerConnection = new Proxy(Real, {
		construct(target, args) { const c = new target(...args); all.push(c); return c; },
	});
})();`

// Open opens an address in a new tab. The scripts run before the page's own.
func (b *Browser) Open(address string, scripts ...string) (*Tab, error) {
	p, err := b.open(address, append([]string{recorder}, scripts...))
	if err != nil {
		return nil, fmt.Errorf("opening a tab: %w", err)
	}
	return &Tab{page: p}, nil
}

// Close ends the browser.
func (b *Browser) Close() { b.stop() }

// Close closes the tab, as somebody does who leaves without a goodbye.
func (t *Tab) Close() { t.page.close() }

// Click clicks what the CSS selector finds.
func (t *Tab) Click(selector string) error {
	if err := t.page.click(selector); err != nil {
		return fmt.Errorf("clicking %s: %w", selector, err)
	}
	return nil
}

// Shot writes a picture of the tab as it looks on a screen of this size, in CSS pixels.
func (t *Tab) Shot(path string, width, height int64) error {
	png, err := t.page.shot(width, height)
	if err != nil {
		return fmt.Errorf("taking a picture: %w", err)
	}
	return os.WriteFile(path, png, 0o644)
}

// Evaluate runs a script in the tab and returns what it, or its promise, gives.
func Evaluate[T any](t *Tab, script string) (T, error) {
	var v T
	b, err := t.page.run(script)
	if err != nil {
		return v, fmt.Errorf("running a script: %w", err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("reading what a script gives: %w", err)
	}
	return v, nil
}

// Write types a text into what the CSS selector finds.
func (t *Tab) Write(selector, text string) error {
	if err := t.page.write(selector, text); err != nil {
		return fmt.Errorf("typing into %s: %w", selector, err)
	}
	return nil
}
