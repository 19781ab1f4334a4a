package bot

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

// machine is that of a teller, which does what the test says.
type machine struct {
	w       *world
	account string
	owner   string
	key     *belenios.Key
}

// box brings the machine of a member into the group.
func (w *world) box(owner string) *machine {
	w.t.Helper()
	b := &machine{w: w, account: user(owner + "-box"), owner: user(owner)}
	w.join(owner + "-box")
	b.says(parley.Record{Kind: parley.Here, Owner: voting.Member(b.owner)})
	return b
}

// record is a record as a message of the machine.
func (b *machine) record(r parley.Record) chat.Message {
	b.w.t.Helper()
	inline, file, err := parley.Encode(r)
	if err != nil || file != nil {
		b.w.t.Fatalf("writing a record: %v", err)
	}
	m := b.w.message("x", "", false)
	m.Sender, m.Kind, m.Record = b.account, chat.Record, inline
	return m
}

func (b *machine) says(r parley.Record) {
	b.w.t.Helper()
	b.w.hear(b.record(r))
}

// gives publishes a key for the vote that was asked for.
func (b *machine) gives(p *voting.Poll) {
	b.w.t.Helper()
	var err error
	if b.key, err = belenios.NewKey(rand.Reader, p.Group); err != nil {
		b.w.t.Fatal(err)
	}
	public, err := b.key.Public(rand.Reader)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.says(parley.Record{Kind: parley.Key, Poll: p.ID, Public: string(public)})
}

func (b *machine) confirms(p *voting.Poll) {
	b.w.t.Helper()
	b.says(parley.Record{Kind: parley.Confirmed, Poll: p.ID, Fingerprint: b.w.heard(parley.Election).Fingerprint})
}

// releases gives a part of the sum of the ballots that the bot posted.
func (b *machine) releases(p *voting.Poll) {
	b.w.t.Helper()
	closed := b.w.heard(parley.Closed)
	audit, err := belenios.AuditBallots(closed.Archive)
	if err != nil {
		b.w.t.Fatal(err)
	}
	share, err := audit.Election().Decrypt(rand.Reader, audit.Sum(), b.key)
	if err != nil {
		b.w.t.Fatal(err)
	}
	b.says(parley.Record{Kind: parley.Share, Poll: p.ID, ClosedHash: closed.ClosedHash, Body: string(share.Body)})
}

// heard is the newest record of a kind that the bot sent.
func (w *world) heard(kind parley.Kind) parley.Record {
	w.t.Helper()
	for i := len(w.sent) - 1; i >= 0; i-- {
		if w.sent[i].Record == nil {
			continue
		}
		r, err := parley.Decode(w.sent[i].Record)
		if err == nil && r.Split {
			r, err = parley.Join(r, w.sent[i].File.Data)
		}
		if err != nil {
			w.t.Fatalf("what the bot said is no record: %v", err)
		}
		if r.Kind == kind {
			return r
		}
	}
	w.t.Fatalf("the bot said nothing of the kind %s", kind)
	return parley.Record{}
}

// withTellers has anna and bernd hold keys, each with a machine.
func (w *world) withTellers() (annas, bernds *machine) {
	w.t.Helper()
	w.line.power[user("chair")] = 100
	annas, bernds = w.box("anna"), w.box("bernd")
	w.says("chair", "!tellers @anna @bernd")
	return annas, bernds
}

// evening holds a vote with tellers until its ballots are out.
func (w *world) evening(annas, bernds *machine) *voting.Poll {
	w.t.Helper()
	w.says("chair", "!vote Shall we adopt motion 12?")
	w.says("chair", "start")
	p := w.poll()
	for _, b := range []*machine{annas, bernds} {
		b.gives(p)
	}
	for _, b := range []*machine{annas, bernds} {
		b.confirms(p)
	}
	return w.poll()
}

