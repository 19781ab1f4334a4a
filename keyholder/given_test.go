package keyholder

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/keyholder/policy"
	"stimmbote/voting/parley"
)

// TestNotCertain: a machine that cannot be certain that it has not given its part gives none, and says what to do.
// What only the homeserver's absence hides is looked at again.
func TestNotCertain(t *testing.T) {
	for err, test := range map[error]struct {
		rule policy.Rule
		says string
	}{
		chat.ErrHistoryLong:   {policy.HistoryLong, `So much was written.*!cancel`},
		chat.ErrHistoryErased: {policy.HistoryErased, `was removed from this room.*!cancel`},
		chat.ErrHistoryGone:   {policy.HistoryGone, `cannot read everything.*!cancel`},
		errors.New("away"):    {"", ""},
	} {
		d := newDesk(t)
		d.opens()
		d.cast(6)
		d.record(bot, d.closed())
		d.unsure = fmt.Errorf("looking: %w", err)
		part := d.part()
		if test.rule == "" {
			part.Poll = d.poll.ID
			inline, _, err := parley.Encode(part)
			if err != nil {
				t.Fatal(err)
			}
			m := d.message(bot, "")
			m.Kind, m.Record = chat.Record, inline
			if err := d.k.Said(t.Context(), m); err != nil {
				t.Fatal(err)
			}
			next := d.now
			if err := d.k.Due(t.Context(), &next); !errors.Is(err, d.unsure) {
				t.Errorf("away: %v", err)
			}
			d.unsure = nil
			d.settle()
			if n := d.count(parley.Share); n != 1 {
				t.Errorf("%d parts once the homeserver answers", n)
			}
			continue
		}
		d.record(bot, part)
		d.unsure = nil // which is too late: who removed something may let it reappear
		d.later(time.Hour)
		if n := d.count(parley.Share); n != 0 {
			t.Errorf("%s: %d parts", test.rule, n)
		}
		r := d.last(parley.Kept)
		if r == nil || policy.Rule(r.Rule) != test.rule || !r.Final {
			t.Errorf("%s: %+v", test.rule, r)
		}
		d.told(`(?s)do not give my part of the key.*` + test.says)
	}
}

// TestWhereItLooks: the machine looks through every room that the group was in since it was asked for its key.
func TestWhereItLooks(t *testing.T) {
	d := newDesk(t)
	d.opens()
	d.cast(6)
	asked := must(d.k.vote(t.Context(), d.poll.ID))(t).seen.AskedIn
	d.power[lenz] = moderator
	d.moves("!second:x", lenz)
	d.moves("!third:x", lenz)
	d.open()
	d.record(bot, d.askedAgain())
	d.record(bot, d.closed())
	d.record(bot, d.part())
	if want := []string{"!third:x", "!second:x", room}; !slices.Equal(d.looked, want) || d.since != asked || asked == "" {
		t.Errorf("it looked through %v since %q, want %v since %q", d.looked, d.since, want, asked)
	}
}
