package bot

import (
	"testing"
	"time"

	"stimmbote/voting"
)

// TestTimeRunsFromTheAnnouncement lets the announcement of the close wait in the queue.
func TestTimeRunsFromTheAnnouncement(t *testing.T) {
	w := newWorld(t, "en")
	w.opened("One?")
	for _, name := range people {
		if err := w.bot.Said(t.Context(), w.message(name, "1", true)); err != nil {
			t.Fatal(err)
		}
	}
	w.step()
	w.now = w.now.Add(time.Hour)
	w.step()
	if p := w.poll(); p.State != voting.StateOpen {
		t.Fatal("the vote was closed before anybody could read that it would be")
	}
	w.settle()
	w.expect(`^All 6 votes are in\. I close in 60 seconds`, "group")
	w.now = w.now.Add(grace)
	w.settle()
	w.expect(`^Result: adopted`, "group")
}

// TestNoAnnouncementAfterTheClose closes a vote while the announcement waits.
func TestNoAnnouncementAfterTheClose(t *testing.T) {
	w := newWorld(t, "en")
	w.opened("One?")
	for _, name := range people {
		if err := w.bot.Said(t.Context(), w.message(name, "1", true)); err != nil {
			t.Fatal(err)
		}
	}
	w.step()
	w.says("chair", "!close")
	if fresh := w.new(); find(fresh, "group", `I close in`) != nil || find(fresh, "group", `^Result: adopted`) == nil {
		t.Errorf("after the close:\n%s", list(fresh))
	}
}