// TestTellersVote goes from the naming of the tellers to the result, starting the bot anew at each step.
func TestTellersVote(t *testing.T) {
	w := newWorld(t, "en")
	w.line.power[user("chair")] = 100
	w.says("chair", "!tellers @anna bernd")
	w.expect(`(?s)Anna: no machine.*Bernd: no machine.*@bot:x`, "group")
	w.says("chair", "!vote Shall we adopt motion 12?")
	w.expect(`Of Anna, Bernd there is no machine`, "group")
	annas := w.box("anna")
	w.expect(`(?s)Anna: @anna-box:x.*Bernd: no machine`, "group")
	bernds := w.box("bernd")
	w.expect(`(?s)Anna: @anna-box:x.*Bernd: @bernd-box:x.*All machines are here`, "group")

	w.says("chair", "!vote Shall we adopt motion 12?")
	w.expect(`(?s)Confidential, shared key.*15 minutes.*6 members are entitled.*Tellers: Anna \(@anna-box:x\), Bernd \(@bernd-box:x\)`, "group")
	w.says("chair", "start")
	w.expect(`I ask the tellers' machines for their keys: Anna, Bernd`, "group")
	p := w.poll()
	if asked := w.heard(parley.Asked); asked.Poll != p.ID || len(asked.Question.Roll) != 6 || asked.Question.Trustee == "" {
		t.Errorf("asked %+v", asked)
	}
	w.restart()
	annas.gives(p)
	w.silent()
	w.says("chair", "!close")
	w.expect(`being prepared`, "group")
	bernds.gives(p)
	w.expect(`This vote is called: `, "group")
	w.restart()
	annas.confirms(p)
	w.silent()
	bernds.confirms(p)
	w.expect(`(?i)fingerprint`, "group")
	w.restart()
	w.settle()
	for _, name := range people {
		w.tells(name, "1")
	}
	w.now = w.now.Add(2 * time.Minute)
	w.settle()
	w.now = w.now.Add(2 * time.Minute)
	w.settle()
	w.expect(`(?s)My part of the opening.*Anna, Bernd`, "group")
	if closed := w.heard(parley.Closed); len(closed.Voted) != 6 || closed.ClosedHash != w.poll().ClosedHash {
		t.Errorf("closed %v with %s", closed.Voted, closed.ClosedHash)
	}
	w.restart()
	w.now = w.now.Add(slowShare)
	w.settle()
	if find(w.sent, "group", `The box waits for the machine of Anna, Bernd`) == nil {
		t.Error("nobody reads whom the box waits for")
	}
	for _, owner := range []string{"anna", "bernd"} {
		if find(w.sent, owner, `(?s)Your key machine is needed now: .*its part of the key`) == nil {
			t.Errorf("%s is not told that the box waits for their machine", owner)
		}
	}
	w.new()
	annas.releases(p)
	bernds.says(parley.Record{Kind: parley.Share, Poll: p.ID, ClosedHash: "x", Body: w.heard(parley.Share).Body}) // the bot's
	w.silent()
	bernds.releases(p)
	w.expect(`(?s)adopted.*Cast: 6 of 6`, "group")
	result := w.heard(parley.Result)
	if report, err := belenios.Verify(result.Archive); err != nil || report.Status != belenios.Complete || result.Poll != p.ID {
		t.Errorf("the archive: %v", err)
	}
}

// TestTellersFail ends openings and votes that cannot go on, each with a sentence, and tells the machines.
func TestTellersFail(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(w *world, annas, bernds *machine)
		want string
	}{
		"silence": {func(w *world, annas, _ *machine) {
			w.says("chair", "!vote Shall we adopt motion 12?")
			w.says("chair", "start")
			annas.gives(w.poll())
			w.now = w.now.Add(slowTeller)
			w.settle()
			fresh := w.new()
			if find(fresh, "group", `I am waiting for the machine of Bernd`) == nil || find(fresh, "anna", `needed now`) != nil ||
				find(fresh, "bernd", `(?s)Your key machine is needed now: Shall we adopt motion 12\?\n.*two minutes.*stimmbote keyholder status`) == nil {
				w.t.Errorf("whose machine is awaited is said:\n%s", list(fresh))
			}
			w.now = w.now.Add(slowTeller)
			w.settle()
			w.silent()
			w.now = w.now.Add(lastTeller)
			w.settle()
		}, `(?s)Not opened.*no answer of Bernd`},
		"an alarm": {func(w *world, annas, bernds *machine) {
			w.says("chair", "!vote Shall we adopt motion 12?")
			w.says("chair", "start")
			p := w.poll()
			annas.gives(p)
			bernds.gives(p)
			annas.says(parley.Record{Kind: parley.Alarm, Poll: p.ID, Rule: "keys"})
		}, `(?s)Not opened.*Anna's machine raised the alarm`},
		"at a wish": {func(w *world, _, _ *machine) {
			w.says("chair", "!vote Shall we adopt motion 12?")
			w.says("chair", "start")
			w.says("chair", "!cancel")
		}, `(?s)void.*motion 12`},
		"no part": {func(w *world, annas, bernds *machine) {
			p := w.evening(annas, bernds)
			for _, name := range people {
				w.tells(name, "1")
			}
			w.says("chair", "!close")
			annas.says(parley.Record{Kind: parley.Kept, Poll: p.ID, Rule: "voters"})
			w.expect(`(?s)No result.*Anna's machine does not give its part`, "group")
			w.says("chair", "!cancel")
		}, `Nothing of this vote will be opened any more`},
	} {
		w := newWorld(t, "en")
		annas, bernds := w.withTellers()
		test.do(w, annas, bernds)
		w.seen = 0
		w.expect(test.want, "group")
		w.heard(parley.Void)
		if p := w.poll(); p == nil || p.State != voting.StateDraft {
			t.Errorf("%s: the question is not offered again: %+v", name, p)
		}
	}
}

