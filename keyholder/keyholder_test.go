package keyholder

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/keyholder/policy"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

// keyFiles are the key files of votes on the machine.
func (d *desk) keyFiles() []string {
	d.t.Helper()
	return must(filepath.Glob(filepath.Join(d.dir, "keys", keyPrefix+"*")))(d.t)
}

// TestVote holds a vote from the question to the result, and starts the machine anew at each step.
func TestVote(t *testing.T) {
	d := newDesk(t)
	d.record(bot, parley.Record{Kind: parley.Who})
	d.told(`never vote\.$`)
	d.k.Booth = "https://kaya.example/booth.html"
	d.record(bot, parley.Record{Kind: parley.Who})
	d.told(`(?s)I am the key machine of @kaya:x.*ballot page, too: https://kaya\.example/booth\.html$`)
	d.opens()
	d.told(`My key is in this vote: [a-z-]+\nAsked by @anna:x, says the bot\.`)
	d.open()
	d.cast(6)
	d.record(bot, d.closed())
	d.open()
	if n := d.count(parley.Share); n != 0 {
		t.Fatalf("%d parts before the bot's", n)
	}
	part := d.part()
	d.record(bot, part)
	d.record(bot, part)
	d.open()
	d.later(time.Hour)
	if n := d.count(parley.Share); n != 1 {
		t.Fatalf("%d parts; said was:\n%s", n, d.list())
	}
	d.record(bot, d.result())
	d.told(`Counted again, 6 ballots: the result is right`)
	if d.step() != stepDone || len(d.keyFiles()) > 0 {
		t.Errorf("it is %s, with %v", d.step(), d.keyFiles())
	}
	if h := must(d.store.Held(t.Context(), string(d.poll.ID)))(t); h.Secret != nil || h.Ballots != nil {
		t.Error("what is secret stays")
	}
}

// TestNotSaid: nothing counts that was not encrypted by a signed device of the right account.
func TestNotSaid(t *testing.T) {
	for name, spoil := range map[string]func(m *chat.Message){
		"as it should be":     func(*chat.Message) {},
		"in clear":            func(m *chat.Message) { m.Encrypted, m.Trusted = false, false },
		"of an unsigned one":  func(m *chat.Message) { m.Trusted = false },
		"of somebody else":    func(m *chat.Message) { m.Sender = lenz },
		"of a machine":        func(m *chat.Message) { m.Sender = lenzs },
		"as an edit":          func(m *chat.Message) { m.Edits = "$other" },
		"in a direct chat":    func(m *chat.Message) { m.Direct = true },
		"with broken bytes":   func(m *chat.Message) { m.Record = []byte(`{"v":1`) },
		"in another version":  func(m *chat.Message) { m.Record = []byte(`{"v":2,"kind":"who"}`) },
		"without its file":    func(m *chat.Message) { m.File = nil },
		"with another's file": func(m *chat.Message) { m.Record = []byte(`{"v":1,"kind":"asked","poll":"other","split":true}`) },
	} {
		d := newDesk(t)
		r := d.asked()
		r.Poll = d.poll.ID
		head, err := parley.Head(parley.Asked, r.Poll)
		if err != nil {
			t.Fatal(err)
		}
		inline, file, err := parley.Encode(r)
		if err != nil {
			t.Fatal(err)
		}
		if file == nil {
			file = inline
		}
		m := d.message(bot, "")
		m.Kind, m.Record, m.File, d.line.file = chat.Record, head, new(chat.Attached), file
		spoil(&m)
		d.hears(m)
		if given := d.count(parley.Key) == 1; given != (name == "as it should be") || given != (len(d.keyFiles()) == 1) {
			t.Errorf("%s: that a key was given is %v", name, given)
		}
	}
}

