package bot

import (
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

func TestVoteFromDraftToResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote  Shall we adopt\nmotion 12? ")
	w.expect(`(?s)^🗳️ Draft: Shall we adopt motion 12\?\n1 = Yes · 2 = No · 3 = Abstain\nConfidential: nobody in the group sees.*adopted with more yes than no.*6 members.*: Anna, Bernd, Chair, Clara, Deniz, Eva\n⚠️ Few are entitled.*\nChair, reply start, change or cancel`, "group")
	w.says("anna", "start")
	w.silent()
	w.says("chair", "Start.")
	fresh := w.new()
	anchors := find(fresh, "group", `^Election fingerprint: \S+\nRoll hash: [0-9a-f]{64}\n`)
	ballot := find(fresh, "eva", `(?s)^🗳️ Ballot: Shall we adopt motion 12\?\nGroup: Grüne Straße\n\n1 = Yes\n2 = No\n3 = Abstain\n.*Whoever runs the bot could see and change it.*token, .*keep it to yourself: \S+$`)
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
	if s := find(fresh, "anna", `^✅ Understood: Yes\. Your vote is in the ballot box\. Nothing more to do\. Wrong\? Send the other number\.\nCheck words: \w+-\w+-\w+ · Code: ([A-Z2-7]{4}-){3}[A-Z2-7]{4}$`); s == nil || !s.Secret {
		t.Errorf("no receipt:\n%s", list(fresh))
	}
	w.now = w.now.Add(progressPause)
	w.settle()
	if !strings.Contains(list(fresh), "redacts $said") || find(w.new(), "group", `^5 of 6 votes are in the ballot box\. Still open: 1\.$`) == nil {
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
	if find(fresh, "group", `^1 has not voted yet\. I close in 60 seconds\. !close again closes at once`) == nil || find(fresh, "eva", `^⏳ Your vote is still missing, 60 seconds are left: Shall`) == nil || find(fresh, "anna", "") != nil {
		t.Errorf("after the first close:\n%s", list(fresh))
	}
	w.says("chair", "!close")
	fresh = w.new()
	order := list(fresh)
	closed, result, file := strings.Index(order, "Closed hash: "), strings.Index(order, "Result: rejected"), strings.Index(order, ".bel")
	if closed < 0 || result < closed || file < result {
		t.Errorf("closed %d, result %d, file %d in:\n%s", closed, result, file, order)
	}
	if find(fresh, "group", `^Result: rejected\nAs many yes as no: that is no majority\.\nVote 1: Shall we adopt motion 12\?\n\nYes: 2 ██\nNo: 2 ██\nAbstain: 1 █\nCast: 5 of 6 entitled\n`) == nil {
		t.Errorf("wrong numbers:\n%s", order)
	}
	if find(fresh, "anna", `(?s)^✅ Counted.*Code: `) == nil || find(fresh, "eva", `^No vote was cast for you`) == nil {
		t.Errorf("wrong outcomes:\n%s", order)
	}
	if got := strings.Count(order, "redacts key:"); got != 6 {
		t.Errorf("%d receipts are taken back, want 6:\n%s", got, order)
	}
	for _, s := range fresh {
		fixed := s.Kind == kindClosed || s.Kind == kindResult
		if fixed && s.ReplyTo != anchors.Key || s.Edits == anchors.Key || fixed && s.Edits != "" {
			t.Errorf("a %s replies to %q and edits %q", s.Kind, s.ReplyTo, s.Edits)
		}
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
	w.expect(`^This vote is over already: Shall we adopt`, "eva")
	if w.log.Len() > 0 {
		t.Errorf("logged: %s", w.log.String())
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.reach[user("anna")], w.line.reach[user("bernd")], w.line.reach[user("eva")] = chat.Invited, chat.Reachable, chat.Unsigned
	w.says("chair", "!vote Zero?")
	w.expect(`\n⚠️ I cannot reach 2 of them now\. Your direct chat says whom\.\n`, "group")
	clear(w.line.reach)
	w.says("chair", "cancel")
	w.new()
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
	w.expect(`^🗳️ Draft: Another`, "group")

	if log := w.log.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}

func TestIgnoredAccountsAreNoVoters(t *testing.T) {
	t.Parallel()
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

func TestTooFewBallots(t *testing.T) {
	t.Parallel()
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
	w.says("chair", "extend 20m")
	w.expect(`^The vote goes on, until 19:20\.$`, "group")
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
	t.Parallel()
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
	w.expect(`(?s)^Result: adopted\n.*Yes: 5 █████\nNo: 1 █\nAbstain: 0\n`, "group")
}
