package bot

import (
	"testing"
	"time"

	"stimmbote/voting"
)

// lateTwice is a circle with two votes that were both closed long after their end: the bot was down.
func lateTwice(t *testing.T) *circle {
	t.Helper()
	c := twoVotes(t)
	for _, person := range people[:5] {
		c.tells(person, "A 1")
		c.tells(person, "B 1")
	}
	c.now = c.now.Add(voting.TellersLast + 11*time.Minute)
	c.goOn()
	c.later(11 * time.Second)
	for _, pattern := range []string{
		`(?s)do not give my part of the key yet: Shall we adopt motion 12.*long after its end.*!close 1\b`,
		`(?s)do not give my part of the key yet: Shall we adopt motion 13.*long after its end.*!close 2\b`,
	} {
		if !c.told(pattern) {
			t.Fatalf("nobody read %s; said was:\n%s", pattern, list(c.sent))
		}
	}
	return c
}

// twoVotes has two votes with tellers open, A and B.
func twoVotes(t *testing.T) *circle {
	t.Helper()
	c := gathered(t, nil)
	for _, question := range []string{"Shall we adopt motion 12?", "Shall we adopt motion 13?"} {
		c.say("chair", "!vote "+question)
		c.say("chair", "start")
	}
	return c
}

// TestTwoVotesAndOneClose: where two closed votes wait for the same word, the bot asks which, no machine takes it for
// any of them, and with the number behind it each goes on for itself, also while another vote is open.
func TestTwoVotesAndOneClose(t *testing.T) {
	c := lateTwice(t)
	c.say("chair", "!close")
	c.later(time.Minute)
	if c.gave() != 0 || !c.told(`(?s)Several votes wait for this word.*!close 1:.*1: Shall we adopt motion 12.*2: Shall we adopt motion 13`) {
		t.Fatalf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
	c.say("chair", "!close 2")
	c.later(time.Minute)
	if c.gave() != 2 || !c.told(`Result of vote 2`) && !c.told(`Result: `) {
		t.Fatalf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
	c.say("chair", "!vote Shall we adopt motion 14?")
	c.say("chair", "start")
	third := c.poll()
	c.say("chair", "!close 7")
	if !c.told(`No vote with this number or letter is open here`) {
		t.Errorf("a number of none; said was:\n%s", list(c.sent))
	}
	c.say("eva", "!close 1")
	c.later(time.Minute)
	if c.gave() != 2 {
		t.Errorf("%d parts at the word of somebody", c.gave())
	}
	c.say("chair", "!close #1")
	c.later(time.Minute)
	if c.gave() != 4 {
		t.Errorf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
	if p, err := c.bot.Polls.Poll(t.Context(), third.ID); err != nil || p.State != voting.StateOpen {
		t.Errorf("the third vote is %s, %v", p.State, err)
	}
}

// TestTwoOpenVotesAndOneClose: where two votes with tellers are open, the one that is named is closed before its time, and
// the machines know which was meant.
func TestTwoOpenVotesAndOneClose(t *testing.T) {
	c := twoVotes(t)
	for _, person := range people[:5] {
		c.tells(person, "A 1")
	}
	c.tells("anna", "B 1")
	c.say("chair", "!close")
	if !c.told(`(?s)Several votes are open here.*A: Shall we adopt motion 12.*B: Shall we adopt motion 13`) {
		t.Errorf("nobody was asked which; said was:\n%s", list(c.sent))
	}
	c.say("chair", "!close A")
	c.later(time.Minute)
	c.later(time.Minute)
	if c.gave() != 2 || !c.told(`(?s)Result: adopted\nVote 1`) || c.told(`do not give my part`) {
		t.Errorf("%d parts of the first; said was:\n%s", c.gave(), list(c.sent))
	}
	for _, person := range people[1:5] {
		c.tells(person, "B 1")
	}
	c.say("chair", "!close please")
	if !c.told(`Please write !close 2 or only !close`) {
		t.Errorf("the machines would not understand that; said was:\n%s", list(c.sent))
	}
	c.say("chair", "!close 2")
	c.later(time.Minute)
	c.later(time.Minute)
	if c.gave() != 4 || c.told(`do not give my part`) {
		t.Errorf("%d parts of both; said was:\n%s", c.gave(), list(c.sent))
	}
}

// TestCloseBesideOneThatJustClosed: a word without a name closes no vote before the machines have read that another one has
// closed, because they would not know which one is meant.
func TestCloseBesideOneThatJustClosed(t *testing.T) {
	c := twoVotes(t)
	for _, person := range people[:5] {
		c.tells(person, "A 1")
		c.tells(person, "B 1")
	}
	c.tells("eva", "A 1")
	for _, body := range []string{"!close A", "!close"} { // the one is closed, and nothing of that is said yet
		m := c.message("chair", body, false)
		if err := c.bot.Said(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		for _, r := range c.machines {
			if err := r.k.Said(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
	}
	c.goOn()
	if !c.told(`with 2 right behind the command`) {
		t.Errorf("nobody was asked which; said was:\n%s", list(c.sent))
	}
	c.later(2 * time.Minute)
	if c.gave() != 2 || c.told(`do not give my part`) {
		t.Fatalf("%d parts of the first; said was:\n%s", c.gave(), list(c.sent))
	}
	c.say("chair", "!close")
	c.later(time.Minute)
	c.later(time.Minute)
	if c.gave() != 4 || c.told(`do not give my part`) {
		t.Errorf("%d parts of both; said was:\n%s", c.gave(), list(c.sent))
	}
}

// TestEarlierEnd: the end of a vote with tellers is not moved to an earlier time, which the machines would take for a
// close before it; without tellers it is.
func TestEarlierEnd(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	ends := c.poll().Ends
	c.say("chair", "!extend 19:05")
	if p := c.poll(); !p.Ends.Equal(ends) || !c.told(`can only be made longer`) {
		t.Errorf("it ends %s, not %s; said was:\n%s", p.Ends, ends, list(c.sent))
	}
	w := newWorld(t, "en")
	w.says("chair", "!vote Shall we adopt motion 12? --for 15m")
	w.says("chair", "start")
	ends = w.poll().Ends
	w.says("chair", "!extend 19:05")
	if p := w.poll(); !p.Ends.Before(ends) {
		t.Errorf("without tellers it ends %s; said was:\n%s", p.Ends, list(w.sent))
	}
}
