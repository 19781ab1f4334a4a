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
	"Chromium": {start: func() (*browser.Browser, error) { return browser.Start(context.Background()) }},
	"Firefox": {start: func() (*browser.Browser, error) {
		repo, err := filepath.Abs("../..")
		if err != nil {
			return nil, err
		}
		return browser.StartFirefox(context.Background(), repo)
	}},
	"WebKit": {start: func() (*browser.Browser, error) { return browser.StartWebKit(context.Background()) }},
}

// in waits for a browser, which is the test's own until that ends. A test asks for one only, and once.
func in(t testing.TB, name string) *browser.Browser {
	t.Helper()
	e := engines[name]
	e.turn.Lock()
	t.Cleanup(e.turn.Unlock)
	if e.browser == nil {
		e.browser = eyes.Must(e.start())(t)
	}
	return e.browser
}

// everywhere runs a test in each browser.
func everywhere(t *testing.T, test func(t *testing.T, b *browser.Browser)) {
	for name := range engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, in(t, name))
		})
	}
}

// bench opens an empty page with the mathematics.
func bench(t testing.TB, b *browser.Browser) *browser.Tab {
	t.Helper()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>bench</title>"))
	}))
	t.Cleanup(empty.Close)
	tab := eyes.Must(b.Open(empty.URL, mathematics()))(t)
	t.Cleanup(tab.Close)
	return tab
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
