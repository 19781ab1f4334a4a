package bot

import (
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// TestTimeRunsFromTheAnnouncement lets the announcement of the close wait in the queue.
func TestTimeRunsFromTheAnnouncement(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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

// TestALongWayIsForetold opens a vote where the homeserver lets few messages go.
func TestALongWayIsForetold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.line.progress = chat.Progress{Waiting: 40, ETA: 200 * time.Second}
	w.says("chair", "!vote One?")
	w.says("chair", "start")
	w.new()
	w.now = w.now.Add(progressPause)
	w.settle()
	fresh := w.new()
	if s := find(fresh, "group", `^0 of 6 votes are in the ballot box\. Still open: 6\.\n40 messages are still on their way.*\nAbout 3½ more minutes\.$`); s == nil || s.Edits == "" || len(fresh) != 1 {
		t.Errorf("on the way:\n%s", list(fresh))
	}
	w.tells("anna", "1")
	w.expect(`^1 of 6 votes is in the ballot box\. Still open: 5\.\n40 messages`, "group")
	w.line.progress = chat.Progress{}
	w.now = w.now.Add(progressPause)
	w.settle()
	w.expect(`^1 of 6 votes is in the ballot box\. Still open: 5\.$`, "group")
	for range 3 {
		w.now = w.now.Add(progressPause)
		w.settle()
		w.silent()
	}
}

// TestHowLongItTakesIsSaidClosely: what is said is off by no more than an eighth by its rounding.
func TestHowLongItTakesIsSaidClosely(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	for d, want := range map[time.Duration]string{
		119 * time.Second: "About 119 more seconds.", 2*time.Minute + 14*time.Second: "About 2 more minutes.",
		2*time.Minute + 15*time.Second: "About 2½ more minutes.", 2*time.Minute + 45*time.Second: "About 3 more minutes.",
		4*time.Minute + 44*time.Second: "About 4½ more minutes.", 4*time.Minute + 45*time.Second: "About 5 more minutes.",
		5*time.Minute + 29*time.Second: "About 5 more minutes.", 5*time.Minute + 30*time.Second: "About 6 more minutes.",
	} {
		p, err := w.bot.page(t.Context(), chat.Delivery{Room: group}, group)
		if err != nil {
			t.Fatal(err)
		}
		p.eta(d)
		if got := p.content(false).Plain; got != want {
			t.Errorf("%s: %q, want %q", d, got, want)
		}
	}
}
