package keyholder

import (
	"testing"

	"stimmbote/voting/parley"
)

// TestWhereTheKeyIs: a key is called deleted only if there ever was one.
func TestWhereTheKeyIs(t *testing.T) {
	for name, test := range map[string]struct {
		bring func(d *desk)
		key   string
	}{
		"refused before it had a key": {func(d *desk) {
			d.members = d.members[1:]
			d.record(bot, d.asked())
			d.later(heals)
		}, keyNone},
		"void before it had a key": {func(d *desk) {
			d.members = d.members[1:]
			d.record(bot, d.asked())
			d.record(bot, parley.Record{Kind: parley.Void})
		}, keyNone},
		"asked": {func(d *desk) { d.gathers() }, keyHere},
		"void":  {func(d *desk) { d.opens(); d.record(bot, parley.Record{Kind: parley.Void}) }, keyDeleted},
	} {
		d := newDesk(t)
		test.bring(d)
		h := must(d.store.Held(t.Context(), string(d.poll.ID)))(t)
		if s := must(Stand(h, d.vault))(t); s.Key != test.key {
			t.Errorf("%s: of the key of a vote that is %s it says %q, want %q", name, h.Step, s.Key, test.key)
		}
	}
}
