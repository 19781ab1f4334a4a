package booth

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/evanw/esbuild/pkg/api"

	"stimmbote/e2e/browser"
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, b := range started {
		b.Close()
	}
	os.Exit(code)
}

// started are the browsers that tests share: each tab has cookies and storage of its own.
var (
	startingOne sync.Mutex
	started     = make(map[string]*browser.Browser)
)

// browsers are those in which everything has to work, by name.
var browsers = map[string]func(t testing.TB) (*browser.Browser, error){
	"Chromium": func(testing.TB) (*browser.Browser, error) { return browser.Start(context.Background()) },
	"Firefox": func(t testing.TB) (*browser.Browser, error) {
		return browser.StartFirefox(context.Background(), must(filepath.Abs("../.."))(t))
	},
	"WebKit": func(testing.TB) (*browser.Browser, error) { return browser.StartWebKit(context.Background()) },
}

// in starts a browser, once.
func in(t testing.TB, name string) *browser.Browser {
	t.Helper()
	startingOne.Lock()
	defer startingOne.Unlock()
	if started[name] == nil {
		started[name] = must(browsers[name](t))(t)
	}
	return started[name]
}

// everywhere runs a test in each browser.
func everywhere(t *testing.T, test func(t *testing.T, b *browser.Browser)) {
	for name := range browsers {
		t.Run(name, func(t *testing.T) { test(t, in(t, name)) })
	}
}

// somewhere runs a test in one browser only: what it tests depends on none. Each has some of these tests.
func somewhere(t *testing.T, name string, test func(t *testing.T, b *browser.Browser)) {
	t.Helper()
	test(t, in(t, name))
}

// bench opens an empty page with the mathematics.
func bench(t testing.TB, b *browser.Browser) *browser.Tab {
	t.Helper()
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte("<!doctype html><title>bench</title>"))
	}))
	t.Cleanup(empty.Close)
	tab := must(b.Open(empty.URL, mathematics()))(t)
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

// must fails the test on an error.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
