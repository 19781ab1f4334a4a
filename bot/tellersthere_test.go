package bot

import (
	"testing"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// TestQuietMachines: a draft asks the machines whether they are there, unless they said something just now, and says once
// whose does not answer.
func TestQuietMachines(t *testing.T) {
	w := newWorld(t, "en")
	annas, _ := w.withTellers()
	asks := func(want bool) {
		t.Helper()
		d := find(w.new(), "group", `Draft: `)
		if d == nil || (d.Record != nil) != want || d.Notice {
			t.Fatalf("that the draft asks the machines is not %v: %+v", want, d)
		}
	}
	w.says("chair", "!vote Shall we adopt motion 12?")
	asks(false)
	w.now = w.now.Add(2 * time.Minute)
	w.settle()
	w.silent()
	w.says("chair", "change 2/3")
	asks(true)
	annas.says(parley.Record{Kind: parley.Here, Owner: voting.Member(annas.owner)})
	w.silent()
	w.now = w.now.Add(quietTeller)
	w.settle()
	w.expect(`^⚠️ The machine of Bernd does not answer: .*\nPlease switch it on before start`, "group")
	w.now = w.now.Add(quietTeller)
	w.settle()
	w.silent()
	w.restart()
	w.settle()
	w.silent()
	c := gathered(t, nil)
	c.later(2 * time.Minute)
	c.new()
	c.say("chair", "!vote Shall we adopt motion 12?")
	c.expect(`I am the key machine of @bernd:x`, "group")
	c.later(quietTeller)
	c.silent()
}
