package bot

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/box"
	"stimmbote/voting/parley"
)

// withheld are lies of a homeserver that keeps back what the machines say, and of a bot that says all of it once more.
var withheld = map[string]lie{
	"a machine's key withheld": {func(_ *testing.T, _ *circle, p *passing) {
		p.drop = p.Kind == parley.Key && p.from == user("bernd-box")
	}, `no answer of Bernd`, 0},
	"a machine's confirmation withheld": {func(_ *testing.T, _ *circle, p *passing) {
		p.drop = p.Kind == parley.Confirmed && p.from == user("bernd-box")
	}, `no answer of Bernd`, 0},
	"a machine's alarm withheld": {func(_ *testing.T, _ *circle, p *passing) {
		if p.Kind == parley.Asked && p.to == user("anna-box") {
			question := *p.Question
			question.Asked.Text = "Shall we adopt motion 13?"
			p.Question = &question
		}
		p.drop = p.Kind == parley.Alarm
	}, `no answer of Anna`, 0},
	"a machine's part from an unsigned device": {func(_ *testing.T, _ *circle, p *passing) {
		p.unsigned = p.Kind == parley.Share && p.from == user("bernd-box") && p.to == myself
	}, `The box waits for the machine of Bernd`, 2},
	"a machine's part withheld": {func(_ *testing.T, _ *circle, p *passing) {
		p.drop = p.Kind == parley.Share && p.from == user("bernd-box") && p.to == myself
	}, `The box waits for the machine of Bernd`, 2},
	"the whole vote again, with other ballots": {func(t *testing.T, c *circle, p *passing) {
		if p.Kind != parley.Result || p.from != myself {
			return
		}
		twin := *p
		c.tamper = nil
		c.arrive(&twin)
		p.drop = true
		for _, kind := range []parley.Kind{parley.Asked, parley.Election, parley.Closed, parley.Share} {
			r := c.heard(kind)
			if kind == parley.Closed {
				r.Archive, r.ClosedHash = only(t, r.Archive, 5)
				r.Voted = r.Voted[:5]
			}
			for _, one := range c.machines {
				c.arrive(&passing{from: myself, to: one.account, Record: r})
			}
		}
	}, `Counted again, 6 ballots`, 2},
}

// TestWithheld: what a homeserver keeps back, or a bot says again, leads to no second part and to no result that nobody
// agreed to; members read whom the vote waits for.
func TestWithheld(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(withheld)) {
		t.Run(name, func(t *testing.T) {
			c := newCircle(t)
			c.comesTo(t, withheld[name])
			if c.told(`Result: `) && !c.told(`Counted again`) {
				t.Error("there is a result that no machine has recounted")
			}
		})
	}
}

// inSecret holds a secret vote up to the ballots.
func inSecret(t *testing.T) *circle {
	t.Helper()
	return begun(t, voting.Secret, "--level secret")
}

// begun holds a vote with tellers up to the ballots, with options that lead to a level.
func begun(t *testing.T, level voting.Level, options string) *circle {
	t.Helper()
	c := secretCircle(t, rightPages())
	c.say("chair", "!vote Shall we adopt motion 12? "+options)
	c.say("chair", "start")
	if p := c.poll(); p.State != voting.StateOpen || p.Level() != level {
		t.Fatalf("it is %s; said was:\n%s", p.State, list(c.sent))
	}
	return c
}

// toTheEnd lets a vote be closed and counted, and returns what a recount of its archive says.
func (c *circle) toTheEnd() *belenios.Report {
	c.t.Helper()
	for range 4 {
		c.later(5 * time.Minute)
	}
	for _, s := range c.sent {
		if s.Record == nil || s.File == nil {
			continue
		}
		if r, err := parley.Decode(s.Record); err == nil && r.Kind == parley.Result {
			report, err := belenios.Verify(s.File.Data)
			if err != nil {
				c.t.Fatal(err)
			}
			return report
		}
	}
	c.t.Fatalf("there is no archive; said was:\n%s", list(c.sent))
	return nil
}

