package bot

import (
	"testing"

	"stimmbote/voting"
)

// TestTalkEndsTheWaitForADraft says "start" later in a talk, where it is asked whether that is meant.
func TestTalkEndsTheWaitForADraft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote One?")
	w.says("anna", "wait a moment") // others may talk
	card := "$" + key(w.poll().ID, "draft")
	m := w.message("chair", "is that all right?", false)
	m.Thread = card
	w.hear(m)
	m = w.message("chair", "or this?", false)
	m.Thread = "$elsewhere"
	w.hear(m)
	w.says("chair", "!ping")
	w.says("chair", "One moment, please.")
	w.new()
	w.restart()
	for _, word := range []string{"start", "cancel"} {
		w.says("anna", word)
		w.silent()
		w.says("chair", word)
		w.expect(`^Do you mean this draft\? One\?\nThen please write it once more: start, change or cancel\.$`, "group")
		w.says("chair", "Eva, are you there?")
	}
	if p := w.poll(); p == nil || p.State != voting.StateDraft {
		t.Fatalf("a word in a talk did something to the draft: %+v", p)
	}
	m = w.message("chair", "start", false)
	m.Thread = card
	w.hear(m)
	if p := w.poll(); p == nil || p.State != voting.StateOpen {
		t.Error("start in the thread of the card did not open the vote")
	}
}

// TestTalkEndsNoVote asks what to do with too few ballots, is not answered, and hears the words
// much later.
func TestTalkEndsNoVote(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("One?")
	for _, name := range people[:4] {
		w.tells(name, "1")
	}
	w.now = w.now.Add(progressPause)
	w.settle()
	w.new()
	w.says("chair", "!close")
	w.expect(`^4 votes`, "group")
	question := "$" + fewKey(w.poll().ID, 1)
	w.says("chair", "Eva, did you see your ballot?")
	w.restart()
	for _, word := range []string{"End!", "extend", "open", "Stop!"} {
		w.says("chair", word)
		w.silent()
	}
	w.tells("eva", "1")
	w.new()
	w.line.power[user("deniz")] = moderator
	w.says("deniz", "end")
	w.expect(`^Enough votes are in`, "group")
	m := w.message("anna", "end", false)
	m.Thread = question
	w.hear(m)
	w.silent()
	w.closes("chair")
	w.expect(`^Result: adopted`, "group")
}

// TestADroppedDraftLeavesNothing looks for what the outbox keeps of a draft.
func TestADroppedDraftLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("chair", "!vote One?")
	first := key(w.poll().ID, "draft")
	w.says("chair", "One moment.")
	w.says("chair", "!vote Two?")
	second := key(w.poll().ID, "draft")
	w.says("chair", "cancel")
	if w.poll() != nil {
		t.Fatal("there is a draft")
	}
	for _, kept := range []string{first, first + "/passed/" + user("chair"), second} {
		if o, err := w.store.Outgoing(t.Context(), kept); o != nil || err != nil {
			t.Errorf("of %s there is %+v, %v", kept, o, err)
		}
	}
}

// TestStartAfterTalk says start after some talk, and once more when it is asked.
func TestStartAfterTalk(t *testing.T) {
	w := newWorld(t, "de")
	w.says("chair", "!abstimmung Eins?")
	w.says("chair", "Moment, ich erkläre das kurz.")
	w.new()
	w.says("chair", "Start")
	w.expect(`^Meinen Sie diesen Entwurf\? Eins\?\nDann schreiben Sie es bitte noch einmal`, "group")
	w.restart()
	w.says("chair", "ok, los")
	w.expect(`^Meinen Sie diesen Entwurf`, "group")
	w.says("chair", "Los geht's!")
	if p := w.poll(); p == nil || p.State != voting.StateOpen {
		t.Errorf("the vote is not open: %+v\n%s", p, list(w.new()))
	}
}
