package tellers

import (
	"context"
	"regexp"
	"testing"

	"stimmbote/e2e/world"
)

// TestHostileBot: a bot that was built to lie ends in an alarm or a refusal that members read from the machines, whatever
// it lies about; there is no result that nobody agreed to. (bot/lies_test.go has more lies, without a homeserver.)
func TestHostileBot(t *testing.T) {
	e := begin(t, usual)
	sound := e.Bot.Binary
	t.Cleanup(func() {
		if t.Failed() {
			return // nobody goes on with this evening
		}
		e.Bot.Binary, e.Bot.Env = sound, nil
		if err := e.Bot.Restart(context.WithoutCancel(e.ctx)); err != nil {
			t.Error(err)
		}
	})
	e.Bot.Binary = e.faulty()
	for _, lie := range []struct {
		name, want string
		opens      bool // it is told so late that people have voted
	}{
		{"question", `Alarm.*\n.*Something else is asked`, false},
		{"key", `Alarm.*\n.*A key in this vote is not the one`, false},
		{"credentials", `Alarm.*\n.*not exactly one vote for each line`, false},
		{"voters", `do not give my part.*\n.*list of those who voted`, true},
		{"one", `do not give my part.*\n.*fewer ballots than may be opened`, true},
		{"share", `do not give my part.*\n.*The bot's part is wrong`, true},
	} {
		e.Bot.Env = []string{"STIMMBOTE_LIE=" + lie.name}
		if err := e.Bot.Restart(e.ctx); err != nil {
			t.Fatal(err)
		}
		e.lied(lie.name, lie.want, lie.opens)
	}
}

// lied holds a vote in which the bot lies, up to the words of the machines.
func (e *evening) lied(lie, want string, opens bool) {
	t, chair := e.t, e.People[world.Chair]
	t.Helper()
	for _, p := range e.People {
		p.Inbox.Skip()
	}
	from, question := chair.Inbox.Len(), "Shall we believe "+lie+"?"
	e.says("chair", world.Group, "!vote "+question)
	e.hears("chair", world.Group, `(?s)Draft.*`+regexp.QuoteMeta(question))
	e.says("chair", world.Group, "start")
	if opens {
		e.everybodyVotes(question)
		e.says("chair", world.Group, "!close")
	}
	said := e.hears("chair", world.Group, want)
	if !said.Holder || !said.Encrypted || !said.Trusted {
		t.Errorf("%s: it is not a machine that says so: %+v", lie, said)
	}
	e.hears("chair", world.Group, `🔴`) // the bot admits it
	if opens {
		e.says("chair", world.Group, "!cancel")
		e.hears("chair", world.Group, `(?i)nothing of this vote will be opened`)
	}
	for _, m := range chair.Inbox.All()[from:] {
		if m.Chat == world.Group && regexp.MustCompile(`^Result: `).MatchString(m.Body) || !opens && regexp.MustCompile(`(?i)voting is open`).MatchString(m.Body) {
			t.Errorf("%s: %s says %s", lie, m.Sender, m.Body)
		}
	}
}
