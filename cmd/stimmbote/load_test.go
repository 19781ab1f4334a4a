package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzLoad: whatever stands in a configuration, reading it ends with a verdict, and every problem is
// one line that says where it is.
func FuzzLoad(f *testing.F) {
	for _, text := range []string{
		minimal, "# only a comment\n", "---\n", "web: &w {listen: x, web: *w}\n", "matrix: {password: [1]}\n", "bot: {ignore: {a: b}}\n",
		"a: *nothing\n", "? [x]\n: y\n", "<<: {language: de}\n", "language: !!binary AAAA\n", "media:\n", "language: ~\n", "? \"a\\nb\"\n: 1\n? \"a\\nb\"\n: 1\n", "\xff", "a: b: c",
	} {
		f.Add(text, "STIMMBOTE_BOT_DU=x")
	}
	f.Fuzz(func(t *testing.T, text, variable string) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := load(path, []string{variable})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range l.problems() {
			if p.where == "" || p.what == "" || strings.Contains(p.String(), "\n") {
				t.Errorf("not one line with place and reason: %+v", p)
			}
		}
		var out strings.Builder
		if err := l.print(&out); err != nil {
			t.Errorf("printing: %v", err)
		}
	})
}
