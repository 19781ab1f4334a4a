package keyholder

import (
	"strconv"
	"strings"
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

// TestExtendThatDidNothing: a word that the bot refused, because it names an earlier end, or none, takes back no word that
// the vote be closed.
func TestExtendThatDidNothing(t *testing.T) {
	for _, body := range []string{"!extend 19:05", "!extend xyz"} {
		d := newDesk(t)
		d.opens()
		d.cast(5)
		d.says(chair, "!close")
		d.says(chair, body)
		d.later(time.Minute)
		d.record(bot, d.closed())
		d.record(bot, d.part())
		d.later(slow)
		if n := d.count(parley.Share); n != 1 {
			t.Errorf("%s: %d parts; said was:\n%s", body, n, d.list())
		}
	}
}

// TestExtendTakesCloseBack: the same end by another word takes back a close that came between; said again without a word it
// takes nothing back.
func TestExtendTakesCloseBack(t *testing.T) {
	for _, word := range []bool{true, false} {
		d := newDesk(t)
		d.opens()
		d.cast(5)
		extended := parley.Record{Kind: parley.Extended, Ends: d.poll.Ends.Add(10 * time.Minute)}
		d.says(chair, "!extend 10m")
		d.record(bot, extended)
		d.says(chair, "!close")
		if word {
			d.says(chair, "!extend 19:25")
		}
		d.record(bot, extended)
		d.record(bot, d.closed())
		d.record(bot, d.part())
		d.later(slow)
		if n := d.count(parley.Share); (n == 0) != word {
			t.Errorf("extended once more: %v, %d parts; said was:\n%s", word, n, d.list())
		}
	}
}

// TestCloseAfterExtend: a word that a vote be closed holds also if the bot says only after it how an earlier word moved the end.
func TestCloseAfterExtend(t *testing.T) {
	d := newDesk(t)
	d.opens()
	d.cast(5)
	d.says(chair, "!extend 10m")
	d.later(time.Second)
	d.says(chair, "!close")
	d.record(bot, parley.Record{Kind: parley.Extended, Ends: d.poll.Ends.Add(10 * time.Minute)})
	d.record(bot, d.closed())
	d.record(bot, d.part())
	d.later(slow)
	if n := d.count(parley.Share); n != 1 {
		t.Errorf("%d parts; said was:\n%s", n, d.list())
	}
}

// TestExtendOfAnotherOne: the word that moves an end counts for the vote that it names, or for the only one, as the bot
// understands it: the bot cannot move the end of another one by it.
func TestExtendOfAnotherOne(t *testing.T) {
	for body, meant := range map[string][2]string{ // of votes 12 B and 11 A; of 12 B alone
		"!extend 12 10m":       {"12", "12"},
		"!extend b: 10m":       {"12", "12"},
		"!extend B":            {"12", "12"},
		"!extend 11 10m":       {"11", "12"}, // 11 minutes and 10
		"!verlängern A 10m":    {"11", ""},
		"!extend 10m":          {"", "12"},
		"!extend":              {"", "12"},
		"!extend 12 minutes":   {"", "12"},
		"!extend 11 Minuten":   {"", "12"},
		"!extend 11:40":        {"", "12"},
		"!extend 12 until 8pm": {"12", "12"},
		"!extend C 10m":        {"", ""},
	} {
		for alone, want := range meant {
			d := newDesk(t)
			d.opens()
			d.record(bot, parley.Record{Kind: parley.Opened, Number: 12, Letter: "B"})
			other := must(d.k.vote(t.Context(), d.poll.ID))(t)
			other.Poll, other.Secret, other.seen.Number, other.seen.Letter, other.seen.CloseSaid = "other", nil, 11, "A", d.now
			if alone == 0 {
				if err := d.k.put(t.Context(), other); err != nil {
					t.Fatal(err)
				}
			}
			d.says(chair, body)
			d.record(bot, parley.Record{Kind: parley.Extended, Ends: d.poll.Ends.Add(10 * time.Minute)})
			var got strings.Builder
			for _, v := range must(d.k.known(t.Context()))(t) {
				if len(v.seen.ExtendSaid) > 0 {
					got.WriteString(strconv.Itoa(v.seen.Number))
				}
				if v.seen.Number == 11 && v.seen.CloseSaid.IsZero() {
					t.Errorf("%s: it takes the close of another vote back", body)
				}
			}
			if got.String() != want {
				t.Errorf("%s, alone %v: it counts for %q, want %q", body, alone == 1, got.String(), want)
			}
			d.later(slow)
			if complains := d.last(parley.Waits) != nil; complains == (want == "12") {
				t.Errorf("%s, alone %v: that the machine complains is %v; said was:\n%s", body, alone == 1, complains, d.list())
			}
		}
	}
}

// TestExtendReadAfterTheClose: a word that is read late covers the end that was moved by it also after the close; one that
// was said after the close covers none.
func TestExtendReadAfterTheClose(t *testing.T) {
	for _, before := range []bool{true, false} {
		d := newDesk(t)
		d.opens()
		d.cast(5)
		m := d.message(chair, "!extend 10m")
		d.record(bot, parley.Record{Kind: parley.Extended, Ends: d.poll.Ends.Add(10 * time.Minute)})
		d.now = d.poll.Ends.Add(10 * time.Minute)
		d.record(bot, d.closed())
		d.record(bot, d.part())
		d.later(slow / 2)
		if !before {
			m.At = d.now
		}
		d.hears(m)
		d.later(slow)
		if n := d.count(parley.Share); (n == 1) != before {
			t.Errorf("said before the close %v: %d parts; said was:\n%s", before, n, d.list())
		}
	}
}
