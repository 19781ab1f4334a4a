package keyholder

import (
	"testing"
	"time"

	"stimmbote/voting/parley"
)

// TestCloseOfAnotherOne: the word that closes a vote by number or letter counts for the one that is called so, and for no
// other one.
func TestCloseOfAnotherOne(t *testing.T) {
	for body, parts := range map[string]int{
		"!close": 1, "!close 12": 1, "!schluss #12": 1, "!close B": 1, "!close b:": 1,
		"!close 11": 0, "!close A": 0, "!close rehearsal": 0, "!close 0": 0,
	} {
		d := newDesk(t)
		d.opens()
		d.record(bot, parley.Record{Kind: parley.Opened, Number: 12, Letter: "B"})
		d.record(bot, parley.Record{Kind: parley.Opened, Number: 11, Letter: "A"}) // nothing is called otherwise later
		d.cast(5)
		d.says(chair, body)
		r := d.closed()
		r.Number = 11
		d.record(bot, r)
		d.record(bot, d.part())
		d.later(slow)
		if n := d.count(parley.Share); n != parts {
			t.Errorf("%s: %d parts; said was:\n%s", body, n, d.list())
		}
		if early := d.last(parley.Waits) != nil; early == (parts == 1) {
			t.Errorf("%s: that the close came early is said: %v", body, early)
		}
		d.says(chair, "!close B") // which is another one by now
		if n := d.count(parley.Share); n != parts {
			t.Errorf("%s, then its letter: %d parts", body, n)
		}
		d.says(chair, "!close 12")
		d.later(slow)
		if n := d.count(parley.Share); n != 1 {
			t.Errorf("%s, then its number: %d parts; said was:\n%s", body, n, d.list())
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

// TestCloseThatIsLongAgo: a word that closes a vote lets the bot close it soon after, and not whenever it likes.
func TestCloseThatIsLongAgo(t *testing.T) {
	for wait, parts := range map[time.Duration]int{2 * time.Minute: 1, 11 * time.Minute: 0} {
		d := newDesk(t)
		d.opens()
		d.cast(5)
		d.says(chair, "!close")
		d.later(wait)
		d.record(bot, d.closed())
		d.record(bot, d.part())
		d.later(slow)
		if n := d.count(parley.Share); n != parts {
			t.Errorf("%s later: %d parts; said was:\n%s", wait, n, d.list())
		}
		d.says(chair, "!close")
		d.later(slow)
		if n := d.count(parley.Share); n != 1 {
			t.Errorf("%s later, and said again: %d parts; said was:\n%s", wait, n, d.list())
		}
	}
}
