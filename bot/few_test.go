package bot

import (
	"slices"
	"testing"
	"time"

	"stimmbote/voting"
)

// about is the vote with a question that goes on.
func (w *world) about(question string) *voting.Poll {
	w.t.Helper()
	all, err := w.bot.Polls.InPlace(w.t.Context(), group)
	if err != nil {
		w.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(p *voting.Poll) bool { return p.Question == question })
	if i < 0 {
		return nil
	}
	return all[i]
}

// TestFewOfSeveralVotes asks what to do with too few ballots in votes beside which another one is open: the question
// names its vote, and the answer is taken for the one that asked.
func TestFewOfSeveralVotes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	w.opened("Second?")
	w.says("chair", "!close A")
	w.expect(`(?s)^First\?\n0 votes are in.*What shall happen\?`, "group")
	w.says("chair", "extend 20m")
	w.expect(`^The vote goes on, until 19:20`, "group")
	if ends := w.about("First?").Ends; !ends.Equal(w.now.Add(20*time.Minute)) || w.about("Second?").Ends.Equal(ends) {
		t.Errorf("the first ends %s", ends)
	}
	w.says("chair", "!close A")
	m := w.message("chair", "End", false)
	m.Thread = "$" + fewKey(w.about("First?").ID, 2)
	w.hear(m)
	w.expect(`^The vote was ended without a result`, "group")
	if w.about("First?") != nil || w.about("Second?") == nil {
		t.Errorf("another vote was ended; said was:\n%s", list(w.sent))
	}
}

// TestWhichFew lets two votes ask at once: which one a bare word means is asked, a reply says it.
func TestWhichFew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	w.opened("Second?")
	w.says("chair", "!close A")
	w.says("chair", "!close B")
	w.expect(`(?s)^Second\?\n0 votes are in.*What shall happen\?`, "group")
	w.says("eva", "end")
	w.silent()
	w.says("chair", "end")
	w.expect(`^I have asked that about several votes`, "group")
	if w.about("First?") == nil || w.about("Second?") == nil {
		t.Fatalf("one was ended; said was:\n%s", list(w.sent))
	}
	m := w.message("chair", "end", false)
	m.ReplyTo = "$" + fewKey(w.about("First?").ID, 1)
	w.hear(m)
	if w.about("First?") != nil || w.about("Second?") == nil {
		t.Fatalf("not the one was ended that was replied to; said was:\n%s", list(w.sent))
	}
	w.says("chair", "open")
	if p := w.about("Second?"); p == nil || p.State != voting.StateDraft || p.Terms.Level != voting.Open {
		t.Errorf("the second is %+v", p)
	}
}

// TestOpenInPlaceOfSealed offers the question of a vote that was held over the link alone as an open one, where there are too
// few ballots.
func TestOpenInPlaceOfSealed(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("One? --sealed --hide-voters --booth https://example.org/booth.html")
	w.says("chair", "!close")
	w.says("chair", "open")
	w.expect(`(?s)^🗳️ Draft: One\?\n.*Open vote: at the end everybody sees`, "group")
	w.says("chair", "start")
	w.new()
	w.tells("anna", "1")
	w.expect(`✅ Understood: Yes`, "anna")
}

// TestOpenInPlaceOfShared does so with a vote that has tellers.
func TestOpenInPlaceOfShared(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	c.tells("anna", "1")
	c.later(voting.TellersLast + time.Minute)
	c.say("chair", "open")
	if !c.told(`(?s)^🗳️ Draft: Shall we adopt motion 12\?\n.*Open vote: at the end everybody sees`) {
		t.Fatalf("there is no draft; said was:\n%s", list(c.sent))
	}
	c.say("chair", "start")
	if p := c.poll(); p == nil || p.State != voting.StateOpen || p.Level() != voting.Open {
		t.Errorf("the open vote is %+v", p)
	}
}
