package booth

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"stimmbote/e2e/browser"
	"stimmbote/e2e/eyes"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Tests mostly wait, for each other's browsers too.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	code := m.Run()
	for _, e := range engines {
		if e.browser != nil {
			e.browser.Close()
		}
	}
	os.Exit(code)
}

// engine is a browser that tests share, one after the other: each tab has cookies and storage of its own, but only one
// tab is in front.
type engine struct {
	turn    sync.Mutex
	start   func() (*browser.Browser, error)
	browser *browser.Browser // once somebody had a turn
}

// engines are the browsers in which everything has to work, by name.
var engines = map[string]*engine{
	"Chromium": {start: func() (*browser.Browser, error) {
		return browser.Start(context.Background(), "ignore-certificate-errors")
	}},
	"Firefox": {start: func() (*browser.Browser, error) {
		repo, err := filepath.Abs("../..")
		if err != nil {
			return nil, err
		}
		return browser.StartFirefoxWithTabs(context.Background(), repo)
	}},
	"WebKit": {start: func() (*browser.Browser, error) { return browser.StartWebKit(context.Background()) }},
}

// seat is a place in front of a browser, which is a test's own from the first page that it opens there until it ends.
type seat struct {
	t       testing.TB
	engine  *engine
	browser *browser.Browser // once it was the test's turn
}

// in is a place in front of a browser. A test takes one only, and once.
func in(t testing.TB, name string) *seat { return &seat{t: t, engine: engines[name]} }

// take waits until the browser is the test's own.
func (s *seat) take() {
	s.t.Helper()
	if s.browser != nil {
		return
	}
	s.engine.turn.Lock()
	s.t.Cleanup(s.engine.turn.Unlock)
	if s.engine.browser == nil {
		s.engine.browser = eyes.Must(s.engine.start())(s.t)
	}
	s.browser = s.engine.browser
}

// open opens a page.
func (s *seat) open(t testing.TB, address string, scripts ...string) *browser.Tab {
	t.Helper()
	s.take()
	tab := eyes.Must(s.browser.Open(address, scripts...))(t)
	t.Cleanup(tab.Close)
	return tab
}

// everywhere runs a test in each browser.
func everywhere(t *testing.T, test func(t *testing.T, b *seat)) {
	for name := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, in(t, name))
		})
	}
}

// bench opens an empty page with the mathematics.
func bench(t testing.TB, b *seat) *browser.Tab {
	t.Helper()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>bench</title>"))
	}))
	t.Cleanup(empty.Close)
	return b.open(t, empty.URL, mathematics())
}

// mathematics is the pages' own source, with what lets a test call it.
var mathematics = sync.OnceValue(func() string {
	ui, err := filepath.Abs("../../web/ui")
	if err != nil {
		panic(err)
	}
	built := api.Build(api.BuildOptions{
		AbsWorkingDir: ui, EntryPoints: []string{"belenios/trial.ts"},
		Bundle: true, Format: api.FormatIIFE, Platform: api.PlatformBrowser, Target: api.ES2022,
		Alias: map[string]string{
			"@noble/curves": "./vendor/noble-curves", "@noble/hashes": "./vendor/noble-hashes",
		},
		TsconfigRaw: `{"compilerOptions":{"strict":true,"target":"es2022"}}`,
	})
	if len(built.Errors) > 0 {
		panic(built.Errors[0].Text)
	}
	return string(built.OutputFiles[0].Contents)
})
