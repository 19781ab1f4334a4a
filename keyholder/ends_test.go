package keyholder

import (
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting/parley"
)

// TestExtended: the end of a vote moves by the word of somebody with the right, which the machine reads itself.
func TestExtended(t *testing.T) {
	for name, test := range map[string]struct {
		who, body string
		after     bool // it is read after what the bot did by it
		right     bool
	}{
		"the chair":             {chair, "!extend 10m", false, true},
		"the chair, read later": {chair, "!verlängern 10m", true, true},
		"in a talk":             {chair, "extend it, I would say", false, false},
		"somebody":              {"@bernd:x", "!extend 10m", false, false},
		"the bot":               {bot, "!extend 10m", false, false},
	} {
		d := newDesk(t)
		d.opens()
		d.cast(5)
		d.later(14 * time.Minute)
		until := d.poll.Ends.Add(10 * time.Minute)
		if !test.after {
			d.says(test.who, test.body)
		}
		d.record(bot, parley.Record{Kind: parley.Extended, Ends: until})
		if test.after {
			d.says(test.who, test.body)
		}
		d.later(slow)
		if said := d.last(parley.Waits) != nil; said == test.right {
			t.Errorf("%s: that the machine complains is %v; said was:\n%s", name, said, d.list())
		}
		d.now = d.poll.Ends
		d.record(bot, d.closed()) // at the end that held before
		d.record(bot, d.part())
		d.later(slow)
		d.waitsForClose(name)
	}
	d := newDesk(t)
	d.opens()
	d.cast(5)
	until := d.poll.Ends.Add(10 * time.Minute)
	d.record(bot, parley.Record{Kind: parley.Extended, Ends: until})
	d.now = until
	d.record(bot, d.closed())
	d.record(bot, d.part())
	d.later(slow)
	if n := d.count(parley.Share); n != 0 {
		t.Errorf("%d parts of a vote that the bot alone extended", n)
	}
	d.told(`(?s)do not give my part.*The end of the vote was moved`)
	d.says(chair, "!close")
	if n := d.count(parley.Share); n != 1 {
		t.Errorf("%d parts; said was:\n%s", n, d.list())
	}
}

// TestClosedLate: a vote that was closed long after its end waits for a word; one that the machine only heard
// of late does not.
func TestClosedLate(t *testing.T) {
	for _, heardLate := range []bool{false, true} {
		d := newDesk(t)
		d.opens()
		d.cast(5)
		d.now = d.poll.Ends
		if !heardLate {
			d.now = d.now.Add(11 * time.Minute)
		}
		closed := d.closed()
		closed.Poll = d.poll.ID
		inline, file, err := parley.Encode(closed)
		if err != nil {
			t.Fatal(err)
		}
		m := d.message(bot, "")
		m.Kind, m.Record, d.line.file = chat.Record, inline, file
		if file != nil {
			m.File = new(chat.Attached)
		}
		if heardLate {
			d.now = d.now.Add(time.Hour)
		}
		d.hears(m)
		d.record(bot, d.part())
		d.later(slow)
		if n := d.count(parley.Share); (n == 1) != heardLate {
			t.Errorf("heard late %v: %d parts; said was:\n%s", heardLate, n, d.list())
		}
	}
}

// TestEndMovedBack: the chair's word moves an end, and not to an earlier one; and it takes back that the vote be closed.
func TestEndMovedBack(t *testing.T) {
	for name, closing := range map[string]bool{"an earlier end": false, "after a close that was taken back": true} {
		d := newDesk(t)
		d.opens()
		d.cast(5)
		if closing {
			d.says(chair, "!close")
		}
		d.says(chair, "!extend 10m")
		if closing {
			d.record(bot, parley.Record{Kind: parley.Extended, Ends: d.poll.Ends.Add(10 * time.Minute)})
		} else {
			d.record(bot, parley.Record{Kind: parley.Extended, Ends: d.now})
		}
		d.record(bot, d.closed())
		d.record(bot, d.part())
		d.later(slow)
		d.waitsForClose(name)
	}
}
