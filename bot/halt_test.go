package bot

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// objecting is a circle whose vote has all ballots in the box, and time for objections.
func objecting(t *testing.T) *circle {
	t.Helper()
	c := gathered(t, nil)
	c.say("chair", "!vote Shall we adopt motion 12? --objection 5m")
	c.say("chair", "start")
	c.votes()
	c.say("chair", "!close")
	if p := c.poll(); p.State != voting.StateClosed {
		t.Fatalf("it is %s; said was:\n%s", p.State, list(c.sent))
	}
	return c
}

// TestHalt: a teller stops the opening, on the bot and on the machines alike, until the same teller lets it
// go on.
func TestHalt(t *testing.T) {
	c := objecting(t)
	c.say("eva", "!halt")
	if !c.told(`Only a teller of a vote that goes on here`) {
		t.Error("eva, who is no teller, is not refused")
	}
	c.say("bernd", "!halt the list is wrong")
	for _, pattern := range []string{`Halted by Bernd: Shall we adopt motion 12`, `(?s)do not give my part of the key yet.*@bernd:x halted the opening`} {
		if !c.told(pattern) {
			t.Errorf("nobody read %s; said was:\n%s", pattern, list(c.sent))
		}
	}
	c.restart()
	for _, r := range c.machines {
		r.open()
	}
	for range 4 {
		c.later(5 * time.Minute)
	}
	c.say("anna", "!resume")
	c.say("chair", "!close")
	c.later(time.Minute)
	if c.gave() != 0 || c.told(`My part of the opening`) || c.told(`Result: `) {
		t.Fatalf("it was opened all the same; said was:\n%s", list(c.sent))
	}
	c.say("bernd", "!go on")
	c.later(time.Minute)
	for _, pattern := range []string{`Bernd lets it go on`, `Nothing holds my part of the key any more`, `Result: adopted`} {
		if !c.told(pattern) {
			t.Errorf("nobody read %s; said was:\n%s", pattern, list(c.sent))
		}
	}
	if n := c.gave(); n != 2 {
		t.Errorf("%d parts", n)
	}
}

// TestHaltThatOnlyMachinesRead: a bot that will not hear of it gives its part, and the machines do not.
func TestHaltThatOnlyMachinesRead(t *testing.T) {
	for name, test := range map[string]struct {
		who, body string
		spoil     func(m *chat.Message)
		parts     int
	}{
		"a teller":              {"bernd", "!halt", func(*chat.Message) {}, 0},
		"somebody else":         {"eva", "!halt", func(*chat.Message) {}, 2},
		"from another device":   {"bernd", "!halt", func(m *chat.Message) { m.Trusted = false }, 2},
		"in words to somebody":  {"bernd", "they should !halt it", func(*chat.Message) {}, 2},
		"an objection":          {"eva", "!einspruch", func(*chat.Message) {}, 0},
		"of no device of hers":  {"eva", "!objection", func(m *chat.Message) { m.Trusted = false }, 2},
		"of a stranger":         {"mallory", "!objection", func(*chat.Message) {}, 2},
		"an alarm of a machine": {"", "", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := objecting(t)
			if test.spoil == nil {
				boxes := []string{user("anna-box"), user("bernd-box")}
				for i := range boxes {
					c.arrive(&passing{from: boxes[i], to: boxes[1-i], Record: parley.Record{Kind: parley.Alarm, Poll: c.poll().ID, Rule: "page"}})
				}
			} else {
				m := c.message(test.who, test.body, false)
				test.spoil(&m)
				for _, r := range c.machines {
					if err := r.k.Said(t.Context(), m); err != nil {
						t.Fatal(err)
					}
				}
			}
			for range 3 {
				c.later(5 * time.Minute)
			}
			if !c.told(`My part of the opening`) {
				t.Fatalf("the bot gave no part; said was:\n%s", list(c.sent))
			}
			if n := c.gave(); n != test.parts {
				t.Errorf("%d parts, want %d; said was:\n%s", n, test.parts, list(c.sent))
			}
		})
	}
}

