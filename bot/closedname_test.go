package bot

import "testing"

// held closes the newest vote with an objection to it, which holds its count.
func (w *world) held(question string) {
	w.t.Helper()
	w.opened(question + " --objection 5m")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.closes("chair")
	w.says("eva", "!objection I slept")
	if p := w.poll(); !p.Held() {
		w.t.Fatalf("it is not held: %+v\n%s", p, list(w.sent))
	}
	w.new()
}

// What is said of a vote that is over, or of none, does not overrule the objection to another one.
func TestCloseOfAnotherVoteThanTheOneHeld(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.held("First?")
	w.opened("Second?")
	w.says("chair", "!cancel 2")
	w.says("chair", "cancel")
	w.new()
	for _, text := range []string{"!close 2", "!close #7", "!close A", "!close b", "!close rehearsal", "!close rehearsal2"} {
		w.says("chair", text)
		w.expect(`^No vote with this number or letter is open here`, "group")
		if !w.poll().Held() {
			t.Fatalf("%q overrules the objection", text)
		}
	}
	w.says("chair", "!close 1")
	w.expect(`^The count goes on`, "group")
}

// Closed rehearsals, which have no number, are named by a word; with no word behind it a command asks which is meant.
func TestClosedRehearsalsAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.held("First? --rehearsal")
	w.held("Second? --rehearsal")
	w.says("chair", "!cancel")
	w.expect(`^Several votes could be meant\..*\nrehearsal2: Second\?\nrehearsal: First\?$`, "group")
	w.says("chair", "!close")
	w.expect(`^Several votes wait for this word\..*!close rehearsal:\nrehearsal: First\?\nrehearsal2: Second\?$`, "group")
	w.says("chair", "!close rehearsal2")
	w.expect(`The count goes on.*Second\?`, "group")
	w.says("chair", "!cancel Probe")
	w.expect(`This vote is void.*First\?`, "group")
	w.says("chair", "cancel")
	w.now = w.now.Add(overNear)
	w.settle()
	w.opened("Third?")
	for text, answer := range map[string]string{
		"!cancel rehearsal": `^REHEARSAL is no vote that can still be cancelled\. Meant here could be:\n.: Third\?$`,
		"!cancel new":       `^NEW is no vote that can still be cancelled`,
		"!close rehearsal2": `^No vote with this number or letter is open here`,
	} {
		w.says("chair", text)
		w.expect(answer, "group")
	}
	w.says("chair", "!cancel 1")
	w.expect(`This vote is void.*Third\?`, "group")
}

// A single closed rehearsal is ended without being named.
func TestCancelOfAClosedRehearsal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.held("First? --rehearsal")
	w.says("chair", "!cancel")
	w.expect(`This vote is void.*First\?`, "group")
}
