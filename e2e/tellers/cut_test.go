package tellers

import (
	"context"
	"flag"
	"regexp"
	"testing"
	"time"

	"stimmbote/e2e/faults"
	"stimmbote/e2e/world"
)

// cut is for how long a machine is away at the close. Only from half a minute on the group is told whom the box waits for.
var cut = flag.Duration("cut", 0, "for how long nothing comes through between a machine and the homeserver at the close")

// saysSoAfter is how long the group is not told whom the box waits for.
const saysSoAfter = 30 * time.Second

// TestCutOff: in a vote nothing comes through between a machine and the homeserver while keys are asked for, and while
// the box is opened; each time it comes back, the first answer to every kind of request is lost, though what it asked
// for was done. Everybody gives one key and one part. The group reads whom the keys wait for; whom the box waits for it
// reads with a -cut of half a minute and more alone.
func TestCutOff(t *testing.T) {
	e := begin(t, quick)
	lenz := e.Keyholders["lenz"]
	way, err := faults.New(e.Homeserver.URL)
	if err != nil {
		t.Fatal(err)
	}
	usual := lenz.Env
	t.Cleanup(func() {
		way.Rule(func(string, int) faults.Fault { return faults.None })
		lenz.Env = usual
		e.restarts(lenz)
		way.Close()
	})
	lenz.Env = append([]string{"STIMMBOTE_MATRIX_HOMESERVER=" + way.URL}, usual...)
	e.restarts(lenz)
	broken := func(string, int) faults.Fault { return faults.Cut }
	shaky := func(_ string, n int) faults.Fault {
		if n == 1 {
			return faults.Lost
		}
		return faults.None
	}

	question := "Does a cable hold?"
	from := e.asks(question)
	way.Rule(broken)
	e.says("chair", world.Group, "start")
	e.hears("chair", world.Group, `I am waiting for the machine of lenz`)
	way.Rule(shaky)
	answers := e.everybodyVotes(question)
	way.Rule(broken)
	closed := time.Now()
	e.says("chair", world.Group, "!close")
	e.machineSays(e.Keyholders["kaya"], `gave my part of the opening, 8 ballots.*`+regexp.QuoteMeta(question))
	if *cut >= saysSoAfter {
		e.hearsWithin("chair", world.Group, `The box waits for the machine of lenz`, *cut)
	}
	for left := time.After(*cut - time.Since(closed)); *cut > time.Since(closed); {
		select {
		case <-left:
		case <-e.ctx.Done():
			t.Fatal(e.ctx.Err())
		}
	}
	way.Rule(shaky)
	e.counts(question, e.archive(), from, answers)
	for _, endpoint := range []string{"GET /sync", "PUT /rooms/…/send"} {
		if way.Hits()[endpoint] == 0 {
			t.Errorf("nothing went wrong at %s: %v", endpoint, way.Hits())
		}
	}
}

// restarts stops a machine in good order and starts it again.
func (e *evening) restarts(k *world.Keyholder) {
	e.t.Helper()
	if err := k.Stop(); err != nil {
		e.t.Fatal(err)
	}
	if err := k.Start(context.WithoutCancel(e.ctx)); err != nil { // when a test ends as well
		e.t.Fatal(err)
	}
}
