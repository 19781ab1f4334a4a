package bot

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

func TestVoteFromDraftToResult(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!vote  Shall we adopt\nmotion 12? ")
	w.expect(`(?s)^🗳️ Draft: Shall we adopt motion 12\?\n1 = Yes · 2 = No · 3 = Abstain\nNobody in the group sees.*adopted with more yes than no.*6 members.*: Anna, Bernd, Chair, Clara, Deniz, Eva\nChair, reply start or cancel`, "group")
	w.says("anna", "start")
	w.silent()
	w.says("chair", "Start.")
	fresh := w.new()
	anchors := find(fresh, "group", `^Election fingerprint: \S+\nRoll hash: [0-9a-f]{64}\n`)
	ballot := find(fresh, "eva", `(?s)^🗳️ Ballot: Shall we adopt motion 12\?\n1 = Yes\n2 = No\n3 = Abstain\n.*Whoever runs the bot could see and change it.*token: \S+\n.*Keep it to yourself\.$`)
	if anchors == nil || ballot == nil || find(fresh, "group", `^🗳️ Voting is open`) == nil || find(fresh, "group", `^0 of 6 votes are in`) == nil {
		t.Fatalf("after start:\n%s", list(fresh))
	}
	if !ballot.Secret || ballot.Notice || !anchors.Notice {
		t.Errorf("ballot secret %v, notice %v; anchors notice %v", ballot.Secret, ballot.Notice, anchors.Notice)
	}

	for i, answer := range []string{"1", "ja", "JA!", "2", "3"} {
		w.tells(people[i], answer)
	}
	fresh = w.new()
	if s := find(fresh, "anna", `^✅ Understood: Yes\. Your vote is in the ballot box\. Wrong\? Send the other number\. Code: ([A-Z2-7]{4}-){3}[A-Z2-7]{4}$`); s == nil || !s.Secret {
		t.Errorf("no receipt:\n%s", list(fresh))
	}
	if !strings.Contains(list(fresh), "redacts $said") || find(fresh, "group", `^5 of 6 votes are in the ballot box\.$`) == nil {
		t.Errorf("after five answers:\n%s", list(fresh))
	}
	w.tells("anna", "nein")
	w.expect(`(?s)Understood: No.*Your earlier vote and its code`, "anna")
	w.tells("anna", "danke")
	w.silent()

	w.says("bernd", "!close")
	w.expect(`^Only whoever began`, "group")
	w.says("chair", "!close")
	fresh = w.new()
	order := list(fresh)
	closed, result, file := strings.Index(order, "Closed hash: "), strings.Index(order, "Result: rejected"), strings.Index(order, ".bel")
	if closed < 0 || result < closed || file < result {
		t.Errorf("closed %d, result %d, file %d in:\n%s", closed, result, file, order)
	}
	if find(fresh, "group", `^Result: rejected\nShall we adopt motion 12\?\nYes: 2 · No: 2 · Abstain: 1\nCast: 5 of 6 entitled\n`) == nil {
		t.Errorf("wrong numbers:\n%s", order)
	}
	if find(fresh, "anna", `(?s)^✅ Counted.*Code: `) == nil || find(fresh, "eva", `^No vote was cast for you`) == nil {
		t.Errorf("wrong outcomes:\n%s", order)
	}
	if got := strings.Count(order, "redacts key:"); got != 6 {
		t.Errorf("%d receipts are taken back, want 6:\n%s", got, order)
	}
	for _, s := range fresh {
		if s.File == nil {
			continue
		}
		report, err := belenios.Verify(s.File.Data)
		if err != nil || report.Fingerprint == "" || !strings.Contains(order, report.ClosedHash) ||
			!strings.Contains(anchors.Plain, report.Fingerprint) || !strings.Contains(anchors.Plain, report.RollHash) {
			t.Errorf("verifying the archive: %+v, %v", report, err)
		}
	}
	if w.poll() != nil {
		t.Errorf("the poll has not ended: %+v", w.poll())
	}
	w.tells("eva", "1")
	w.expect(`^No vote is open for you`, "eva")
	if w.log.Len() > 0 {
		t.Errorf("logged: %s", w.log.String())
	}
}