// TestHeldBack: each reason holds the part back and says so, and goes away by the word of the right person.
func TestHeldBack(t *testing.T) {
	for name, test := range map[string]struct {
		stop  func(d *desk)
		wrong [][2]string // who says what that changes nothing
		right [2]string
		says  string
	}{
		"a halt": {
			func(d *desk) { d.says(lenz, "!halt") },
			[][2]string{{kaya, "!resume"}, {chair, "!close"}, {bot, "!resume"}, {lenz, "resume"}},
			[2]string{lenz, "!weiter"},
			`@lenz:x halted`,
		},
		"an objection": {
			func(d *desk) { d.says("@bernd:x", "!einspruch: I was not asked") },
			[][2]string{{"@bernd:x", "!close"}, {bot, "!close"}, {kaya, "!resume"}},
			[2]string{chair, "!close"},
			`@bernd:x objected`,
		},
		"an alarm of another machine": {
			func(d *desk) { d.record(lenzs, parley.Record{Kind: parley.Alarm, Rule: "page"}) },
			[][2]string{{kaya, "!resume"}, {lenzs, "!resume"}},
			[2]string{lenz, "!resume"},
			`machine of @lenz:x raised the alarm`,
		},
	} {
		d := newDesk(t)
		d.opens()
		test.stop(d)
		d.told(`(?s)do not give my part of the key yet.*` + test.says)
		d.open()
		d.cast(6)
		d.record(bot, d.closed())
		d.record(bot, d.part())
		for _, said := range test.wrong {
			d.says(said[0], said[1])
			d.later(time.Hour)
		}
		if n := d.count(parley.Share); n != 0 {
			t.Fatalf("%s: %d parts; said was:\n%s", name, n, d.list())
		}
		d.says(test.right[0], test.right[1])
		if n := d.count(parley.Share); n != 1 || d.last(parley.GoesOn) == nil {
			t.Errorf("%s: %d parts; said was:\n%s", name, n, d.list())
		}
		d.says(lenz, "!halt")
		d.told(`I had given my part of the key before it was halted`)
	}
}

// TestClosedEarly: a close before its time waits for somebody with the right.
func TestClosedEarly(t *testing.T) {
	d := newDesk(t)
	d.opens()
	d.cast(5)
	d.record(bot, d.closed())
	d.record(bot, d.part())
	if d.last(parley.Waits) != nil {
		t.Error("it is said at once, and the order may be on its way")
	}
	d.later(slow)
	d.told(`(?s)do not give my part.*closed before its time`)
	d.says("@clara:x", "!close")
	d.later(time.Hour)
	if n := d.count(parley.Share); n != 0 {
		t.Fatalf("%d parts at the word of somebody", n)
	}
	d.power["@clara:x"] = moderator
	d.says("@clara:x", "!close")
	if n := d.count(parley.Share); n != 1 {
		t.Errorf("%d parts; said was:\n%s", n, d.list())
	}
}

