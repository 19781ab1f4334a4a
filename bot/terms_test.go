package bot

import (
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// asked returns the newest draft's terms after a command.
func (w *world) terms(command string) voting.Terms {
	w.t.Helper()
	w.now = w.now.Add(commandsWithin)
	w.says("chair", command)
	p := w.poll()
	if p == nil || p.State != voting.StateDraft {
		w.t.Fatalf("%q: %s", command, list(w.new()))
	}
	w.new()
	return p.Terms
}

func TestTermsAreRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	for command, want := range map[string]time.Duration{
		"!vote A? --for 10m": 10 * time.Minute, "!vote A? --for 10": 10 * time.Minute, "!vote A? --for 10 minutes": 10 * time.Minute,
		"!abstimmung A? —dauer 2 Stunden": 2 * time.Hour, "!vote A? --for=1h30m": 90 * time.Minute, "!vote A? --for „1 hour and 15 min“": 75 * time.Minute,
		"!vote A? --dauer 2 Tage": 48 * time.Hour, "!vote A? --for 90s": 90 * time.Second,
	} {
		if got := w.terms(command); got.Lasts != want || w.poll().Question != "A?" {
			t.Errorf("%q lasts %v and asks %q", command, got.Lasts, w.poll().Question)
		}
	}
	w.now = time.Date(2026, 3, 1, 19, 0, 0, 0, time.UTC)
	for command, want := range map[string]string{
		"!vote A? --until 23:15": "01T23:15", "!vote A? --until 20.30 Uhr": "01T20:30", "!vote A? --bis morgen 8:00": "02T08:00", "!vote A? --until 8": "02T08:00",
		"!vote A? --until 11pm": "01T23:00", "!vote A? --until 3.3. 18:00": "03T18:00", "!vote A? --until 2026-03-04 12:00": "04T12:00",
	} {
		if got := w.terms(command).Until.Format("02T15:04"); got != want || w.poll().Question != "A?" {
			t.Errorf("%q is until %v and asks %q", command, got, w.poll().Question)
		}
	}
	got := w.terms("!vote A? --open --hide-voters --no-revote --objection 5m --rehearsal --who @anna @bernd @clara @deniz @eva")
	if got.Level != voting.Open || !got.HideVoters || !got.NoRevote || got.Objection != 5*time.Minute || !got.Rehearsal || !got.Picked || len(w.poll().Roll) != 5 {
		t.Errorf("terms are %+v for %v", got, w.poll().Roll)
	}
	if got := w.terms("!vote A?"); got != (voting.Terms{}) {
		t.Errorf("with nothing said: %+v", got)
	}
	for command, want := range map[string]string{
		"!vote A? --for soon":                     `^I do not understand: --for soon`,
		"!vote A? --for 1s":                       `^That is too short`,
		"!vote A? --for 9 days":                   `^`,
		"!vote A? --until never":                  `^I do not understand: --until never`,
		"!vote A? --level secret":                 `^This group has no tellers`,
		"!vote A? --level \"separate registrar\"": `^This level is not to be had here yet`,
		"!vote A? --level purple":                 `^I do not understand: --level purple`,
		"!vote A? --who call":                     `^None of the members is in the call by`,
		"!vote A? --who file":                     `^Please send the file into this group first`,
		"!vote A? --who @nobody":                  `^Among the members with a vote nobody has that name`,
		"!vote A? --who power:x":                  `^I do not understand: --who power:x`,
		"!vote A? --who power:100":                `^Nobody here has power 100`,
		"!vote A? --of present":                   `^None of the members is in the call .* so nobody is present`,
	} {
		w.now = w.now.Add(commandsWithin)
		w.says("chair", command)
		w.expect(want, "group")
	}
}

func TestTheDraftSaysHowItIsHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote A? --for 10m --no-revote --hide-voters --objection 5m")
	w.expect(`(?s)\nOpen for 10 minutes from the start, or until 60 seconds after the last vote\.\nThe first vote counts, it cannot be changed\.\nWho voted is not published\.\nBefore the count: 5 minutes for objections`, "group")
	w.says("chair", "change until 21:00, open and revote, as a rehearsal")
	w.expect(`(?s)Rehearsal: not secret, not binding.*\nOpen until 21:00`, "group")
	w.says("chair", "change confidential, no deadline")
	w.expect(`Open until !close, or until 60 seconds after the last vote; 7 days at most`, "group")
	w.join("_bridged_eve")
	w.join("robot")
	w.says("chair", "!exclude @robot")
	w.expect(`Without a vote: Robot, _bridged_eve`, "group")
	w.says("chair", "!vote B?")
	w.expect(`(?s)6 members are entitled.*\nWithout a vote: Robot, _bridged_eve\n`, "group")
	w.says("chair", "!exclude @robot --end")
	w.says("chair", "!vote B?")
	w.expect(`7 members are entitled`, "group")
}

func TestOpenVotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A? --open")
	p := w.poll()
	w.tells("anna", "1")
	w.expect(`^✅ Understood: Yes\. Your vote is in the ballot box\. Nothing more to do\. Wrong\? Send the other number\.$`, "anna")
	w.tells("bernd", "no")
	w.new()
	w.closes("chair")
	fresh := w.new()
	if find(fresh, "group", `(?s)^The vote is closed: A\?\n2 of 6 have voted: Anna, Bernd$`) == nil ||
		find(fresh, "group", `(?s)^Result: rejected\n.*Anna: Yes\nBernd: No$`) == nil || find(fresh, "anna", `^✅ Counted`) == nil || find(fresh, "eva", `^No vote was cast`) == nil {
		t.Errorf("after the close:\n%s", list(fresh))
	}
	if find(fresh, "group", `\.bel`) != nil || p.Fingerprint != "" {
		t.Error("an open vote has an archive")
	}
	ballot := find(w.sent, "eva", `^🗳️ Ballot: A`)
	if ballot == nil || !strings.Contains(ballot.Plain, "everybody sees your answer with your name") || strings.Contains(ballot.Plain, "token") {
		t.Errorf("the ballot: %+v", ballot)
	}
}

func TestRehearsals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A? --rehearsal")
	w.tells("anna", "1")
	w.new()
	w.closes("chair")
	w.expect(`(?s)^🎭 Rehearsal: not secret, not binding\.\nResult: adopted\n`, "group")
	for _, s := range w.sent {
		if s.File != nil && strings.HasSuffix(s.File.Name, ".bel") {
			t.Error("a rehearsal has an archive")
		}
	}
}

func TestTooFewAtTheDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A? --for 12m")
	w.tells("anna", "1")
	w.now = w.now.Add(12 * time.Minute)
	w.settle()
	w.expect(`^1 vote is in the ballot box\..*\nWhat shall happen\?`, "group")
	w.settle()
	w.restart()
	w.settle()
	w.silent()
	w.says("chair", "extend 20 minutes")
	w.expect(`^The vote goes on, until 19:32`, "group")
	w.now = w.now.Add(20 * time.Minute)
	w.settle()
	w.new()
	w.says("chair", "open")
	fresh := w.new()
	if find(fresh, "group", `^This vote is void`) == nil || find(fresh, "eva", `^A\?\nThis vote is void, please do not answer any more`) == nil ||
		find(fresh, "group", `(?s)^🗳️ Draft: A\?\n.*Open vote: at the end everybody sees`) == nil {
		t.Errorf("after open:\n%s", list(fresh))
	}
	w.says("chair", "start")
	if p := w.poll(); p.State != voting.StateOpen || p.Level() != voting.Open {
		t.Errorf("the open vote is %+v", p)
	}
}

func TestCancelVoidsAndAsksAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A?")
	w.tells("anna", "1")
	w.new()
	w.says("bernd", "!cancel")
	w.expect(`^Only whoever began`, "group")
	w.says("chair", "!cancel")
	fresh := w.new()
	if find(fresh, "group", `^This vote is void, please do not answer any more: A\?`) == nil || find(fresh, "anna", `This vote is void`) == nil ||
		find(fresh, "group", `^🗳️ Draft: A\?`) == nil || strings.Count(list(fresh), "redacts $poll/") != 1 {
		t.Errorf("after cancel:\n%s", list(fresh))
	}
	w.says("chair", "!cancel")
	w.expect(`^The draft is cancelled`, "group")
	w.says("chair", "!cancel")
	w.expect(`^There is no vote open`, "group")
	if w.line.renewed == 0 {
		t.Error("the key of the encryption is not renewed")
	}
}

