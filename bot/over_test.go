package bot

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"stimmbote/voting"
)

// A letter that people have read is not given again for a week: what comes late for a vote that is over counts for no
// other one, and is answered with the question that it was meant for.
func TestLettersRest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	letter := func() string {
		t.Helper()
		l, err := w.bot.letter(t.Context(), w.poll())
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	w.opened("Alone?") // nobody is told its letter
	w.says("chair", "!cancel")
	w.opened("First?")
	w.opened("Second?")
	w.says("chair", "!cancel A")
	w.says("chair", "!cancel B")
	w.opened("Third?")
	if got := letter(); got != "C" {
		t.Errorf("the next vote has the letter %s", got)
	}
	w.tells("anna", "A 1")
	w.expect(`^⚠️ Not counted\. Vote A is over: First\?\nStill open, with the letter in front:\nC 1 …: Third\? `, "anna")
	w.tells("anna", "b resend")
	w.expect(`^⚠️ Not counted\. Vote B is over: Second\?`, "anna")
	w.tells("anna", "A few words")
	w.expect(`^🗳️ Third\?\nI did not understand that`, "anna")
	w.opened("Fourth?")
	w.tells("anna", "B: no")
	w.expect(`^⚠️ Not counted\. Vote B is over: Second\?\n[^\n]*\nC 1 …: Third\? .*\nD 1 …: Fourth\? `, "anna")
	w.restart()
	w.tells("anna", "A 1")
	w.expect(`^⚠️ Not counted\. Vote A is over: First\?`, "anna")
	w.says("chair", "!cancel C")
	w.says("chair", "!cancel D")
	w.new()
	w.tells("anna", "A 1")
	w.expect(`^This vote is over already: First\?`, "anna")

	w.now = w.now.Add(overKept)
	w.settle() // what is old is forgotten
	if all, err := w.store.SettingsNamed(t.Context(), settingOver); err != nil || len(all) != 0 {
		t.Errorf("after a week %v is noted, %v", all, err)
	}
	w.opened("Later?")
	if got := letter(); got != "A" {
		t.Errorf("after a week the letter is %s", got)
	}
}

// When all letters have been in use, the one that has rested for longest is given.
func TestLettersComeRound(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	p, ctx := w.poll(), t.Context()
	var past []over
	for i, l := range strings.Split(letters, "") {
		past = append(past, over{Poll: voting.ID(l), Letter: l, Beside: true, Ended: w.now.Add(time.Duration((i*7)%len(letters)-100) * time.Second)})
	}
	value, err := json.Marshal(past)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.PutSetting(ctx, user("eva"), settingOver, string(value)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ taken, want string }{{"", "A"}, {"A", "H"}, {"AH", "Q"}, {letters, ""}} {
		if got, err := w.bot.rested(ctx, p, test.taken); got != test.want || err != nil {
			t.Errorf("with %q taken it is %q, %v, want %q", test.taken, got, err, test.want)
		}
	}
}

// Who was asked twice and answers without a letter, just after one of the two is over, is asked which they mean; the
// answer counts for nothing until they say so.
func TestABareAnswerAfterAClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	turnout := func(want int) {
		t.Helper()
		if n, _, err := w.bot.Polls.Turnout(t.Context(), w.poll().ID); n != want || err != nil {
			t.Errorf("%d votes are in, %v, want %d", n, err, want)
		}
	}
	ask := `^⚠️ Not counted yet, because I cannot know which vote you mean\. This one is over: First\?\n[^\n]*\nB 1 …: Second\? \(1 = Yes, 2 = No, 3 = Abstain\)`
	w.opened("First?")
	w.opened("Second?")
	for _, name := range people {
		w.tells(name, "A 1")
	}
	w.says("chair", "!close A")
	w.new()
	w.tells("anna", "1")
	w.expect(ask+`$`, "anna")
	turnout(0)
	w.restart()
	w.tells("anna", "ja")
	w.expect(ask, "anna")
	w.tells("anna", "B 1")
	w.expect(`^🗳️ Vote B: Second\?\n✅ Understood: Yes`, "anna")
	turnout(1)
	w.tells("anna", "2") // they know which one is open
	w.expect(`Understood: No`, "anna")
	m := w.message("bernd", "2", true)
	m.ReplyTo = "$" + ballotKey(w.poll().ID, voting.Member(user("bernd")))
	w.hear(m)
	w.expect(`Understood: No`, "bernd")
	w.restart()
	w.now = w.now.Add(time.Minute)
	w.tells("bernd", "1")
	w.expect(ask+`\nYour earlier vote stays in the ballot box\.$`, "bernd")

	w.now = w.now.Add(overNear)
	m = w.message("clara", "1", true) // it was under way for long
	m.At = w.now.Add(-overNear - time.Minute)
	w.hear(m)
	w.expect(ask, "clara")
	w.tells("clara", "1")
	w.expect(`^✅ Understood: Yes`, "clara")
	turnout(3)
}

