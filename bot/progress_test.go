package bot

import (
	"strings"
	"testing"

	"stimmbote/voting"
)

// The count says how many ballots are delivered as long as some are not, and when the vote ends.
func TestTheCountSaysWhatIsDelivered(t *testing.T) {
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

// Everything that is said about a rehearsal says that it is one.
func TestARehearsalSaysSo(t *testing.T) {
	w := newWorld(t, "en")
	w.bot.Native = true
	w.says("chair", "!vote One? --rehearsal --no-revote --objection 5m --open")
	w.says("chair", "start")
	w.tells("anna", "perhaps")
	for _, name := range people[:4] {
		w.tells(name, "1")
		w.tells(name, "ok")
	}
	w.now = w.now.Add(progressPause)
	w.settle()
	w.says("chair", "!extend 10m")
	w.closes("chair")
	w.now = w.now.Add(5 * 60e9)
	w.settle()
	seen := make(map[string]bool)
	for _, s := range w.sent {
		text := s.Plain
		if s.Poll != nil {
			text = s.Poll.Question
		}
		if s.Redacts != "" || s.File != nil || s.Kind == kindSay {
			continue
		}
		seen[s.Kind] = true
		if strings.Count(text, "Rehearsal: not secret, not binding.") != 1 {
			t.Errorf("a %s says %q", s.Kind, text)
		}
	}
	for _, kind := range []string{kindDraft, kindAnchors, kindOpened, kindCount, kindBallot, kindNative, kindHint, kindConfirm, kindReceipt, kindRemind, kindExtended, kindClosed, kindResult, kindOutcome} {
		if !seen[kind] {
			t.Errorf("nothing of the kind %s was said", kind)
		}
	}
	if find(w.sent, "anna", `(?s)^🗳️ Ballot: One.*🎭 Rehearsal.*Open vote: at the end everybody sees your answer with your name, in a list`) == nil {
		t.Error("the ballot does not say that answers are published")
	}
}

// A vote whose key is gone is offered again, to whoever asked, if they may still ask.
func TestALostVoteIsOfferedAgain(t *testing.T) {
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
