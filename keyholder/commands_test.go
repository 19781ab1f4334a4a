package keyholder

import (
	"encoding/json"
	"testing"

	"stimmbote/store"
	"stimmbote/voting/parley"
)

// TestCloseOfOneThatIsPast: the word that closes a vote by its number is not taken for the open one where that vote is past.
func TestCloseOfOneThatIsPast(t *testing.T) {
	for name, test := range map[string]struct {
		past  store.Held
		moved bool // the group, since
		body  string
		parts int
	}{
		"counted":                   {store.Held{Room: room, Step: stepDone}, false, "!close 11", 0},
		"void":                      {store.Held{Room: room, Step: stepVoid}, false, "!schluss #11", 0},
		"refused":                   {store.Held{Room: room, Step: stepRefused}, false, "!close 11", 0},
		"in the room before":        {store.Held{Room: room, Step: stepDone}, true, "!close 11", 0},
		"another number":            {store.Held{Room: room, Step: stepDone}, false, "!close 12", 1},
		"none":                      {store.Held{Room: room, Step: stepDone}, false, "!close", 1},
		"in another group's room":   {store.Held{Room: "!another:x", Step: stepDone}, false, "!close 11", 1},
		"… although this one moved": {store.Held{Room: "!another:x", Step: stepDone}, true, "!close 11", 1},
	} {
		d := newDesk(t)
		d.power[lenz] = moderator
		d.opens()
		d.cast(5)
		test.past.Poll, test.past.View = "past", must(json.Marshal(seen{Number: 11}))(t)
		if err := d.store.PutHeld(t.Context(), test.past); err != nil {
			t.Fatal(err)
		}
		if test.moved {
			d.moves(newer, lenz)
		}
		d.says(chair, test.body)
		d.record(bot, d.closed())
		d.record(bot, d.part())
		d.later(slow)
		if n := d.count(parley.Share); n != test.parts {
			t.Errorf("%s: %d parts; said was:\n%s", name, n, d.list())
		}
		if early := d.last(parley.Waits) != nil; early == (test.parts == 1) {
			t.Errorf("%s: that the close came early is said: %v", name, early)
		}
	}
}

// TestNumberOfARefusedVote: a vote has its number from its close also where a rule forbids what comes next.
func TestNumberOfARefusedVote(t *testing.T) {
	d := newDesk(t)
	d.opens()
	d.cast(6)
	r := d.closed()
	r.Number, r.Voted = 11, r.Voted[1:]
	d.record(bot, r)
	if v := must(d.k.vote(t.Context(), d.poll.ID))(t); v.Step != stepRefused || v.seen.Number != 11 {
		t.Errorf("it is %s, with the number %d", v.Step, v.seen.Number)
	}
}
