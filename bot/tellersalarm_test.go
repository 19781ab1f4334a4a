package bot

import (
	"testing"
	"time"

	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// TestRepeatedAlarms: what a machine says again while its alarm stands, everybody knows; a new one after it went on, and
// one that nothing can clear up, are said.
func TestRepeatedAlarms(t *testing.T) {
	w := newWorld(t, "en")
	annas, bernds := w.withTellers()
	p := w.evening(annas, bernds)
	alarm := parley.Record{Kind: parley.Alarm, Poll: p.ID, Rule: parley.Page}
	for round, test := range []struct {
		says  parley.Record
		by    *machine
		heard bool
	}{
		{alarm, annas, true},
		{alarm, annas, false},
		{alarm, bernds, true},
		{parley.Record{Kind: parley.GoesOn, Poll: p.ID}, annas, false},
		{alarm, annas, true},
		{alarm, bernds, false},
		{parley.Record{Kind: parley.Alarm, Poll: p.ID, Rule: "differs", Final: true}, annas, true},
	} {
		w.new()
		test.by.says(test.says)
		fresh := w.new()
		if group, chair := find(fresh, "group", `Alarm`), find(fresh, "chair", `raised the alarm`); (group != nil) != test.heard || (chair != nil) != test.heard {
			t.Errorf("round %d: that it is said is %v in the group, %v to the chair; said was:\n%s", round, group != nil, chair != nil, list(fresh))
		}
	}
}

// TestHaltByOneWhoIsGone: nobody overrules a teller who halted a vote and disappeared, and the message of the halt says
// what there is: whoever may, ends the vote, and it is repeated.
func TestHaltByOneWhoIsGone(t *testing.T) {
	c := objecting(t)
	c.say("bernd", "!halt")
	for _, pattern := range []string{
		`(?s)Halted by Bernd.*Nobody else can let it go on.*whoever began the vote, or a moderator of this room, writes !cancel`,
		`(?s)do not give my part of the key yet.*@bernd:x halted.*nobody else can.*!cancel, and repeat the vote`,
	} {
		if !c.told(pattern) {
			t.Errorf("nobody read %s; said was:\n%s", pattern, list(c.sent))
		}
	}
	c.leave("bernd")
	c.say("chair", "!resume")
	c.later(time.Hour)
	c.say("eva", "!cancel")
	if p := c.poll(); p.State != voting.StateClosed || c.gave() != 0 {
		t.Fatalf("it is %s, %d parts", p.State, c.gave())
	}
	c.say("chair", "!cancel")
	c.later(time.Minute)
	if p := c.poll(); p == nil || p.State != voting.StateDraft || c.gave() != 0 {
		t.Errorf("it is not offered again; said was:\n%s", list(c.sent))
	}
	c.keepNoKey()
}
