package bot

import (
	"testing"

	"stimmbote/voting"
)

// The count says how many ballots are delivered as long as some are not, and when the vote ends.
func TestTheCountSaysWhatIsDelivered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote One? --for 10m")
	if err := w.bot.Said(t.Context(), w.message("chair", "start", false)); err != nil {
		t.Fatal(err)
	}
	w.new()
	for w.deliver() > 0 { // the ballots are not handed out yet
	}
	w.expect(`(?s)^0 of 6 votes are in the ballot box\. Still open: 6\.\n0 of 6 ballots are delivered\.\nOpen until 19:10\.$`, "group")
	w.settle()
	w.expect(`(?s)^0 of 6 votes are in the ballot box\. Still open: 6\.\nOpen until 19:10\.$`, "group")
	w.settle()
	w.silent()
}

// A vote whose key is gone is offered again, to whoever asked, if they may still ask.
func TestALostVoteIsOfferedAgain(t *testing.T) {
	t.Parallel()
	for _, stays := range []bool{true, false} {
		w := newWorld(t, "en")
		w.opened("One?")
		lost := w.poll()
		if !stays {
			w.leave("chair")
			w.join("fred")
		}
		if err := w.bot.loseKey(t.Context(), lost); err != nil {
			t.Fatal(err)
		}
		w.settle()
		fresh := w.new()
		if find(fresh, "group", `(?s)^⚠️ This vote cannot be counted: One\?`) == nil || (find(fresh, "group", `^🗳️ Draft: One\?`) != nil) != stays {
			t.Errorf("with its asker there: %v\n%s", stays, list(fresh))
		}
		if !stays {
			continue
		}
		w.says("chair", "start")
		if p := w.poll(); p == nil || p.State != voting.StateOpen {
			t.Errorf("the new draft does not start: %+v", p)
		}
	}
}