// TestObjectionBindsMachines: an objection holds bot and machines, and the same word lets both go on.
func TestObjectionBindsMachines(t *testing.T) {
	c := objecting(t)
	c.say("eva", "!objection I was not asked")
	if !c.told(`(?s)Objection of Eva, I do not count`) || !c.told(`(?s)do not give my part of the key yet.*@eva:x objected`) {
		t.Errorf("bot and machines do not say both that it holds; said was:\n%s", list(c.sent))
	}
	for range 3 {
		c.later(5 * time.Minute)
	}
	m := c.message("chair", "!close", false)
	m.Trusted = false
	c.hear(m)
	if !c.told(`machines read this themselves, and would not heed it`) {
		t.Errorf("the bot goes on where the machines do not; said was:\n%s", list(c.sent))
	}
	c.say("clara", "!close")
	c.later(time.Minute)
	if c.gave() != 0 {
		t.Fatal("somebody without the right let it go on")
	}
	c.say("chair", "!close")
	c.later(time.Minute)
	if c.gave() != 2 || !c.told(`Result: adopted`) {
		t.Errorf("it does not go on; said was:\n%s", list(c.sent))
	}
	c = objecting(t)
	m = c.message("eva", "!objection", false)
	m.Trusted = false
	c.hear(m)
	if !c.told(`(?s)I do not count.*the tellers' machines do not, since they heed only a verified device`) {
		t.Errorf("it is not said that the machines do not heed it; said was:\n%s", list(c.sent))
	}
}

