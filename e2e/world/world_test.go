package world

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func repo(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// People read each other encrypted from signed devices, also after the
// homeserver was away, and nothing is left behind.
func TestPeopleAlone(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	w, err := New(ctx, Options{Repo: repo(t), NoBot: true, Say: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	hears := func(from, text string) {
		t.Helper()
		if _, err := w.People[from].Say(ctx, Group, text); err != nil {
			t.Fatal(err)
		}
		for name, p := range w.People {
			m, err := p.Inbox.Find(ctx, func(m Message) bool { return m.Body == text }, 20*time.Second)
			if err != nil {
				t.Fatalf("%s does not hear %q of %s: %v; has %+v", name, text, from, err, p.Inbox.All())
			}
			if m.Chat != Group || m.Bot || m.Own != (name == from) || !m.Encrypted || !m.Own && !m.Trusted {
				t.Errorf("%s got %+v", name, m)
			}
		}
	}
	hears(Chair, "Welcome.")
	hears("anna", "Hello.")
	w.Homeserver.Stop()
	if _, err := w.People["eva"].Say(ctx, Group, "Anybody?"); err == nil {
		t.Error("saying something worked without a homeserver")
	}
	if err := w.Homeserver.Start(ctx); err != nil {
		t.Fatal(err)
	}
	hears("bernd", "Still here.")
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(w.Dir); !os.IsNotExist(err) {
		t.Errorf("the world's folder is still there: %v", err)
	}
	if w.Homeserver.child.running() {
		t.Error("the homeserver still runs")
	}
}