func TestDrafts(t *testing.T) {
	w := newWorld(t, "en")
	w.says("chair", "!vote")
	w.expect(`^Please write the question`, "group")
	w.says("chair", "start")
	w.silent()
	w.says("chair", "!vote One?")
	w.says("chair", "!close")
	w.expect(`^The vote has not begun`, "group")
	w.says("chair", "abbrechen")
	w.expect(`^The draft is cancelled`, "group")
	if w.poll() != nil {
		t.Error("the draft is still there")
	}

	w.says("chair", "!vote Two?")
	w.says("chair", "!vote Three?")
	if p := w.poll(); p.Question != "Three?" {
		t.Errorf("the newest draft asks %q", p.Question)
	}
	m := w.message("chair", "start", false)
	m.Thread = "$elsewhere"
	w.hear(m)
	if p := w.poll(); p.State != voting.StateDraft {
		t.Error("a word in another thread opened the vote")
	}
	m = w.message("chair", "start", false)
	m.Encrypted = false
	w.hear(m)
	w.expect(`^Your message was not encrypted`, "group")

	w.join("frida")
	w.says("chair", "start")
	w.expect(`(?s)7 members.*Frida`, "group")
	if p := w.poll(); p.State != voting.StateDraft {
		t.Error("a vote with another roll than the draft's was opened")
	}
	m = w.message("chair", "start", false)
	m.Thread = "$" + key(w.poll().ID, "draft")
	w.hear(m)
	if p := w.poll(); p.State != voting.StateOpen {
		t.Error("a start in the card's thread did not open the vote")
	}
	w.new()
	w.says("eva", "!vote Another?")
	w.expect(`^Somebody in this group still has an open ballot`, "group")

	w.line.plainRoom = true
	w.says("eva", "!vote Another?")
	w.expect(`^This group is not encrypted`, "group")
	if log := w.log.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}

func TestIgnoredAccountsAreNoVoters(t *testing.T) {
	w := newWorld(t, "en")
	w.join("otherbot")
	w.says("otherbot", "!ping")
	w.silent()
	w.says("chair", "!vote One?")
	if got := len(w.poll().Roll); got != len(people) {
		t.Errorf("%d on the roll, want %d", got, len(people))
	}
	for _, name := range people[:2] {
		w.leave(name)
	}
	w.says("chair", "!vote One?")
	w.expect(`^This group is too small`, "group")
}

func TestAnswersThatDoNotCount(t *testing.T) {
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
		{"unclear", "anna", "vielleicht", nil, `^I did not understand.*1 = Yes, 2 = No, 3 = Abstain$`, false},
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
	w.says("anna", "1")
	w.silent()
}

