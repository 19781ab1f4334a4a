package bot

import (
	"errors"
	"strings"
	"testing"

	"stimmbote/chat"
)

func TestAnswersThatDoNotCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.leave("eva") // was a member once
	w.opened("One?")
	w.join("eva") // came too late
	w.join("late")
	tests := []struct {
		name, who, body string
		change          func(*chat.Message)
		want            string // empty: silence
		redacted        bool
	}{
		{"unclear", "anna", "vielleicht", nil, `(?s)^I did not understand.*1 = Yes, 2 = No, 3 = Abstain$`, false},
		{"both", "anna", "1 oder 2", nil, `^I did not understand`, false},
		{"no such number", "anna", "4", nil, `^I did not understand`, false},
		{"thanks before the vote", "anna", "ok", nil, `^I did not understand`, false},
		{"sticker", "anna", "", func(m *chat.Message) { m.Kind = chat.Other }, `^I cannot count pictures`, false},
		{"not encrypted", "anna", "1", func(m *chat.Message) { m.Encrypted, m.Trusted = false, false }, `not encrypted`, true},
		{"not verified", "anna", "1", func(m *chat.Message) { m.Trusted = false }, `not verified`, true},
		{"came too late", "eva", "1", nil, `^You are not entitled`, true},
		{"never a member", "stranger", "1", nil, `^No vote is open for you`, true},
		{"small talk of a stranger", "stranger", "hello", nil, `^Right now there is no vote`, false},
		{"more small talk", "stranger", "hello?", nil, ``, false},
		{"an unknown command", "anna", "!xyz", nil, `^I did not understand`, false},
		{"a group's command", "anna", "!vote", nil, `^Please write !vote in the group`, false},
	}
	for _, test := range tests {
		m := w.message(test.who, test.body, true)
		if test.change != nil {
			test.change(&m)
		}
		w.hear(m)
		fresh := w.new()
		if test.want == "" && len(fresh) > 0 || test.want != "" && find(fresh, test.who, test.want) == nil {
			t.Errorf("%s: got\n%s", test.name, list(fresh))
		}
		if got := strings.Contains(list(fresh), "redacts "+m.ID); got != test.redacted {
			t.Errorf("%s: redacted is %v, want %v", test.name, got, test.redacted)
		}
	}
	w.leave("bernd")
	w.tells("bernd", "1")
	w.expect(`no longer a member`, "bernd")
	if cast, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); cast != 0 || err != nil {
		t.Errorf("%d votes, %v, want none", cast, err)
	}

	m := w.message("anna", "1", false)
	m.Room = "!own:x"
	w.line.members["!own:x"] = []chat.Member{{ID: user("anna")}, {ID: myself}}
	w.hear(m)
	if s := w.new(); len(s) != 1 || !strings.Contains(s[0].Plain, "direct chat that your ballot is in") || s[0].Room != "!own:x" {
		t.Errorf("in a room of their own:\n%s", list(s))
	}
	w.says("anna", "ja")
	w.silent()
	w.now = w.now.Add(hintsWithin)
	w.says("anna", "1")
	w.expect(`^⚠️ Not counted\. Your answer is in the group, and I may not remove it`, "anna")
	w.line.power[myself] = 50
	m = w.message("anna", "2️⃣", false)
	w.hear(m)
	fresh := w.new()
	if find(fresh, "anna", `^⚠️ Not counted\. Your answer was in the group, I removed it`) == nil || !strings.Contains(list(fresh), "group: \"redacts "+m.ID) {
		t.Errorf("an answer in the group:\n%s", list(fresh))
	}
	w.says("stranger", "1")
	w.silent()
}

func TestHintsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	for range 2 * mostHints {
		w.tells("anna", "unknown command")
	}
	if got := len(w.new()); got != mostHints {
		t.Errorf("%d hints, want %d", got, mostHints)
	}
	m := w.message("anna", "1", true)
	m.Trusted = false
	w.hear(m)
	if got := list(w.new()); got != "group: \"redacts "+m.ID+"\"\n" {
		t.Errorf("for an answer after the last hint:\n%s", got)
	}
	w.now = w.now.Add(hintsWithin)
	w.tells("anna", "hm")
	w.expect(`^I did not understand`, "anna")
}

// TestAnswersAreTakenBack lets answers come when they cannot be counted, or end with the poll.
func TestAnswersAreTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	m := w.message("anna", "1", true)
	w.line.broken = errors.New("the cellar is under water")
	w.hear(m)
	w.line.broken = nil
	fresh := w.new()
	if find(fresh, "anna", `^Something went wrong`) == nil || !strings.Contains(list(fresh), "redacts "+m.ID) {
		t.Errorf("after an error:\n%s", list(fresh))
	}

	w.says("chair", "!close")
	w.new()
	m = w.message("anna", "1", true)
	for _, m := range []chat.Message{m, w.message("chair", "end", false)} {
		if err := w.bot.Said(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	if fresh = w.new(); !strings.Contains(list(fresh), "redacts "+m.ID) {
		t.Errorf("the end of the poll dropped a redaction:\n%s", list(fresh))
	}

	w.opened("Two?")
	for _, name := range people[:5] {
		w.tells(name, "1")
	}
	w.new()
	for _, m := range []chat.Message{w.message("chair", "!close", false), w.message("chair", "!close", false), w.message("eva", "1", true)} {
		if err := w.bot.Said(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	if fresh = w.new(); find(fresh, "eva", `^This vote is over already: Two\?`) == nil || !strings.Contains(list(fresh), "redacts $said") {
		t.Errorf("after the close:\n%s", list(fresh))
	}
}
