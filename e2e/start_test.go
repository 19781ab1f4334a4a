package e2e

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

// another is a second bot on the world's homeserver, with an empty store.
func another(ctx context.Context, t *testing.T, w *world.World, change func(config map[string]any)) *world.Bot {
	t.Helper()
	b, err := w.AnotherBot(ctx, t.TempDir(), change)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// refused runs the bot and wants it to end by itself with one sentence.
func refused(ctx context.Context, t *testing.T, b *world.Bot) (sentence string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.Binary, "run", "--config", b.Config)
	out, err := cmd.CombinedOutput()
	exit, ended := errors.AsType[*exec.ExitError](err)
	if !ended || exit.ExitCode() <= 0 {
		t.Fatalf("it ends with %v, want an exit status of its own other than 0\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "stimmbote: ") {
			if sentence != "" {
				t.Errorf("more than one sentence:\n%s", out)
			}
			sentence = strings.TrimSpace(line)
		}
	}
	if sentence == "" || strings.Contains(string(out), "goroutine ") {
		t.Errorf("not one sentence but:\n%s", out)
	}
	return sentence
}

func TestWrongPassword(t *testing.T) {
	w, ctx := shared(t), limit(t, time.Minute)
	b := another(ctx, t, w, func(config map[string]any) {
		config["matrix"].(map[string]any)["password"] = "not the password"
	})
	if got := refused(ctx, t, b); !strings.Contains(got, "password") || strings.Contains(got, "not the password") {
		t.Errorf("it says %q", got)
	}
}

func TestUnknownConfigKey(t *testing.T) {
	w, ctx := shared(t), limit(t, time.Minute)
	b := another(ctx, t, w, func(config map[string]any) {
		config["web"].(map[string]any)["adress"] = "127.0.0.1:1"
	})
	text, err := os.ReadFile(b.Config)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), "adress")
	line := "line " + strconv.Itoa(1+strings.Count(before, "\n"))
	out, err := b.Command("run", "--config", b.Config).CombinedOutput()
	if err == nil || !strings.Contains(string(out), `"web.adress"`) || !strings.Contains(string(out), line) {
		t.Errorf("%v, and it says %q; want the key and %s", err, out, line)
	}
}

// A homeserver that is down at the start is said once, and waited for.
func TestHomeserverDownAtStart(t *testing.T) {
	w, ctx := shared(t), limit(t, 2*time.Minute)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	b := another(ctx, t, w, func(config map[string]any) {
		config["matrix"].(map[string]any)["homeserver"] = "http://" + addr
	})
	if err := b.Launch(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	}()
	eventually(ctx, t, func() bool { return strings.Contains(b.Log(50), addr) }, func() string {
		return "nothing about " + addr + " in:\n" + b.Log(50)
	})
	target, err := url.Parse(w.Homeserver.URL)
	if err != nil {
		t.Fatal(err)
	}
	if l, err = net.Listen("tcp", addr); err != nil {
		t.Fatal(err)
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	forward.ErrorLog = log.New(io.Discard, "", 0)
	proxy := &http.Server{Handler: forward}
	done := make(chan error, 1)
	go func() { done <- proxy.Serve(l) }()
	defer func() { proxy.Close(); <-done }()
	if err := b.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.Log(200), "does not answer"); n != 1 {
		t.Errorf("it says %d times that the homeserver does not answer, want once:\n%s", n, b.Log(200))
	}
	if err := b.Stop(); err != nil {
		t.Error(err)
	}
}

// eventually waits for a condition, or fails with the reason why it is not met.
func eventually(ctx context.Context, t *testing.T, met func() bool, why func() string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for !met() {
		select {
		case <-ctx.Done():
			t.Fatal(why())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// crashBinary is the bot built so that it kills itself where it is told to.
func crashBinary(ctx context.Context, t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stimmbote-crash")
	if err := world.BuildBot(ctx, repo(t), path, func(s string) { t.Log(s) }, "crashtest"); err != nil {
		t.Fatal(err)
	}
	return path
}
