package booth

import (
	"context"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"stimmbote/e2e/world"

	"stimmbote/e2e/eyes"
)

// TestFromTheDirectChatToTheResult is the whole way: the link in the direct chat, the page in each browser, the receipt in the
// chat, the result in the group.
func TestFromTheDirectChatToTheResult(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	w := eyes.Must(world.New(ctx, world.Options{Repo: eyes.Must(filepath.Abs("../.."))(t), Say: func(s string) { t.Log(s) }}))(t)
	defer func() {
		if t.Failed() {
			t.Logf("the bot's last words:\n%s", w.Bot.Log(25))
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}()
	hear := func(who string, chat world.Chat, pattern string) string {
		t.Helper()
		re := regexp.MustCompile(pattern)
		m, err := w.People[who].Inbox.Wait(ctx, chat, func(m world.Message) bool { return re.MatchString(m.Body) }, time.Minute)
		if err != nil {
			all := w.People[who].Inbox.All()
			t.Fatalf("%s waits for %s: %v; the last messages: %+v", who, pattern, err, all[max(0, len(all)-6):])
		}
		return m.Body
	}
	say := func(who string, chat world.Chat, text string) {
		t.Helper()
		eyes.Must(w.People[who].Say(ctx, chat, text))(t)
	}
	say(world.Chair, world.Group, "!vote Shall we adopt motion 12?")
	hear(world.Chair, world.Group, `(?i)draft`)
	say(world.Chair, world.Group, "start")
	hear(world.Chair, world.Group, `(?i)voting is open`)
	link := regexp.MustCompile(`http://\S+/v/\S+#\S+`)
	voters := map[string]string{"anna": "Chromium", "bernd": "Firefox", "clara": "WebKit"}
	checks := make(map[string][]string) // what the page gives each to recognize their ballot by
	for voter, name := range voters {
		its := link.FindString(hear(voter, world.Direct, link.String()))
		t.Run(name, func(t *testing.T) {
			v := visit(t, in(t, name), its, englishReader) // WebKit knows no language and shows the vote's
			v.presses("Yes")
			v.presses("Cast my vote")
			v.sees("Your vote is in the ballot box.")
			checks[voter] = []string{v.part("#words"), v.part("#code")}
		})
	}
	for voter := range voters {
		said := hear(voter, world.Direct, `(?i)ballot box`)
		for _, check := range checks[voter] {
			if !strings.Contains(said, check) {
				t.Errorf("the page told %s %q, the bot says %q", voter, check, said)
			}
		}
	}
	for _, voter := range []string{world.Chair, "deniz"} {
		say(voter, world.Direct, "2")
		hear(voter, world.Direct, `(?i)understood: no`)
	}
	say(world.Chair, world.Group, "!close")
	hear(world.Chair, world.Group, `(?i)1 has not voted yet`)
	say(world.Chair, world.Group, "!close")
	hear(world.Chair, world.Group, `(?i)^result: adopted[\s\S]*yes: 3\b[\s\S]*no: 2\b[\s\S]*cast: 5 of 6`)
}