func TestSeveralOpenBallots(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	first := w.poll().ID
	w.says("chair", "!vote Second? Red | Blue")
	w.says("chair", "start")
	second := w.poll().ID
	w.expect(`(?s)^🗳️ Ballot: Second\?.*Another vote is open as well\. Put the letter in front here: B 1`, "anna")
	cast := func(id voting.ID) int {
		t.Helper()
		n, _, err := w.bot.Polls.Turnout(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	m := w.message("anna", "1", true)
	w.hear(m)
	fresh := w.new()
	if find(fresh, "anna", `(?s)^Several votes are open now.*\nA 1 …: First\? \(1 = Yes.*\nB 1 …: Second\? \(1 = Red`) == nil || !strings.Contains(list(fresh), "redacts "+m.ID) {
		t.Errorf("a bare 1:\n%s", list(fresh))
	}
	w.tells("anna", "B 2")
	w.expect(`Understood: Blue`, "anna")
	w.tells("anna", "a: ja")
	w.expect(`Understood: Yes`, "anna")
	w.tells("bernd", "b1")
	w.expect(`Understood: Red`, "bernd")
	m = w.message("clara", "1", true)
	m.ReplyTo = "$" + ballotKey(second, voting.Member(user("clara")))
	w.hear(m)
	w.expect(`Understood: Red`, "clara")
	w.tells("deniz", "resend")
	fresh = w.new()
	again := find(fresh, "deniz", `^🗳️ Ballot: First`)
	if again == nil || find(fresh, "deniz", `^🗳️ Ballot: Second`) == nil {
		t.Fatalf("after resend:\n%s", list(fresh))
	}
	m = w.message("deniz", "2", true)
	m.ReplyTo = "$" + again.Key
	w.hear(m)
	w.expect(`Understood: No`, "deniz")
	if cast(first) != 2 || cast(second) != 3 {
		t.Errorf("%d and %d votes, want 2 and 3", cast(first), cast(second))
	}
	w.says("chair", "!close")
	w.expect(`(?s)^Several votes are open here.*\nA: First\?\nB: Second\?`, "group")
	w.says("chair", "!cancel b")
	w.expect(`^This vote is void.*Second`, "group")
	w.tells("eva", "1")
	w.expect(`^⚠️ Not counted yet, .* This one is over: Second\?`, "eva")
	w.tells("eva", "a 1")
	w.expect(`Understood: Yes`, "eva")
}

func TestFinalVotesAreConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A? --no-revote")
	cast := func() int {
		t.Helper()
		n, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	m := w.message("anna", "1", true)
	w.hear(m)
	if fresh := w.new(); find(fresh, "anna", `^You choose: Yes\. Right\? Write OK\.`) == nil || !strings.Contains(list(fresh), "redacts "+m.ID) || cast() != 0 || !slices.Contains(w.line.burned, m.ID) {
		t.Errorf("an answer:\n%s", list(fresh))
	}
	w.tells("anna", "2")
	w.expect(`^You choose: No`, "anna")
	w.restart()
	w.tells("anna", "Ok!")
	w.expect(`^✅ No\. Your vote is in the ballot box\. Nothing more to do`, "anna")
	w.tells("anna", "1")
	w.expect(`^You have voted already`, "anna")
	w.tells("anna", "ok")
	w.silent()

	// The answer and its OK may come one right behind the other.
	for _, body := range []string{"ja", "OK"} {
		if err := w.bot.Said(t.Context(), w.message("bernd", body, true)); err != nil {
			t.Fatal(err)
		}
	}
	w.settle()
	w.expect(`^✅ Yes`, "bernd")

	w.tells("clara", "1")
	w.new()
	w.now = w.now.Add(askAgain)
	w.settle()
	w.expect(`^You choose: Yes`, "clara")
	w.now = w.now.Add(askAgain)
	w.settle()
	w.silent()
	for _, name := range []string{"chair", "deniz", "eva"} {
		w.tells(name, "3")
		w.tells(name, "okay")
	}
	w.new()
	w.closes("chair")
	w.expect(`^⚠️ Not counted: A\?\nYour OK did not come`, "clara")
	w.expect(``)
	if values, err := w.store.SettingsNamed(t.Context(), settingPending); err != nil || len(values) != 0 {
		t.Errorf("answers are left: %v, %v", values, err)
	}
}

func TestObjectionsHoldTheCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A? --objection 10m")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.says("chair", "!close")
	w.expect(`(?s)^The vote is closed: A\?\n.*The count begins at 19:10\. Until then !objection holds it`, "group")
	w.says("eva", "!objection I could not hear the question")
	w.expect(`^✋ Objection of Eva, I do not count: A\?`, "group")
	w.now = w.now.Add(time.Hour)
	w.settle()
	w.silent()
	w.says("chair", "!close")
	fresh := w.new()
	if find(fresh, "group", `^The count goes on, the objection stays recorded`) == nil || find(fresh, "group", `^Result: adopted`) == nil {
		t.Errorf("after going on:\n%s", list(fresh))
	}
}

func TestEditsAndSounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A?")
	m := w.message("anna", "2", true)
	m.Edits = "$before"
	w.hear(m)
	w.expect(`^I cannot count edited messages`, "anna")
	w.tells("anna", "1")
	w.new()
	m = w.message("anna", "2", true)
	m.Edits = "$before"
	w.hear(m)
	w.expect(`^Your vote stays as it is: edited messages do not count`, "anna")
	m = w.message("bernd", "", true)
	m.Kind = chat.Voice
	w.hear(m)
	w.expect(`^I cannot count pictures, stickers or voice messages\.\nPlease send only one number`, "bernd")
}

func TestARestartIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A?")
	w.tells("anna", "1")
	w.restart()
	if err := w.bot.resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.new()
	w.settle()
	w.expect(`^Restarted at 19:00, the vote goes on unchanged: 1 of 6 is cast\. A\?$`, "group")
}
