package meet

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// together is how many tests run at the same time: they wait more than they work, and some for each other.
const together = "5"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", together); err != nil {
		panic(err)
	}
	code := m.Run()
	closeBrowsers()
	os.Exit(code)
}

func repo(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// limit is the time a test may take.
func limit(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