// TestContradictions are refused for good.
func TestContradictions(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(d *desk)
		rule policy.Rule
		kind parley.Kind
	}{
		"a second key": {func(d *desk) {
			d.record(lenzs, parley.Record{Kind: parley.Key, Public: d.last(parley.Key).Public})
		}, policy.KeyChanged, parley.Alarm},
		"another question for the same vote": {func(d *desk) {
			r := d.askedAgain()
			r.Question.Asked.Text = "Motion 13?"
			d.record(bot, r)
		}, policy.Question, parley.Alarm},
		"another election": {func(d *desk) {
			d.record(bot, parley.Record{Kind: parley.Election, Fingerprint: "x", Setup: new(parley.Setup)})
		}, policy.OtherVote, parley.Alarm},
		"another election at another machine": {func(d *desk) {
			d.record(lenzs, parley.Record{Kind: parley.Confirmed, Fingerprint: "x", Credentials: "y"})
		}, policy.Differs, parley.Alarm},
		"other ballots after these": {func(d *desk) {
			d.cast(6)
			r := d.closed()
			d.record(bot, r)
			r.ClosedHash = "x"
			d.record(bot, r)
		}, policy.ClosedHash, parley.Kept},
		"a list without somebody": {func(d *desk) {
			d.cast(6)
			r := d.closed()
			r.Voted = r.Voted[1:]
			d.record(bot, r)
		}, policy.Voters, parley.Kept},
		"a wrong part": {func(d *desk) {
			d.cast(6)
			d.record(bot, d.closed())
			r := d.part()
			r.Body = "{}"
			d.record(bot, r)
		}, policy.BotShare, parley.Kept},
	} {
		d := newDesk(t)
		d.opens()
		test.do(d)
		said := d.last(test.kind)
		if said == nil || policy.Rule(said.Rule) != test.rule || !said.Final || d.step() != stepRefused {
			t.Errorf("%s: %+v, it is %s; said was:\n%s", name, said, d.step(), d.list())
		}
		d.says(kaya, "!resume")
		d.says(chair, "!close")
		d.later(time.Hour)
		if n := d.count(parley.Share); n != 0 {
			t.Errorf("%s: %d parts", name, n)
		}
	}
}

// askedAgain is the question that was asked, again.
func (d *desk) askedAgain() parley.Record {
	d.t.Helper()
	v := must(d.k.vote(d.t.Context(), d.poll.ID))(d.t)
	q := v.seen.Question
	return parley.Record{Kind: parley.Asked, Question: &q}
}

// TestOpeningThatHeals: what may heal is looked at again for a while, and only then an alarm.
func TestOpeningThatHeals(t *testing.T) {
	d := newDesk(t)
	all := slices.Clone(d.members)
	d.members = slices.DeleteFunc(slices.Clone(all), func(m chat.Member) bool { return m.ID == lenz })
	d.record(bot, d.asked())
	if d.count(parley.Key) != 0 || d.count(parley.Alarm) != 0 || d.step() != stepHeard {
		t.Fatalf("it is %s; said was:\n%s", d.step(), d.list())
	}
	d.open()
	d.members = all
	d.later(again)
	if d.count(parley.Key) != 1 {
		t.Errorf("there is no key; said was:\n%s", d.list())
	}
	d = newDesk(t)
	d.members = d.members[1:]
	d.record(bot, d.asked())
	d.later(heals)
	if r := d.last(parley.Alarm); r == nil || policy.Rule(r.Rule) != policy.Roll {
		t.Errorf("there is no alarm: %+v", r)
	}
	d = newDesk(t)
	d.gathers()
	d.now = d.now.Add(80 * time.Second)
	r := d.election() // by the bot's clock
	d.now = d.now.Add(-80 * time.Second)
	d.record(bot, r)
	if d.step() != stepAsked || d.count(parley.Alarm) != 0 {
		t.Fatalf("it is %s; said was:\n%s", d.step(), d.list())
	}
	d.later(25 * time.Second)
	if d.step() != stepConfirmed {
		t.Errorf("it is %s; said was:\n%s", d.step(), d.list())
	}
}

// TestVoid: what nothing comes of leaves no key.
func TestVoid(t *testing.T) {
	d := newDesk(t)
	d.opens()
	d.record(bot, parley.Record{Kind: parley.Void})
	if d.step() != stepVoid || len(d.keyFiles()) > 0 {
		t.Errorf("it is %s, with %v", d.step(), d.keyFiles())
	}
	if err := os.WriteFile(filepath.Join(d.dir, "keys", keyName("left")), make([]byte, 32), 0o600); err != nil {
		t.Fatal(err)
	}
	d.open()
	if files := d.keyFiles(); len(files) > 0 {
		t.Errorf("what a crash left stays: %v", files)
	}
}