func TestHintsEnd(t *testing.T) {
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

func TestTooFewBallots(t *testing.T) {
	w := newWorld(t, "en")
	w.opened("One?")
	w.says("chair", "end")
	w.silent()
	for _, name := range people[:4] {
		w.tells(name, "1")
	}
	w.new()
	w.says("chair", "!close")
	w.expect(`(?s)^4 votes are in.*at least 5 have voted.*extend.*open.*end`, "group")
	w.says("anna", "end")
	w.silent()
	w.says("chair", "open")
	w.expect(`^I do not hold open votes`, "group")
	w.says("chair", "extend")
	w.expect(`^The vote goes on`, "group")
	w.says("chair", "end")
	w.silent()
	w.restart()
	w.says("chair", "!close")
	w.expect(`^4 votes`, "group")
	w.line.power[user("deniz")] = 50
	w.says("deniz", "end")
	fresh := w.new()
	if find(fresh, "group", `^The vote was ended without a result`) == nil || find(fresh, "eva", `^One\?\nThis vote was ended`) == nil ||
		strings.Count(list(fresh), "redacts $poll/") != 4 {
		t.Errorf("after end:\n%s", list(fresh))
	}
	if w.poll() != nil {
		t.Error("the poll has not ended")
	}
	w.says("chair", "!close")
	w.expect(`^There is no vote open`, "group")
}

func TestClosesWhenEverybodyHasVoted(t *testing.T) {
	w := newWorld(t, "en")
	w.opened("One?")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.expect(`^All 6 votes are in\. I close in 60 seconds`, "group")
	w.now = w.now.Add(grace - time.Second)
	w.tells("anna", "2")
	w.expect(`Understood: No`, "anna")
	w.restart()
	w.settle()
	w.silent()
	w.now = w.now.Add(grace)
	w.settle()
	w.expect(`(?s)^Result: adopted\n.*Yes: 5 · No: 1 · Abstain: 0`, "group")
}

func TestEveryMessageIsDealtWithOnce(t *testing.T) {
	w := newWorld(t, "en")
	again := func(m chat.Message) {
		t.Helper()
		w.hear(m)
		w.restart()
		before := len(w.sent)
		w.hear(m)
		if len(w.sent) != before {
			t.Errorf("%q heard again: %s", m.Body, list(w.sent[before:]))
		}
	}
	again(w.message("chair", "!ping", false))
	again(w.message("chair", "!vote One?", false))
	again(w.message("chair", "start", false))
	for _, name := range people[:5] {
		again(w.message(name, "1", true))
	}
	again(w.message("chair", "!call", false))
	again(w.message("chair", "!close", false))
	if w.poll() != nil {
		t.Error("the poll has not ended")
	}
}

// TestCrashes dies at each checkpoint and goes on from the disk.
func TestCrashes(t *testing.T) {
	type crash struct{}
	w := newWorld(t, "en")
	w.opened("One?")
	dying := func(at string, do func()) {
		t.Helper()
		died := false
		w.hook = func(name string) {
			if name == at {
				died = true
				panic(crash{})
			}
		}
		defer func() {
			if p := recover(); p != nil && p != any(crash{}) {
				panic(p)
			}
			if !died {
				t.Errorf("nothing died at %s", at)
			}
			w.hook = nil
			w.restart()
		}()
		do()
	}
	votes := func() int {
		t.Helper()
		n, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}

	m := w.message("anna", "1", true)
	dying("cast.before-durable", func() {
		p, err := w.bot.Polls.OpenFor(t.Context(), voting.Member(m.Sender))
		if err != nil {
			t.Fatal(err)
		}
		_ = w.bot.cast(t.Context(), m, p, voting.Yes)
	})
	if votes() != 0 {
		t.Fatal("a vote without its receipt is in the box")
	}
	w.hear(m)
	w.expect(`Understood: Yes`, "anna")

	m = w.message("bernd", "1", true)
	dying("cast.after-durable", func() { w.hear(m) })
	if votes() != 2 {
		t.Fatal("a durable vote is lost")
	}
	w.hear(m)
	w.expect(`Understood: Yes`, "bernd")

	for _, name := range people[2:] {
		w.tells(name, "2")
	}
	w.new()
	dying("close.after-hash", func() { w.says("chair", "!close") })
	hash := w.poll().ClosedHash
	w.settle()
	fresh := w.new()
	if find(fresh, "group", `^Result: rejected`) == nil || strings.Count(list(fresh), "Closed hash: "+hash) != 1 {
		t.Errorf("after the crash:\n%s", list(fresh))
	}
}

func TestErrorsAreNotShown(t *testing.T) {
	w := newWorld(t, "en")
	w.line.broken = errors.New("the cellar is under water")
	w.says("chair", "!vote One?")
	w.expect(`^Something went wrong on my side`, "group")
	if log := w.log.String(); strings.Count(log, "\n") != 1 || !strings.Contains(log, "cellar") || strings.Contains(log, "One?") {
		t.Errorf("logged: %s", log)
	}
}

// failingPolls fails to list the polls of a place once it has done so a few times.
type failingPolls struct {
	polls
	good int
}

func (p *failingPolls) InPlace(ctx context.Context, place voting.Place) ([]*voting.Poll, error) {
	if p.good--; p.good < 0 {
		return nil, errors.New("the disk is gone")
	}
	return p.polls.InPlace(ctx, place)
}

func TestAnErrorIsNotCalledNoVote(t *testing.T) {
	w := newWorld(t, "en")
	w.bot.Polls = &failingPolls{polls: w.bot.Polls, good: 1}
	w.says("chair", "!close")
	w.expect(`^Something went wrong on my side`, "group")
}

// TestAnswersAreTakenBack lets answers come when they cannot be counted, or end with the poll.
func TestAnswersAreTakenBack(t *testing.T) {
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
	for _, m := range []chat.Message{w.message("chair", "!close", false), w.message("eva", "1", true)} {
		if err := w.bot.Said(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	if fresh = w.new(); find(fresh, "eva", `^The vote is closed already`) == nil || !strings.Contains(list(fresh), "redacts $said") {
		t.Errorf("after the close:\n%s", list(fresh))
	}
}
