package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

// paper is what was shown so far.
type paper struct{ world.Said }

// shows waits until something is shown.
func (p *paper) shows(t *testing.T, pattern string, within time.Duration) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	for end := time.Now().Add(within); !re.MatchString(p.String()); {
		if time.Now().After(end) {
			t.Fatalf("%s is not shown within %s; this is:\n%s", pattern, within, p)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// A newcomer's first minute: a vote in which the others take part by
// themselves, rechecked twice, and then Ctrl-C.
func TestConversation(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, code := &paper{}, make(chan int, 1)
	stdin, keyboard, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer keyboard.Close()
	go func() { code <- try(ctx, nil, stdin, out, out) }()
	types := func(text string) {
		t.Helper()
		if _, err := io.WriteString(keyboard, text+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	out.shows(t, `homeserver http://127\.0\.0\.1:\d+, user chair, password \S+`, 10*time.Minute)
	types("dm 1")
	out.shows(t, `not written to you alone yet`, 10*time.Second)
	types("!vote Shall we?")
	out.shows(t, `Group   stimmbote  .*Draft: Shall we\?`, 20*time.Second)
	types("start")
	out.shows(t, `Direct  stimmbote  .*Ballot: Shall we\?`, 20*time.Second)
	out.shows(t, `http://127\.0\.0\.1:\d+/v/\w+#\S+`, 20*time.Second)
	types("dm 1")
	out.shows(t, `Direct  stimmbote  .*Understood: Yes`, 20*time.Second)
	out.shows(t, `Group   stimmbote  \(changed\) 8 of 8 votes`, 40*time.Second)
	types("!close")
	out.shows(t, `Group   stimmbote  Result: (adopted|rejected)`, 20*time.Second)
	out.shows(t, `Check .*stimmbote verify \S+\.bel: it is valid`, 20*time.Second)
	out.shows(t, `Check .*by belenios-tool \(not written by us\): it is valid`, 20*time.Second)
	types("!call")
	out.shows(t, `anna and a guest are in the call, with moving pictures and a beep`, 90*time.Second)
	cancel()
	if got := <-code; got != exitOK {
		t.Errorf("it ends with %d\n%s", got, out)
	}
	if left, _ := filepath.Glob(filepath.Join(temp, "*")); len(left) != 0 {
		t.Errorf("it leaves %v behind", left)
	}
}

// A command line or a script that cannot be read is refused before anything is
// started.
func TestRefuses(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.txt")
	if err := os.WriteFile(bad, []byte("chair> !ping\nzoe> hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, args := range map[string][]string{
		bad + `:2: there is nobody called "zoe"`: {"--script", bad},
		"no such file":                           {"--script", bad + ".not"},
		"A script goes after --script":           {"e2e/testdata/ping.txt"},
		"flag provided but not defined":          {"--nonsense"},
	} {
		var out paper
		if code := try(t.Context(), args, os.Stdin, &out, &out); code != exitUsage || !strings.Contains(out.String(), want) {
			t.Errorf("%v ends with %d and says\n%s\nwant %d and %q", args, code, out.String(), exitUsage, want)
		}
	}
}
