package bot

import (
	"fmt"
	"regexp"
	"slices"
	"testing"

	"stimmbote/voting"
)

// The vote that was opened while the group is in its call comes first of several; a bare number
// still counts for none.
func TestAVoteInACallComesFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!call")
	w.opened("First?")
	w.bot.CallChanged(w.callRoom(), persons("Anna", "Bernd", "Clara"))
	w.opened("Second?")
	w.tells("anna", "1")
	w.expect(`(?s)^Several votes are open now.*\nB 1 …: Second\? .*\nA 1 …: First\? `, "anna")
	w.tells("anna", "B 1")
	w.tells("anna", "resend")
	second, first := -1, -1
	for i, s := range w.new() {
		switch {
		case s.Kind != kindBallot:
		case regexp.MustCompile(`Second\?`).MatchString(s.Plain):
			second = i
		default:
			first = i
		}
	}
	if second < 0 || first < second {
		t.Errorf("the ballots come as %d, %d", second, first)
	}
	id := string(w.poll().ID)
	w.says("chair", "!cancel B")
	if value, err := w.store.Setting(t.Context(), id, settingInCall); err != nil || value != "" {
		t.Errorf("after its end %q is noted, %v", value, err)
	}
}

// People go on writing the letter when only one vote is left; that of a vote that is over does not count for another one.
// Whatever it counts for, an answer behind a letter is taken back.
func TestLettersStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	takenBack := func(name, text string) {
		t.Helper()
		w.tells(name, text)
		if said := w.n; !slices.ContainsFunc(w.sent[w.seen:], func(s sent) bool { return s.Redacts == fmt.Sprintf("$said%d", said) }) {
			t.Errorf("%q of %s stays: %s", text, name, list(w.sent[w.seen:]))
		}
	}
	w.opened("First?")
	w.opened("Second?")
	takenBack("anna", "A 1")
	w.expect(`Understood: Yes`, "anna")
	takenBack("anna", "B: no")
	w.expect(`Understood: No`, "anna")
	m := w.message("eva", "B 2", true) // the letter, and a reply besides
	m.ReplyTo = "$" + ballotKey(w.poll().ID, voting.Member(user("eva")))
	w.hear(m)
	w.expect(`Understood: No`, "eva")
	over := "$" + ballotKey(w.poll().ID, voting.Member(user("eva")))
	m = w.message("clara", "B 2", true)
	m.Edits = "$before"
	w.hear(m)
	w.expect(`^I cannot count edited messages`, "clara")
	w.line.power[myself] = 50
	for text, exposed := range map[string]bool{"B 2": true, "C 2": false, "b 2 people come later": false} {
		w.says("deniz", text)
		if found := find(w.new(), "deniz", `^🗳️ Vote B: Second\?\n⚠️ Not counted\. Your answer was in the group`) != nil; found != exposed {
			t.Errorf("%q in the group is taken for an answer: %t", text, found)
		}
	}
	w.says("chair", "!cancel B")
	w.new()
	takenBack("bernd", "A 2")
	w.expect(`Understood: No`, "bernd")
	takenBack("anna", "b2")
	w.expect(`^⚠️ Not counted\. Vote B is over: Second\?\nStill open, with the letter in front:\nA 1 …: First\? \(1 = Yes, 2 = No, 3 = Abstain\)\nYour earlier vote stays`, "anna")
	takenBack("clara", "1")
	w.expect(`^⚠️ Not counted yet, because I cannot know which vote you mean\. This one is over: Second\?\n[^\n]*\nA 1 …: First\?`, "clara")
	m = w.message("eva", "1", true)
	m.Thread = over
	w.hear(m)
	w.expect(`^⚠️ Not counted\. That belongs to another vote`, "eva")
	for what, event := range map[string]string{"ballot that is over": over, "message of their own": "$said1"} {
		m = w.message("eva", "1", true)
		m.ReplyTo = event
		w.hear(m)
		if find(w.new(), "eva", `^⚠️ Not counted\. That belongs to another vote`) == nil {
			t.Errorf("a reply to a %s counts", what)
		}
	}
	w.tells("eva", "hm")
	m = w.message("eva", "A 1", true)
	m.ReplyTo = "$reply/" + fmt.Sprintf("$said%d", w.n-1)
	w.hear(m)
	w.expect(`Understood: Yes`, "eva")
	w.says("chair", "!cancel A")
	takenBack("anna", "A 1")
	w.expect(`^This vote is over already: First\?`, "anna")

	w = newWorld(t, "en")
	w.says("chair", "!vote Where? B | A --no-revote")
	w.says("chair", "start")
	w.new()
	w.tells("anna", "A 1") // it names one option and has the number of the other
	w.expect(`^That is more than one answer`, "anna")
	w.tells("anna", "A")
	w.expect(`^You choose: A`, "anna")
	w.tells("anna", "a ok")
	w.expect(`^✅ A\. Your vote is in`, "anna")
}
