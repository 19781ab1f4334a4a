package bot

import (
	"strings"
	"testing"
	"time"

	"stimmbote/voting"
)

// TestLateAnswers lets answers arrive out of the order in which they were written.
func TestLateAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.now = w.now.Add(time.Hour)
	w.opened("One?")
	late := func(at time.Time, kept bool) {
		t.Helper()
		m := w.message("anna", "2", true)
		m.At = at
		w.hear(m)
		fresh := w.new()
		if s := find(fresh, "anna", `^⚠️ Not counted.*late`); s == nil || strings.Contains(s.Plain, "stays in the ballot box") != kept {
			t.Errorf("answered:\n%s", list(fresh))
		}
		if !strings.Contains(list(fresh), "redacts "+m.ID) {
			t.Errorf("a late answer is not taken back:\n%s", list(fresh))
		}
	}
	late(w.now.Add(-time.Minute), false) // meant for the vote before

	w.now = w.now.Add(time.Minute)
	w.tells("anna", "1")
	w.expect(`Understood: Yes`, "anna")
	late(w.now.Add(-time.Second), true)
	w.now = w.now.Add(time.Minute)
	w.tells("anna", "3")
	w.expect(`Understood: Abstain`, "anna")

	w.now = w.now.Add(time.Minute)
	w.restart()
	late(w.now.Add(-time.Second), true)
	m := w.message("bernd", "1", true) // while the bot was away
	m.At = w.now.Add(-time.Second)
	w.hear(m)
	w.expect(`Understood: Yes`, "bernd")
	w.tells("anna", "1")
	w.expect(`Understood: Yes`, "anna")
}

// TestNothingCountsAfterTheDeadline answers while too few have voted and the time is over: what was sent before that and comes
// late counts, whatever is sent after it does not, by either way.
func TestNothingCountsAfterTheDeadline(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("One? --for 12m")
	for _, name := range people[:3] {
		w.tells(name, "1")
	}
	under := w.message("clara", "1", true)
	w.now = w.now.Add(12 * time.Minute)
	w.settle()
	w.expect(`^3 votes are in the ballot box`, "group")
	overdue := `^⚠️ Not counted\. The time of this vote is over\. Whoever began it may extend it`
	w.tells("deniz", "1")
	w.expect(overdue, "deniz")
	ballot := w.sealed("eva", 0)
	w.tells("eva", string(ballot))
	w.expect(overdue, "eva")
	w.hear(under)
	w.expect(`Understood: Yes`, "clara")
	w.tells("clara", "2")
	w.expect(overdue, "clara")
	p := w.poll()
	if p == nil || p.State != voting.StateOpen {
		t.Fatalf("it is closed; said was:\n%s", list(w.sent))
	}
	if n, _, err := w.bot.Polls.Turnout(t.Context(), p.ID); err != nil || n != 4 {
		t.Errorf("%d ballots, %v", n, err)
	}
	w.says("chair", "extend 5m")
	w.tells("eva", string(ballot))
	w.expect(`sealed vote is in the ballot box`, "eva")
	w.tells("deniz", "2")
	w.expect(`Understood: No`, "deniz")
}

// TestABallotPastedInTime pastes a sealed ballot before the deadline, which is read after it.
func TestABallotPastedInTime(t *testing.T) {
	t.Parallel()
	w := withBooth(t)
	w.opened("One? --for 12m")
	under := w.message("eva", string(w.sealed("eva", 0)), true)
	w.now = w.now.Add(12 * time.Minute)
	w.settle()
	w.new()
	w.hear(under)
	w.expect(`sealed vote is in the ballot box`, "eva")
}