// TestKeyLost: a key file that is gone is said at once, and the vote cannot be counted.
func TestKeyLost(t *testing.T) {
	for step, bring := range map[string]func(d *desk){
		"asked":  func(d *desk) { d.gathers() },
		"open":   func(d *desk) { d.opens() },
		"closed": func(d *desk) { d.opens(); d.cast(6); d.record(bot, d.closed()) },
	} {
		for name, lose := range map[string]func(path string) error{
			"gone": os.Remove, "another": func(path string) error { return os.WriteFile(path, make([]byte, 32), 0o600) },
		} {
			d := newDesk(t)
			bring(d)
			if err := lose(d.keyFiles()[0]); err != nil {
				t.Fatal(err)
			}
			d.open()
			d.later(look)
			d.told(`(?s)My key of this vote is gone.*Please repeat the vote`)
			kind := parley.Alarm
			if step == "closed" {
				kind = parley.Kept
			}
			if r := d.last(kind); r == nil || policy.Rule(r.Rule) != policy.KeyLost || !r.Final || d.step() != stepRefused {
				t.Errorf("%s, %s: %+v, it is %s", step, name, r, d.step())
			}
			h := must(d.store.Held(t.Context(), string(d.poll.ID)))(t)
			if s := must(Stand(h, d.vault))(t); s.Key != keyLost {
				t.Errorf("%s, %s: of its key it says %q", step, name, s.Key)
			}
			d.later(time.Hour)
			if n := len(d.said); n > 6 {
				t.Errorf("%s, %s: it is said again and again:\n%s", step, name, d.list())
			}
		}
	}
}

// TestBackup: a machine that was started from a backup of before it gave its part gives no second one, of
// other ballots neither, and still recounts the result.
func TestBackup(t *testing.T) {
	for _, other := range []bool{false, true} {
		d := newDesk(t)
		d.opens()
		d.cast(6)
		closed := d.closed()
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
		backup := filepath.Join(t.TempDir(), "backup")
		if err := os.CopyFS(backup, os.DirFS(d.dir)); err != nil {
			t.Fatal(err)
		}
		d.open()
		d.record(bot, closed)
		d.record(bot, d.part())
		if n := d.count(parley.Share); n != 1 || d.afresh {
			t.Fatalf("%d parts, spoken afresh: %v; said was:\n%s", n, d.afresh, d.list())
		}
		if err := d.store.Close(); err != nil {
			t.Fatal(err)
		}
		d.store, d.dir = nil, filepath.Join(t.TempDir(), "restored")
		if err := os.CopyFS(d.dir, os.DirFS(backup)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(d.dir+"/keys", 0o700); err != nil {
			t.Fatal(err)
		}
		for _, file := range d.keyFiles() {
			if err := os.Chmod(file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		d.open()
		part := d.part()
		if other { // a bot that hopes for the sum of fewer
			closed.Archive, closed.ClosedHash = fewer(t, closed.Archive, 5)
			closed.Voted = closed.Voted[:5]
			part.ClosedHash = closed.ClosedHash
			d.now = d.poll.Ends
		}
		d.record(bot, closed)
		d.record(bot, part)
		d.later(time.Hour)
		if n := d.count(parley.Share); n != 1 {
			t.Errorf("%d parts; said was:\n%s", n, d.list())
		}
		d.told(`stands in the group already.*no second one`)
		if !d.afresh {
			t.Error("nobody can open what it says with the sessions of a backup")
		}
		if !other {
			d.record(bot, d.result())
			d.told(`Counted again, 6 ballots`)
		}
	}
}

// fewer is the archive of the first n ballots, with its closed hash.
func fewer(t *testing.T, archive []byte, n int) (cut []byte, hash string) {
	t.Helper()
	contents := must(belenios.Read(bytes.NewReader(archive), int64(len(archive))))(t)
	var b bytes.Buffer
	if err := contents.Election.WriteArchive(&b, time.Unix(1_800_000_000, 0), contents.Ballots[:n], nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), must(contents.Election.ClosedHash(contents.Ballots[:n]))(t)
}
