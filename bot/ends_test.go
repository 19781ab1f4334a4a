package bot

import (
	"testing"
	"time"
)

// TestAnEndThatWasExtended gives a vote without a deadline an end: the count says it, and more time is added to it.
func TestAnEndThatWasExtended(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	w.says("chair", "!extend 10m")
	w.expect(`^The vote goes on, until 19:10\.$`, "group")
	w.now = w.now.Add(progressPause)
	w.tells("anna", "1")
	w.expect(`^1 of 6 votes is in the ballot box\. Still open: 5\.\nOpen until 19:10\.$`, "group")
	w.says("chair", "!extend 10m")
	w.expect(`^The vote goes on, until 19:20\.$`, "group")
}

// TestAnEarlyCloseWarnsAgain closes a vote early whose silent were reminded before its deadline: they are warned once more, and
// not when that is said another time.
func TestAnEarlyCloseWarnsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One? --for 12m")
	for _, name := range people[:5] {
		w.tells(name, "1")
	}
	w.now = w.now.Add(10 * time.Minute)
	w.settle()
	w.expect(`^⏳ Your vote is still missing, 2 minutes are left`, "eva")
	w.says("chair", "!close")
	w.expect(`^⏳ Your vote is still missing, 60 seconds are left`, "eva")
	w.says("chair", "!extend 10m")
	w.new()
	w.says("chair", "!close")
	fresh := w.new()
	if find(fresh, "group", `^1 has not voted yet`) == nil || find(fresh, "eva", "") != nil {
		t.Errorf("at the second close:\n%s", list(fresh))
	}
}