// TestCloseThatComesLate: an early close whose order is read after the ballots waits, and goes on by it.
func TestCloseThatComesLate(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	for _, person := range people[:5] {
		c.tells(person, "1")
	}
	for range 2 { // the machines do not hear the order yet
		c.hear(c.message("chair", "!close", false))
		c.goOn()
	}
	c.later(11 * time.Second)
	c.later(slowShare)
	if c.gave() != 0 || !c.told(`(?s)do not give my part of the key yet.*closed before its time`) {
		t.Fatalf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
	if c.told(`The box waits for the machine`) {
		t.Error("it is said that the machines are silent")
	}
	c.say("chair", "!close")
	c.later(time.Second)
	if c.gave() != 2 || !c.told(`Result: adopted`) || !c.told(`machines read that themselves`) {
		t.Errorf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
}

// TestPartBeforeBallots: the bot's part may be read before the ballots.
func TestPartBeforeBallots(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	var ballots []*passing
	c.tamper = func(p *passing) {
		switch {
		case p.Kind == parley.Closed:
			late := *p
			ballots, p.drop = append(ballots, &late), true
		case p.Kind == parley.Share && p.from == myself:
			c.arrive(&passing{from: p.from, to: p.to, Record: p.Record})
			p.drop = true
			for _, late := range ballots {
				if late.to == p.to {
					c.arrive(late)
				}
			}
		}
	}
	c.votes()
	c.later(2 * time.Minute)
	c.later(2 * time.Minute)
	if c.gave() != 2 {
		t.Errorf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
}

// TestMemberWhoIsNotThereYet: somebody whose joining a machine has not seen yet is no reason for an alarm.
func TestMemberWhoIsNotThereYet(t *testing.T) {
	c := newCircle(t)
	members := slices.Clone(c.line.members[group])
	var gone bool
	c.tamper = func(p *passing) {
		if p.Kind == parley.Asked && !gone {
			gone = true
			c.leave("eva")
		}
	}
	c.say("chair", "start")
	c.line.members[group] = members
	c.later(5 * time.Second)
	if p := c.poll(); p.State != voting.StateOpen || c.told(`Alarm`) {
		t.Errorf("it is %s; said was:\n%s", p.State, list(c.sent))
	}
}

// TestAlarmWhilePeopleVote: the group and whoever leads the vote read what it means, and the machine gives no
// part before its owner lets it go on.
func TestAlarmWhilePeopleVote(t *testing.T) {
	pages := rightPages()
	c := secretCircle(t, pages)
	c.say("chair", "!vote Shall we adopt motion 12? --level secret")
	c.say("chair", "start")
	if _, err := c.casts(c.sealed("clara", voting.Yes)); err != nil {
		t.Fatal(err)
	}
	c.later(time.Second)
	pages[annasPage] = "<title>We are moving house</title>"
	c.later(2 * leastLookInTests)
	for to, pattern := range map[string]string{
		"eva":   `(?s)🔴 Please do not vote for now: Shall we adopt motion 12`,
		"group": `(?s)🔴 Alarm.*found a ballot page that is not the real one.*!cancel`, "clara": `(?s)🔴 About a vote.*may have read or changed it`, "chair": `(?s)🔴.*raised the alarm in your vote.*!resume.*!cancel`,
	} {
		if find(c.sent, to, pattern) == nil {
			t.Errorf("%s did not read %s; said was:\n%s", to, pattern, list(c.sent))
		}
	}
	if find(c.sent, "clara", `do not vote`) != nil {
		t.Error("clara has voted, and is told not to")
	}
	pages[annasPage] = string(rightPage)
	for _, name := range slices.DeleteFunc(slices.Clone(people), func(name string) bool { return name == "clara" }) {
		if _, err := c.casts(c.sealed(name, voting.Yes)); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		c.later(2 * time.Minute)
	}
	c.say("chair", "!close")
	c.say("anna", "!resume")
	c.later(time.Minute)
	if c.gave() != 0 {
		t.Fatalf("a part was given with Bernd's alarm standing; said was:\n%s", list(c.sent))
	}
	c.say("bernd", "!weiter")
	c.later(time.Minute)
	if c.gave() != 2 || !c.told(`Result: adopted`) {
		t.Errorf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
}

// TestAlarmIsOver: who has not voted is told when the last alarm was cleared up.
func TestAlarmIsOver(t *testing.T) {
	pages := rightPages()
	c := secretCircle(t, pages)
	c.say("chair", "!vote Shall we adopt motion 12? --level secret")
	c.say("chair", "start")
	c.later(time.Second)
	pages[annasPage] = "<title>We are moving house</title>"
	c.later(2 * leastLookInTests)
	pages[annasPage] = string(rightPage)
	c.say("anna", "!resume")
	if find(c.sent, "eva", `you can vote again`) != nil {
		t.Fatal("one alarm stands, and eva is told to vote")
	}
	c.say("bernd", "!resume")
	if find(c.sent, "eva", `(?s)It goes on, you can vote again: Shall we adopt motion 12`) == nil {
		t.Errorf("eva is not told; said was:\n%s", list(c.sent))
	}
}

// TestCancelNamesTheVote: with one stuck in the close, !cancel takes neither for the other.
func TestCancelNamesTheVote(t *testing.T) {
	c := objecting(t)
	stuck := c.poll()
	c.say("bernd", "!halt")
	c.say("chair", "!vote Shall we adopt motion 13?")
	c.say("chair", "!cancel")
	if !c.told(`(?s)Several votes could be meant.*1: Shall we adopt motion 12\?\nnew: Shall we adopt motion 13`) {
		t.Errorf("it is not asked which; said was:\n%s", list(c.sent))
	}
	c.say("chair", "!cancel new")
	if p, err := c.bot.Polls.Poll(t.Context(), stuck.ID); err != nil || p.State != voting.StateClosed {
		t.Fatalf("the other one is %v, %v", p, err)
	}
	c.say("chair", "!cancel 7")
	if p, err := c.bot.Polls.Poll(t.Context(), stuck.ID); err != nil || p.State != voting.StateClosed {
		t.Fatalf("by another one's number it is %v, %v", p, err)
	}
	c.say("chair", "!cancel #1")
	if p, err := c.bot.Polls.Poll(t.Context(), stuck.ID); err != nil || p.State != voting.StateCancelled {
		t.Errorf("it is %v, %v", p, err)
	}
}

// TestKeysLost: a key file that is gone, a teller's or the bot's own, ends the vote in plain words.
func TestKeysLost(t *testing.T) {
	lose := func(folder string) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(folder, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if name := filepath.Base(file); strings.HasPrefix(name, "teller-") || strings.HasPrefix(name, "poll-") {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	c := newCircle(t)
	c.say("chair", "start")
	lose(filepath.Join(c.machines[0].dir, "keys"))
	c.later(time.Minute)
	for to, pattern := range map[string]string{
		"eva":   `(?s)Please do not vote any more: .*cannot be counted`,
		"group": `(?s)cannot be counted.*The key on Anna's machine is gone.*!cancel`, "chair": `(?s)Your vote cannot be counted.*!cancel`,
	} {
		if find(c.sent, to, pattern) == nil {
			t.Errorf("%s did not read %s; said was:\n%s", to, pattern, list(c.sent))
		}
	}
	for _, state := range []voting.State{voting.StateAsked, voting.StateOpen} {
		c := newCircle(t)
		c.tamper = func(p *passing) { p.drop = state == voting.StateAsked && p.Kind == parley.Key }
		c.say("chair", "start")
		if p := c.poll(); p.State != state {
			t.Fatalf("it is %s, want %s", p.State, state)
		}
		lose(c.dir)
		c.restart()
		if err := c.bot.resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.goOn()
		if !c.told(`(?s)cannot be counted.*The key of the ballot box is missing.*vote again`) || c.poll().State != voting.StateDraft {
			t.Errorf("%s: it is %s; said was:\n%s", state, c.poll().State, list(c.sent))
		}
		for _, r := range c.machines {
			all, err := r.store.HeldAll(t.Context())
			if err != nil || len(all) != 1 || all[0].Secret != nil {
				t.Errorf("%s: %s keeps its key, %v", state, r.account, err)
			}
		}
	}
}

// TestMachineThatMissedTheClose: a machine that was not there when the vote was closed, as after a group has
// moved, is told again when it says that it is here.
func TestMachineThatMissedTheClose(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	missed := true
	c.tamper = func(p *passing) {
		p.drop = missed && p.to == user("anna-box") && (p.Kind == parley.Closed || p.Kind == parley.Share)
	}
	c.votes()
	c.later(2 * time.Minute)
	c.later(2 * time.Minute)
	if c.gave() != 1 {
		t.Fatalf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
	missed = false
	c.say("eva", "!tellers")
	if c.gave() != 2 || !c.told(`Result: adopted`) {
		t.Errorf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
}

// TestMovedWithTellers: after a group has moved it is said which machines have to come along, and the vote
// goes on in the newer room.
func TestMovedWithTellers(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	const there = "!there:x"
	c.line.members[there] = slices.DeleteFunc(slices.Clone(c.line.members[group]), func(m chat.Member) bool {
		return m.ID == user("bernd-box") || m.ID == user("anna")
	})
	c.notices(chat.Notice{Kind: chat.Moved, ID: "$moved", Room: group, To: there})
	moved := find(c.sent, "group", `(?s)This group has moved.*not here yet: @anna:x, @bernd-box:x\. Please invite`)
	if moved == nil || moved.Room != there {
		t.Errorf("nobody reads who is missing; said was:\n%s", list(c.sent))
	}
	for _, name := range people {
		c.tells(name, "1")
	}
	c.now = c.now.Add(20 * time.Minute)
	c.settle()
	closed := find(c.sent, "group", `The sealed ballots, for the tellers' machines`)
	if closed == nil || closed.Room != there {
		t.Errorf("the vote does not go on there; said was:\n%s", list(c.sent))
	}
}

// TestExtendWithTellers: bot and machines agree on who may extend a vote.
func TestExtendWithTellers(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	m := c.message("chair", "!extend 10m", false)
	m.Trusted = false
	c.hear(m)
	if !c.told(`would not heed it.*!extend at the beginning`) {
		t.Errorf("the bot extends where the machines would not have it; said was:\n%s", list(c.sent))
	}
	c.say("chair", "!extend 10m")
	for _, person := range people[:5] {
		c.tells(person, "1")
	}
	c.goOn()
	c.later(20 * time.Minute)
	if p := c.poll(); p.State != voting.StateOpen {
		t.Fatalf("it is %s", p.State)
	}
	c.later(6 * time.Minute)
	c.later(time.Minute)
	if c.gave() != 2 || !c.told(`Result: adopted`) || c.told(`do not give my part`) {
		t.Errorf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
}

// TestFewWithTellers: where there are too few ballots, the question names the word that machines read as well.
func TestFewWithTellers(t *testing.T) {
	c := newCircle(t)
	c.say("chair", "start")
	c.tells("anna", "1")
	c.later(16 * time.Minute)
	if !c.told(`(?s)What shall happen.*!extend 10m.*machines read that themselves`) {
		t.Errorf("nobody reads how; said was:\n%s", list(c.sent))
	}
	c.say("chair", "extend 10m")
	if !c.told(`would not heed it.*!extend at the beginning`) {
		t.Errorf("the bot extends where the machines would not have it; said was:\n%s", list(c.sent))
	}
	c.say("chair", "!extend 10m")
	c.votes()
	c.later(2 * time.Minute)
	c.later(2 * time.Minute)
	if c.gave() != 2 || !c.told(`Result: adopted`) || c.told(`do not give my part`) {
		t.Errorf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
}

// TestHaltTooLate: once all parts are given nothing can be halted, and that is said.
func TestHaltTooLate(t *testing.T) {
	c := objecting(t)
	c.bot.Polls = uncounted{c.bot.Polls}
	c.later(6 * time.Minute)
	if c.gave() != 2 {
		t.Fatalf("%d parts; said was:\n%s", c.gave(), list(c.sent))
	}
	c.say("bernd", "!halt")
	if !c.told(`cannot be halted any more`) || !c.told(`had given my part of the key before it was halted`) {
		t.Errorf("bot and machines do not both say that it is too late; said was:\n%s", list(c.sent))
	}
}

// uncounted are polls that are not counted, for whatever reason.
type uncounted struct{ polls }

func (uncounted) Tally(context.Context, voting.ID, time.Time) (*voting.Poll, []byte, error) {
	return nil, nil, errors.New("not yet")
}
