package bot

import (
	"testing"

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