// An OK without a letter is not taken for that of another vote either.
func TestABareOKAfterAClose(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	for _, question := range []string{"First?", "Second?", "Third?"} {
		w.opened(question + " --no-revote")
	}
	w.tells("anna", "A 1")
	w.tells("anna", "B 2")
	w.expect(`^🗳️ Vote B: Second\?\nYou choose: No\. Right\? Write B OK\.`, "anna")
	w.tells("anna", "OK")
	w.expect(`^Several votes are open now.*\nA OK: First\?\nB OK: Second\?$`, "anna")
	w.says("chair", "!cancel A")
	w.new()
	w.tells("anna", "OK")
	w.expect(`^Several votes are open now.*\nB OK: Second\?$`, "anna")
	w.says("chair", "!cancel C")
	w.new()
	w.tells("anna", "ok")
	w.expect(`^⚠️ Not counted yet, .* This one is over: Third\?\n.*\nB OK: Second\?$`, "anna")
	w.tells("anna", "b ok")
	w.expect(`✅ No\. Your vote is in`, "anna")
}

// In votes that follow each other, an answer that comes before its ballot can be there was meant for the one before.
func TestAnAnswerBeforeItsBallot(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	w.says("chair", "!cancel")
	w.says("chair", "!vote Second?")
	if err := w.bot.Said(t.Context(), w.message("chair", "start", false)); err != nil {
		t.Fatal(err)
	}
	w.new()
	if err := w.bot.Said(t.Context(), w.message("anna", "1", true)); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.expect(`^⚠️ Not counted\. This vote is over: First\?\nThe ballot of the next one is still on its way: Second\?`, "anna")
	w.tells("anna", "1")
	w.expect(`^🗳️ Second\?\n✅ Understood: Yes`, "anna")
}

// Votes of groups that share a member only have letters of their own too.
func TestLettersOfTwoGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	const other = "!other:x"
	for _, m := range w.line.members[group] {
		if m.ID == myself || m.ID == user("anna") {
			w.line.members[other] = append(w.line.members[other], m)
		}
	}
	for i := range 5 {
		w.line.members[other] = append(w.line.members[other], w.line.members[group][0])
		w.line.members[other][len(w.line.members[other])-1].ID = user(fmt.Sprintf("more%d", i))
	}
	w.opened("Here?")
	for _, said := range []string{"!vote There?", "start"} {
		m := w.message("anna", said, false)
		m.Room = other
		w.hear(m)
	}
	w.expect(`^🗳️ Ballot: There\?(?s).*Put the letter in front here: B 1`, "anna")
	w.tells("anna", "B 1")
	w.expect(`^🗳️ Vote B: There\?\n✅ Understood: Yes`, "anna")
	w.tells("more1", "1")
	w.expect(`^✅ Understood: Yes`, "more1")
}

// What the chair says of a vote that is over is not done to the one that is left.
func TestCommandsOfAVoteThatIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	w.opened("Second?")
	w.says("chair", "!cancel A")
	w.says("chair", "cancel")
	w.new()
	for _, text := range []string{"!close A", "!close a", "!cancel A", "!cancel 1", "!extend A 10m"} {
		w.says("chair", text)
		w.expect(`^[A1] is no (open vote\. Open here is|vote that can still be cancelled\. Meant here could be):\n.*Second\?$`, "group")
		if p := w.poll(); p == nil || p.State != voting.StateOpen {
			t.Fatalf("%q did something to the other vote", text)
		}
	}
	w.says("chair", "!extend B 10m")
	w.expect(`^The vote goes on`, "group")
	w.says("chair", "!cancel b")
	w.expect(`^This vote is void.*Second`, "group")
}
