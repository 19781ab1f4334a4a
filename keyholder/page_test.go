package keyholder

import (
	"context"
	"testing"
	"time"

	"stimmbote/keyholder/policy"
	"stimmbote/voting/parley"
)

// TestHearsWhileItLooks: a ballot page may take its time, the machine hears meanwhile; and what a wrong one comes to follows
// from what it has heard by then.
func TestHearsWhileItLooks(t *testing.T) {
	for name, test := range map[string]struct {
		opening   bool // it is looked at before the vote gets a key
		meanwhile func(d *desk)
		alarms    int
		step      string
	}{
		"nothing happens meanwhile": {false, func(*desk) {}, 1, stepConfirmed},
		"a halt":                    {false, func(d *desk) { d.says(lenz, "!halt") }, 1, stepConfirmed},
		"a close":                   {false, func(d *desk) { d.now = d.poll.Ends; d.record(bot, d.closed()) }, 1, stepClosed},
		"the end of the vote":       {false, func(d *desk) { d.record(bot, parley.Record{Kind: parley.Void}) }, 0, stepVoid},
		"before the opening":        {true, func(*desk) {}, 1, stepRefused},
		"nothing comes of it":       {true, func(d *desk) { d.record(bot, parley.Record{Kind: parley.Void}) }, 0, stepVoid},
	} {
		d := newDesk(t)
		d.pages = []string{"https://bot.x/"}
		asked, page := 0, rightPage
		d.k.Fetch = func(context.Context, string) ([]byte, error) {
			asked++
			if !d.k.mu.TryLock() {
				t.Fatalf("%s: the machine waits for a page, and hears nothing", name)
			}
			d.k.mu.Unlock()
			if page != rightPage {
				fetch := d.k.Fetch
				d.k.Fetch = nil // while the machine deals with what it hears
				test.meanwhile(d)
				d.k.Fetch = fetch
			}
			return []byte(page), nil
		}
		if test.opening {
			page = "forged"
			d.record(bot, d.asked())
		} else {
			d.opens()
			d.cast(5)
			page = "forged"
			d.later(2 * leastLook)
		}
		if asked != 1 && test.opening || asked != 2 && !test.opening {
			t.Errorf("%s: asked %d times", name, asked)
		}
		if n := d.count(parley.Alarm); n != test.alarms || d.step() != test.step {
			t.Errorf("%s: %d alarms, it is %s; said was:\n%s", name, n, d.step(), d.list())
		}
		if r := d.last(parley.Alarm); r != nil && policy.Rule(r.Rule) != policy.Page {
			t.Errorf("%s: the alarm is %s", name, r.Rule)
		}
		if d.step() == stepClosed {
			d.record(bot, d.part())
			d.later(time.Hour)
			if n := d.count(parley.Share); n != 0 {
				t.Errorf("%s: %d parts", name, n)
			}
			d.says(kaya, "!resume")
			if n := d.count(parley.Share); n != 1 {
				t.Errorf("%s: %d parts after the word of the owner; said was:\n%s", name, n, d.list())
			}
		}
	}
}

// TestPagesThatAreAway are left out: the vote opens, and they are looked at again.
func TestPagesThatAreAway(t *testing.T) {
	d := newDesk(t)
	d.pages = []string{"https://bot.x/", "https://other.x/"}
	asked := 0
	d.k.Fetch = func(context.Context, string) ([]byte, error) {
		asked++
		return nil, ErrAddress
	}
	d.opens()
	d.later(2 * leastLook)
	if asked != 4 || d.count(parley.Alarm) != 0 {
		t.Errorf("asked %d times, %d alarms", asked, d.count(parley.Alarm))
	}
}
