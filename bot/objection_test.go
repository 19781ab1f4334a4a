package bot

import (
	"testing"
	"time"

	"stimmbote/voting"
)

// After the result an objection is recorded as well, to the last vote or to one by its number, and
// the result says so from then on.
func TestObjectionsAfterTheResult(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.says("anna", "!objection early")
	w.expect(`^There is no vote open here`, "group")
	for _, question := range []string{"First?", "Second?"} {
		w.opened(question)
		for _, name := range people {
			w.tells(name, "1")
		}
		w.closes("chair")
		if p := w.poll(); p != nil {
			t.Fatalf("%s goes on: %s", question, p.State)
		}
	}
	w.new()
	for text, question := range map[string]string{
		"!objection 3 people were not asked": "Second", "!einspruch": "Second",
		"!objection 1: the question was another": "First", "!objection #1 the same": "First", "!objection 1": "First",
	} {
		w.says("anna", text)
		w.expect(`^The objection of Anna is recorded: `+question+`\?\nWhile it stands`, "group")
	}
	for text, want := range map[string]string{
		"!objection 7: no such vote": `^There is no such result here`, "!objection 99999999999999999999": `^There is no vote open here`,
		"!result 1": `(?s)^Result: adopted.*\n3 objections are recorded\.`, "!result 2": `(?s)^Result: adopted.*\n2 objections are recorded\.`,
	} {
		w.says("chair", text)
		w.expect(want, "group")
	}
	p, err := w.bot.Polls.Numbered(t.Context(), voting.Place(group), 2)
	if err != nil {
		t.Fatal(err)
	}
	whys := make(map[string]bool)
	for _, o := range p.Objections {
		whys[o.Why] = true
	}
	if !whys["3 people were not asked"] || !whys[""] {
		t.Errorf("the reasons are %v", whys)
	}
}

// Whoever is asked whether it is right that they did not vote may say so.
func TestNotCastIsAnswered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	for _, name := range people[:5] {
		w.tells(name, "1")
	}
	w.closes("chair")
	w.expect(`(?s)^No vote was cast for you\. Is that right\? If not, write !objection in the group\.\nFirst\?$`, "eva")
	w.tells("eva", "nein")
	w.expect(`^Then please write !objection in the group`, "eva")
	w.tells("eva", "yes")
	w.expect(`^Thank you\. Nothing more to do\.$`, "eva")
	w.tells("eva", "yes")
	w.expect(`^This vote is over already: First\?`, "eva")
	w.tells("anna", "no")
	w.expect(`^This vote is over already: First\?`, "anna")
	w.says("eva", "!objection I have voted")
	w.expect(`^The objection of Eva is recorded`, "group")
}

// TestObjectionWhileOpen: an objection to a vote that is open holds its count, and whoever sees the vote closed reads why
// there is no result and what to do.
func TestObjectionWhileOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First?")
	w.says("eva", "!objection my token was used")
	w.expect(`^✋ The objection of Eva is recorded: First\?\nThe vote goes on\. Once it is closed I do not count before`, "group")
	for _, name := range people {
		w.tells(name, "1")
	}
	w.closes("chair")
	w.expect(`(?s)^The vote is closed: First\?\n.*\n✋ Objection of Eva: I do not count before it is settled\. !close counts all the same`, "group")
	w.says("chair", "!close")
	fresh := w.new()
	if find(fresh, "group", `^The count goes on`) == nil || find(fresh, "group", `^Result: adopted`) == nil {
		t.Errorf("after the word that it goes on:\n%s", list(fresh))
	}
}

// TestObjectionToTheOneThatWaits: of two votes an objection is about the closed one that waits to be counted, and says how
// to name the other.
func TestObjectionToTheOneThatWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "en")
	w.opened("First? --objection 10m")
	w.opened("Second?")
	for _, name := range people {
		w.tells(name, "A 1")
	}
	w.says("chair", "!close A")
	w.expect(`(?s)^The vote is closed: First\?.*Until then !objection holds it`, "group")
	w.says("eva", "!objection the chair told us how to vote")
	w.expect(`(?s)^✋ Objection of Eva, I do not count: First\?.*Another vote is meant, Second\?\? Then please write !objection 2: and the reason`, "group")
	w.says("eva", "!objection 2: the same")
	w.expect(`^✋ The objection of Eva is recorded: Second\?`, "group")
	w.now = w.now.Add(11 * time.Minute)
	w.settle()
	w.silent()
}
