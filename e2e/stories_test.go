package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/script"
	"stimmbote/e2e/world"
)

// The stories hold, and everything that the bot says in them is readable to
// clients that believe signed devices only.
func TestStories(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			w := stage.enter(t)
			f, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			lines, err := script.Parse(file, f, world.Everybody())
			if err != nil {
				t.Fatal(err)
			}
			if script.NeedsTellers(lines) {
				return // it is played where there are some: e2e/tellers
			}
			from := map[string]int{}
			for name, p := range w.People {
				from[name] = p.Inbox.Len()
			}
			if err := script.Play(limit(t, 4*time.Minute), w, lines, t.Output()); err != nil {
				t.Fatal(err)
			}
			for name, p := range w.People {
				for _, m := range p.Inbox.All()[from[name]:] {
					if m.Bot && (m.Unreadable != "" || m.Redacts == "" && !(m.Encrypted && m.Trusted)) {
						t.Errorf("%s cannot read or trust %+v", name, m)
					}
				}
			}
		})
	}
}

// A story that does not hold says which line, what was expected, and what the
// person of that line could read.
func TestStoryThatFails(t *testing.T) {
	w := shared(t)
	for text, want := range map[string][]string{
		"chair> !ping\nchair< (?i)works\nchair< (?i)never said within 100ms\n": {
			"x.txt:3: chair< (?i)never said within 100ms\n", "expected: a message of the bot in chair's group chat that matches (?i)never said, within 100ms",
			"the last messages that chair could read:", "Group   chair: !ping\n", "The bot works.",
		},
		"anna! (?i)never said within 1s\nanna> !ping\nanna! (?i)works\n": {"x.txt:3: ", "expected: no message of the bot that matches (?i)works in the next 3s", "but: this one came: "},
		"$ echo out; exit 3\n":                   {"x.txt:1: ", "expected: exit status 0", "but: exit status 3\n       out"},
		"$! true\n":                              {"expected: an exit status other than 0"},
		"chair> !ping\nchair< works\nset X (z)(": nil,
		"chair> !ping\nchair< works\nset X (z)z": {"expected: the message last matched to match (z)z", "it says: "},
	} {
		lines, err := script.Parse("x.txt", strings.NewReader(text), world.Everybody())
		if want == nil {
			if err == nil {
				t.Errorf("%q parses", text)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		err = script.Play(limit(t, time.Minute), w, lines, t.Output())
		failure, ok := errors.AsType[*script.Failure](err)
		if !ok {
			t.Errorf("%q ends with %v, want a failure", text, err)
			continue
		}
		for _, part := range want {
			if !strings.Contains(failure.Error(), part) {
				t.Errorf("%q ends with\n%s\nwhich lacks %q", text, failure, part)
			}
		}
	}
}

// What a command of a story can see and use.
func TestStoryCommands(t *testing.T) {
	t.Setenv("CALLER", "kept") // which no test may do beside others
	w := common.enter(t)
	const text = `
chair> !ping
chair< (?i)the (bot) works
set WHO (?i)the (bot)
$ test ${WHO} = bot -a "$CALLER" = kept -a "$WHO" = "" -a "${OTHER:-none}" = none
$ test "$USER_ANNA" = @anna:localhost -a "$BOT" = @stimmbote:localhost -a -n "$TOKEN_EVA" -a -f "$REPO/go.mod"
$ test "$(curl -s -H "Authorization: Bearer $TOKEN_ANNA" "$HS/_matrix/client/v3/account/whoami" | grep -c "$USER_ANNA")" = 1 || ! command -v curl
$ stimmbote version
$! stimmbote nonsense
$ echo '$1' | grep -F '$1'
`
	lines, err := script.Parse("x.txt", strings.NewReader(text), world.Everybody())
	if err != nil {
		t.Fatal(err)
	}
	if err := script.Play(limit(t, time.Minute), w, lines, t.Output()); err != nil {
		t.Fatal(err)
	}
}
