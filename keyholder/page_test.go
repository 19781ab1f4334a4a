package keyholder

import (
	"context"
	"maps"
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

// TestPagesOfOtherMachines are looked at whatever the bot names, also after a restart: those of the tellers of a vote, and
// no others. The alarm names the host.
func TestPagesOfOtherMachines(t *testing.T) {
	d := newDesk(t)
	d.pages = []string{"https://bot.x/"}
	asked := make(map[string]int)
	forged := ""
	d.fetch = func(_ context.Context, address string) ([]byte, error) {
		if asked[address]++; address == forged {
			return []byte("forged"), nil
		}
		return []byte(rightPage), nil
	}
	d.open()
	here := func(sender, booth string) {
		d.record(sender, parley.Record{Kind: parley.Here, Owner: "@somebody:x", Booth: booth})
	}
	here(lenzs, "https://lenz.example/booth.html")
	here(chair, "https://anna.example/booth.html")
	here(kayas, "https://kaya.example/booth.html")
	d.opens()
	want := map[string]int{"https://bot.x/": 1, "https://lenz.example/booth.html": 1}
	if !maps.Equal(asked, want) {
		t.Errorf("looked at %v, want %v", asked, want)
	}
	forged = "https://lenz.example/booth.html"
	d.open()
	d.settle()
	d.later(2 * leastLook)
	if d.count(parley.Alarm) != 1 {
		t.Errorf("%d alarms; said was:\n%s", d.count(parley.Alarm), d.list())
	}
	d.told(`The ballot page of lenz\.example is not the one that I have`)
	here(lenzs, "no address")
	clear(asked)
	d.later(2 * leastLook)
	if want := map[string]int{"https://bot.x/": 1}; !maps.Equal(asked, want) {
		t.Errorf("where lenz serves none any more, it looked at %v, want %v", asked, want)
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
