package bot

import (
	"strings"
	"testing"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// taps is what a client says when somebody taps at a poll.
func (w *world) taps(name, poll string, ids ...string) {
	w.t.Helper()
	m := w.message(name, "", true)
	m.Kind, m.Poll, m.Choices = chat.Choice, poll, ids
	w.hear(m)
}

func TestTapping(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Native = true
	w.says("chair", "!vote Shall we?")
	w.says("chair", "start")
	fresh := w.new()
	ballot, poll := -1, -1
	for i, s := range fresh {
		switch {
		case s.to() == "anna" && s.Kind == kindBallot:
			ballot = i
		case s.to() == "anna" && s.Poll != nil:
			poll = i
		}
	}
	if ballot < 0 || poll < ballot || !fresh[poll].Secret {
		t.Fatalf("a ballot and then something to tap at:\n%s", list(fresh))
	}
	asked := *fresh[poll].Poll
	if asked.Question != "Shall we? Tap here, or reply with the number above." || len(asked.Options) != 3 || asked.Options[1] != (chat.Option{ID: "02", Text: "No"}) {
		t.Errorf("it asks %+v", asked)
	}
	id := w.poll().ID
	of := func(name string) string { return "$" + nativeKey(ballotKey(id, voting.Member(user(name)))) }

	w.taps("anna", of("anna"), "2")
	fresh = w.new()
	if find(fresh, "anna", `^✅ Understood: No\.`) == nil || !strings.Contains(list(fresh), "redacts $said") {
		t.Errorf("after a tap:\n%s", list(fresh))
	}
	w.taps("anna", of("anna"), "1")
	w.expect(`(?s)^✅ Understood: Yes\..*earlier vote`, "anna")
	w.taps("anna", of("anna"))
	w.expect(`(?s)did not understand.*earlier vote stays`, "anna")
	w.taps("bernd", of("bernd"), "1", "2")
	w.expect(`^That is more than one answer`, "bernd")
	w.taps("bernd", "$somethingelse", "1")
	w.expect(`^⚠️ Not counted\. That belongs to another vote`, "bernd")
	if cast, _, err := w.bot.Polls.Turnout(t.Context(), id); err != nil || cast != 1 {
		t.Errorf("%d votes, %v", cast, err)
	}

	// Who asks for the ballot again gets both, and either may be tapped at.
	w.tells("clara", "resend")
	fresh = w.new()
	again := ""
	for _, s := range fresh {
		if s.Poll != nil {
			again = "$" + s.Key
		}
	}
	if again == "" || find(fresh, "clara", "^🗳️ Ballot") == nil {
		t.Fatalf("nothing to tap at comes again:\n%s", list(fresh))
	}
	w.taps("clara", again, "3")
	w.expect(`Understood: Abstain`, "clara")
	w.taps("clara", of("clara"), "1")
	w.expect(`Understood: Yes`, "clara")

	// In a group it is a poll of the members' own.
	m := w.message("chair", "", false)
	m.Kind, m.Poll, m.Choices = chat.Choice, "$theirs", []string{"1"}
	w.hear(m)
	w.silent()

	for _, name := range []string{"bernd", "chair", "deniz"} {
		w.taps(name, of(name), "1")
	}
	w.closes("chair")
	if gone := list(w.new()); !strings.Contains(gone, "redacts "+of("eva")) || !strings.Contains(gone, "redacts "+again) {
		t.Errorf("what nobody may tap at any more stays:\n%s", gone)
	}
	w.taps("eva", of("eva"), "1")
	w.expect(`^This vote is over already`, "eva")
}

func TestTappingAVoidVote(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Native = true
	w.opened("Shall we?")
	id := w.poll().ID
	w.says("chair", "!cancel")
	if gone := list(w.new()); !strings.Contains(gone, "redacts $"+nativeKey(ballotKey(id, "@eva:x"))) {
		t.Errorf("what nobody may tap at any more stays:\n%s", gone)
	}
}

func TestWhatIsTapped(t *testing.T) {
	t.Parallel()
	several := voting.Question{Kind: voting.KindSeveral, Options: []string{"A", "B", "C"}, Least: 1, Most: 2, Invalid: true}
	texts, err := i18n.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	one := voting.Question{Kind: voting.KindSingly, Options: []string{"A"}, Answers: []string{"Yes", "No", "Abstain"}}
	for _, test := range []struct {
		q     voting.Question
		ids   string
		want  string
		found answer.Finding
	}{
		{several, "3 1", "A, C", answer.Clear},
		{several, "1 2 3", "", answer.Many},
		{several, "1 1", "", answer.Unclear},
		{several, "4", "Invalid ballot", answer.Clear},
		{several, "4 1", "", answer.Unclear},
		{several, "5", "", answer.Unclear},
		{several, "x", "", answer.Unclear},
		{several, "", "", answer.Unclear},
		{voting.Question{Kind: voting.KindSeveral, Options: []string{"A", "B", "C"}, Least: 2, Most: 2}, "1", "", answer.Few},
		{one, "2", "No", answer.Clear},
		{one, "1 2", "", answer.Two},
	} {
		choice, found := tapped(test.q, strings.Fields(test.ids))
		if found != test.found {
			t.Errorf("%s of %v: found %v, want %v", test.ids, test.q.Options, found, test.found)
			continue
		}
		if found != answer.Clear {
			continue
		}
		if _, err := test.q.Vote(choice); err != nil {
			t.Errorf("%s of %v: %v", test.ids, test.q.Options, err)
		}
		if got := choiceIn(texts, test.q, choice); got != test.want {
			t.Errorf("%s of %v: %q, want %q", test.ids, test.q.Options, got, test.want)
		}
	}
}

// What has an answer to each of many, or too many options, cannot be tapped at.
func TestNothingToTapAt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.bot.Native = true
	for question, taps := range map[string]bool{
		"Who? A | B --each": false, "Who? A | B": true,
		"Which? 1x|2x|3x|4x|5x|6x|7x|8x|9x|10x|11x|12x|13x|14x|15x|16x|17x|18x|19x|20x": false,
	} {
		w.says("chair", "!vote "+question)
		if p := w.poll(); p == nil || w.bot.taps(p) != taps {
			t.Errorf("%s: %+v", question, p)
		}
		w.new()
	}
}