// TestWhoIsNoTeller: what counts is said by the right account, encrypted, from a signed device, once.
func TestWhoIsNoTeller(t *testing.T) {
	w := newWorld(t, "en")
	annas, bernds := w.withTellers()
	w.says("chair", "!vote Shall we adopt motion 12?")
	w.says("chair", "start")
	p := w.poll()
	mallory := &machine{w: w, account: user("mallory-box"), owner: user("anna")}
	w.join("mallory-box")
	mallory.gives(p)
	annas.gives(p)
	key, err := belenios.NewKey(rand.Reader, p.Group)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.Public(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	r := parley.Record{Kind: parley.Key, Poll: p.ID, Public: string(public)}
	for name, spoil := range map[string]func(m *chat.Message){
		"unencrypted": func(m *chat.Message) { m.Encrypted, m.Trusted = false, false },
		"unsigned":    func(m *chat.Message) { m.Trusted = false },
		"elsewhere":   func(m *chat.Message) { m.Room = "!other:x" },
		"no record":   func(m *chat.Message) { m.Record = []byte(`{"v":1,"kind":"key"}`) },
		"no key":      func(m *chat.Message) { m.Record = bytes.Replace(m.Record, []byte("pok"), []byte("pow"), 1) },
		"no file": func(m *chat.Message) {
			m.Record = []byte(`{"v":1,"kind":"key","poll":"` + string(p.ID) + `","split":true}`)
		},
	} {
		m := bernds.record(r)
		spoil(&m)
		w.hear(m)
		if waiting, err := w.bot.Polls.Waiting(t.Context(), w.poll()); err != nil || len(waiting) != 1 {
			t.Fatalf("%s: waiting for %v, %v", name, waiting, err)
		}
	}
	bernds.gives(p)
	if got := w.poll().State; got != voting.StateSet {
		t.Errorf("it is %s", got)
	}
	mallory.says(parley.Record{Kind: parley.Here, Owner: voting.Member(user("anna"))})
	w.says("chair", "!tellers")
	w.expect(`(?s)Anna: @anna-box:x\n.*Anna has not said yet.*as well: @mallory-box:x`, "group")
	for text, want := range map[string]string{
		"!tellers @anna":                                "two or three members",
		"!tellers @anna @bernd @clara @deniz":           "two or three members",
		"!tellers @anna @anna-box":                      "anna-box",
		"!vote And? --level secret":                     "Secret takes a ballot page",
		"!vote And? --level shared":                     "(?s)Tellers: Anna .@anna-box:x., Bernd .@bernd-box:x.*not confirmed yet by: Anna, Bernd",
		"!vote And motion 13? --level confidential":     `Confidential: nobody`,
		"!vote And motion 14? --open":                   "Open vote",
		"!vote Shall we adopt motion 15? --hide-voters": "This does not go together with tellers",
	} {
		w.says("chair", text)
		w.expect(strings.ReplaceAll(want, "**", ""), "group")
	}
	w.says("chair", "!tellers --end")
	w.expect(`This group has no tellers`, "group")
	w.says("chair", "!vote And? --level shared")
	w.expect(`This group has no tellers`, "group")
}
