package bot

import (
	"testing"
	"time"

	"stimmbote/voting"
)

// opensForFive opens a vote in which all but eva have said yes, and looks away from what was said about it.
func (w *world) opensForFive(question string) {
	w.t.Helper()
	w.opened(question)
	for _, name := range people[:5] {
		w.tells(name, "1")
	}
	w.new()
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opensForFive("A? --for 12m")
	w.now = w.now.Add(10 * time.Minute)
	w.settle()
	w.expect(`^⏳ Your vote is still missing, 2 minutes are left: A\?\nPlease send only one number`, "eva")
	w.settle()
	w.silent()
	w.says("chair", "!extend 5m")
	w.expect(`^The vote goes on, until 19:17\.$`, "group")
	w.now = w.now.Add(4 * time.Minute)
	w.settle()
	w.silent()
	w.restart()
	w.now = w.now.Add(3 * time.Minute)
	w.settle()
	w.expect(`^Result: adopted`, "group")
	w.says("chair", "!extend 5m")
	w.expect(`^There is no vote open`, "group")
}

// TestExtendByTheNumberOfTheVote: how long, and until when, is not taken for the number of the vote.
func TestExtendByTheNumberOfTheVote(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A? --for 12m") // vote 1
	w.says("chair", "!extend 1 minute")
	w.expect(`^The vote goes on, until 19:13\.$`, "group")
	w.says("chair", "!extend 1: 2m")
	w.expect(`^The vote goes on, until 19:15\.$`, "group")
	w.says("chair", "!extend 1")
	w.expect(`^The vote goes on, until 19:25\.$`, "group")
	w.says("chair", "!extend 1:05")
	w.expect(`^The vote goes on, until 01:05 on`, "group")
}

// TestDeadlineWhileAway: what was answered in time counts also if the bot hears it late, and only then the vote closes;
// what is never read does not keep it open for ever, unless the homeserver is silent.
func TestDeadlineWhileAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opensForFive("A? --for 12m")
	w.now = w.now.Add(11 * time.Minute)
	late := w.message("eva", "2", true)
	w.line.behind = true
	w.now = w.now.Add(time.Hour)
	w.restart()
	w.settle()
	if p := w.poll(); p.State != voting.StateOpen {
		t.Fatalf("it is %s while an answer is on its way; said was:\n%s", p.State, list(w.sent))
	}
	w.hear(late)
	w.line.behind = false
	w.settle()
	w.expect(`(?s)^Result: adopted.*No: 1\b`, "group")

	w.opensForFive("B? --for 12m")
	w.line.behind = true
	w.now = w.now.Add(12 * time.Minute)
	w.settle()
	w.now = w.now.Add(time.Hour)
	w.settle()
	if p := w.poll(); p == nil || p.State != voting.StateOpen {
		t.Fatalf("it was closed while the homeserver was silent; said was:\n%s", list(w.sent))
	}
	w.line.stats.LastSync = w.now
	w.settle()
	if p := w.poll(); p == nil || p.State != voting.StateOpen {
		t.Fatalf("it was closed when the homeserver came back, with all that it said unread; said was:\n%s", list(w.sent))
	}
	w.now = w.now.Add(lastAnswers)
	w.line.stats.LastSync = w.now
	w.settle()
	w.expect(`^Result: adopted`, "group")

	w.opensForFive("C?")
	w.says("chair", "!close")
	late = w.message("eva", "2", true)
	w.now = w.now.Add(2 * grace)
	w.settle()
	if p := w.poll(); p == nil || p.State != voting.StateOpen {
		t.Fatalf("the early close did not wait for what is unread; said was:\n%s", list(w.sent))
	}
	w.hear(late)
	w.line.behind = false
	w.settle()
	w.expect(`(?s)^Result: adopted.*No: 1\b`, "group")
}

// TestEventsToAVoter: a voter gets at most four messages in a vote, since ordinary homeservers count them: the ballot, one
// reminder, the receipt, and what became of it. A vote in which the first answer is final asks twice before.
func TestEventsToAVoter(t *testing.T) {
	t.Parallel()
	for terms, want := range map[string]int{"": 4, " --no-revote": 6} {
		w := newWorld(t, "en")
		w.says("chair", "!vote A? --for 12m"+terms)
		w.says("chair", "start")
		for _, name := range people[:5] {
			w.tells(name, "1")
			w.tells(name, "OK")
		}
		w.now = w.now.Add(10 * time.Minute)
		w.settle()
		w.tells("eva", "1")
		w.now = w.now.Add(70 * time.Second)
		w.settle()
		if terms != "" {
			w.tells("eva", "OK")
		}
		w.now = w.now.Add(2 * time.Minute)
		w.settle()
		n := 0
		for _, s := range w.sent {
			if s.to() == "eva" && s.Redacts == "" {
				n++
			}
		}
		if n != want || find(w.sent, "group", `^Result: adopted`) == nil {
			t.Errorf("%q: %d messages, want %d:\n%s", terms, n, want, list(w.sent))
		}
	}
}

// TestExtendedWhenAllHaveVoted: whoever extends a vote when everybody has voted has the time that it says.
func TestExtendedWhenAllHaveVoted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("A? --for 12m")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.says("chair", "!extend 10m")
	w.expect(`^The vote goes on, until 19:22\.$`, "group")
	w.now = w.now.Add(15 * time.Minute)
	w.settle()
	w.restart()
	w.now = w.now.Add(2 * time.Minute)
	w.settle()
	w.tells("eva", "2")
	if p := w.poll(); p == nil || p.State != voting.StateOpen {
		t.Fatalf("it was closed before; said was:\n%s", list(w.sent))
	}
	w.new()
	w.now = w.now.Add(6 * time.Minute)
	w.settle()
	w.expect(`(?s)^Result: adopted.*No: 1\b`, "group")
}
