package meet

import (
	"context"
	"sync"
	"testing"

	"stimmbote/e2e/browser"
)

// The tests share browsers, because starting one costs seconds: each tab has cookies and storage of its own.
var browsers struct {
	sync.Mutex
	chromium, firefox *browser.Browser
}

// window is Firefox's in front: there is only one, and only to it a camera is given anew.
var window sync.Mutex

// inFront lets a test run beside those that use Chromium alone, and by itself among those that use Firefox.
func inFront(t *testing.T) {
	t.Helper()
	t.Parallel()
	window.Lock()
	t.Cleanup(window.Unlock)
}

func closeBrowsers() {
	for _, b := range []*browser.Browser{browsers.chromium, browsers.firefox} {
		if b != nil {
			b.Close()
		}
	}
}

func chromium(t *testing.T) *browser.Browser {
	t.Helper()
	browsers.Lock()
	defer browsers.Unlock()
	if browsers.chromium == nil {
		b, err := browser.Start(context.Background(), browser.Calm)
		if err != nil {
			t.Fatal(err)
		}
		browsers.chromium = b
	}
	return browsers.chromium
}

func firefox(t *testing.T) *browser.Browser {
	t.Helper()
	browsers.Lock()
	defer browsers.Unlock()
	if browsers.firefox == nil {
		b, err := browser.StartFirefox(context.Background(), repo(t))
		if err != nil {
			t.Fatal(err)
		}
		browsers.firefox = b
	}
	return browsers.firefox
}