// TestReplacedBallots: a bot that puts another ballot in a voter's place, or an older one, or none, is found by that
// voter: the code of the receipt is not in the archive. Nobody else can see it.
func TestReplacedBallots(t *testing.T) {
	for name, replace := range map[string]func(c *circle, older []byte) []byte{
		"another ballot":        func(c *circle, _ []byte) []byte { return c.sealed("eva", voting.No) },
		"an older one restored": func(_ *circle, older []byte) []byte { return older },
		"no ballot":             func(*circle, []byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			var c *circle
			var receipt voting.Receipt
			var right, older []byte
			if name == "an older one restored" { // which there is where one may vote anew
				c = begun(t, voting.Shared, "--level shared --sealed")
				older = c.sealed("eva", voting.No)
				if _, err := c.casts(older); err != nil {
					t.Fatal(err)
				}
			} else {
				c = inSecret(t)
			}
			for _, one := range people {
				ballot := c.sealed(one, voting.Yes)
				r, err := c.casts(ballot)
				if err != nil {
					t.Fatal(err)
				}
				if one == "eva" {
					receipt, right = r, ballot
				}
			}
			c.puts(right, replace(c, older))
			report := c.toTheEnd()
			for _, tracker := range report.Trackers {
				if belenios.Code(tracker) == receipt.Code {
					t.Fatalf("eva finds her ballot: nothing was replaced")
				}
			}
			if want := map[string]int{"another ballot": 6, "an older one restored": 6, "no ballot": 5}[name]; report.Counted != want {
				t.Errorf("%d counted, want %d", report.Counted, want)
			}
			if name == "no ballot" && find(c.sent, "eva", `(?i)no vote was cast for you|not count|damaged`) == nil {
				t.Errorf("eva is told nothing; said was:\n%s", list(c.sent))
			}
		})
	}
}

// puts puts a ballot into the box in another's place, as whoever has the database can.
func (c *circle) puts(right, other []byte) {
	c.t.Helper()
	id := string(c.poll().ID)
	places, err := c.store.Places(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	at := slices.IndexFunc(places, func(p box.Place) bool { return string(p.Ballot[:len(right)]) == string(right) })
	size := len(places[at].Ballot)
	places[at].Ballot = append(slices.Clone(other), make([]byte, size-len(other))...)
	if err := c.store.PutPlace(c.t.Context(), id, places[at]); err != nil {
		c.t.Fatal(err)
	}
}

// TestATokenThatTheBotUsed: a bot that votes for somebody names them in the list of those who voted, or gets no parts;
// and whoever comes later with the same ballot is told to raise the alarm.
func TestATokenThatTheBotUsed(t *testing.T) {
	c := inSecret(t)
	for _, one := range people[:5] {
		if _, err := c.casts(c.sealed(one, voting.Yes)); err != nil {
			t.Fatal(err)
		}
	}
	absent := people[5]
	if _, err := c.casts(c.sealed(absent, voting.Yes)); err != nil { // the bot has every token
		t.Fatal(err)
	}
	if _, err := c.casts(c.sealed(absent, voting.No)); !errors.Is(err, voting.ErrUsed) {
		t.Errorf("who comes later: %v", err)
	}
	c.new()
	c.tells(absent, string(c.sealed(absent, voting.No)))
	c.expect(`With this ballot somebody has voted already.*If that was not you, please raise the alarm at once: !objection in the group`, absent)
	c.toTheEnd()
	if !slices.Contains(c.heard(parley.Closed).Voted, user(absent)) {
		t.Errorf("%s is not among those who voted: %v", absent, c.heard(parley.Closed).Voted)
	}
	if len(c.heard(parley.Closed).Voted) != 6 {
		t.Errorf("the list has %v", c.heard(parley.Closed).Voted)
	}
}
