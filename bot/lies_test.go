package bot

import (
	"bytes"
	"crypto/rand"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

// TestRealMachines holds a vote with real machines, all of them started anew at each step.
func TestRealMachines(t *testing.T) {
	c := newCircle(t)
	again := func() {
		c.restart()
		for _, r := range c.machines {
			r.open()
		}
		c.goOn()
	}
	c.say("chair", "start")
	for _, pattern := range []string{`My key for this vote`, `My key is in this vote`, `(?i)voting is open`} {
		if !c.told(pattern) {
			t.Fatalf("nobody read %s; said was:\n%s", pattern, list(c.sent))
		}
	}
	again()
	c.votes()
	again()
	c.later(2 * time.Minute)
	c.later(2 * time.Minute)
	again()
	for _, pattern := range []string{`gave my part of the opening, 6 ballots`, `Result: adopted`, `Counted again, 6 ballots`} {
		if !c.told(pattern) {
			t.Errorf("nobody read %s; said was:\n%s", pattern, list(c.sent))
		}
	}
	if n := c.gave(); n != 2 {
		t.Errorf("%d parts", n)
	}
	for _, r := range c.machines {
		all, err := r.store.HeldAll(t.Context())
		if err != nil || len(all) != 1 || all[0].Secret != nil || all[0].Ballots != nil {
			t.Errorf("%s keeps %+v, %v", r.account, all, err)
		}
	}
}

// posted is the election in a record.
func posted(t *testing.T, s *parley.Setup) *belenios.Election {
	t.Helper()
	e, err := belenios.Open(belenios.Setup{Election: []byte(s.Election), Trustees: []byte(s.Trustees), Credentials: []byte(s.Credentials)})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// forged is an election that a bot makes which has changed something beforehand.
func forged(t *testing.T, s *parley.Setup, keys []string, credentials []string) {
	t.Helper()
	e := posted(t, s)
	var trustees []belenios.Trustee
	for _, key := range keys {
		trustees = append(trustees, belenios.Single([]byte(key)))
	}
	made, err := belenios.NewSetup(belenios.Parameters{
		UUID: e.UUID(), Group: e.Group(), Name: e.Questions()[0].Text, Questions: e.Questions(),
		Administrator: "Stimmbote", CredentialAuthority: e.CredentialAuthority(),
	}, trustees, credentials)
	if err != nil {
		t.Fatal(err)
	}
	s.Election, s.Trustees, s.Credentials = string(made.Election), string(made.Trustees), string(made.Credentials)
}

// newCredential is one of nobody.
func newCredential(t *testing.T, e *belenios.Election) string {
	t.Helper()
	token, err := belenios.NewCredential(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	credential, err := belenios.PublicCredential(e.Group(), e.UUID(), token)
	if err != nil {
		t.Fatal(err)
	}
	return credential
}

// publicKey is one whose secret the attacker has.
func publicKey(t *testing.T, group string) string {
	t.Helper()
	key, err := belenios.NewKey(rand.Reader, group)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.Public(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return string(public)
}

// lie is what a bot does that lies, or a homeserver, and what members read then.
type lie struct {
	tamper func(t *testing.T, c *circle, p *passing)
	want   string // a machine says in the group
	parts  int    // how many parts the machines give all the same
}

// keysOf are the public keys of a vote, in the order of their owners.
func keysOf(c *circle) []string {
	keys := []string{""}
	for _, r := range c.machines {
		for _, said := range r.said {
			if said.Kind == parley.Key {
				keys = append(keys, said.Public)
			}
		}
	}
	own, err := c.bot.Polls.OwnKey(c.t.Context(), c.poll().ID)
	if err != nil {
		c.t.Fatal(err)
	}
	keys[0] = string(own)
	return keys
}

var lies = map[string]lie{
	"a key of the bot's own in place of a teller's": {func(t *testing.T, c *circle, p *passing) {
		if p.Kind == parley.Election {
			setup := *p.Setup
			keys := keysOf(c)
			keys[2] = publicKey(t, c.poll().Group)
			forged(t, &setup, keys, posted(t, p.Setup).Credentials())
			p.Setup = &setup
		}
	}, `Alarm.*\n.*A key in this vote is not the one`, 0},
	"other credentials shown to one": {func(t *testing.T, c *circle, p *passing) {
		if p.Kind == parley.Election && p.to == user("bernd-box") { // the fingerprint does not cover them
			setup := *p.Setup
			e := posted(t, p.Setup)
			credentials := e.Credentials()
			credentials[0] = newCredential(t, e)
			forged(t, &setup, keysOf(c), credentials)
			p.Setup = &setup
		}
	}, `Alarm.*\n.*found another election right`, 0},
	"another question": {func(_ *testing.T, _ *circle, p *passing) {
		if p.Kind == parley.Asked && p.to == user("anna-box") {
			question := *p.Question
			question.Asked.Text = "Shall we adopt motion 13?"
			p.Question = &question
		}
	}, `Alarm.*\n.*Something else is asked`, 0},
	"more credentials than members": {func(t *testing.T, c *circle, p *passing) {
		if p.Kind == parley.Election {
			setup := *p.Setup
			e := posted(t, p.Setup)
			forged(t, &setup, keysOf(c), append(e.Credentials(), newCredential(t, e)))
			p.Setup = &setup
		}
	}, `Alarm.*\n.*not exactly one vote for each line`, 0},
	"a stranger on the roll": {func(_ *testing.T, _ *circle, p *passing) {
		if p.Kind == parley.Asked {
			question := *p.Question
			question.Roll = append(slices.Clone(question.Roll), "@zacharias:elsewhere")
			p.Question = &question
		}
	}, `Alarm.*\n.*The roll is not right`, 0},
	"a second key of a teller": {func(t *testing.T, c *circle, p *passing) {
		if p.Kind == parley.Election && p.to == user("anna-box") {
			c.arrive(&passing{from: user("bernd-box"), to: p.to, Record: parley.Record{Kind: parley.Key, Poll: p.Poll, Public: publicKey(t, c.poll().Group)}})
		}
	}, `Alarm.*\n.*two different keys`, 0},
	"other credentials at the end": {func(t *testing.T, c *circle, p *passing) {
		if p.Kind == parley.Election { // both are shown the same, and the archive has others
			setup := *p.Setup
			e := posted(t, p.Setup)
			if c.forged == "" {
				c.forged = newCredential(t, e)
			}
			forged(t, &setup, keysOf(c), append(e.Credentials()[1:], c.forged))
			p.Setup = &setup
		}
	}, `do not give my part.*\n.*not exactly one vote for each line`, 0},
	"a list of voters without an absentee": {func(_ *testing.T, _ *circle, p *passing) {
		if p.Kind == parley.Closed {
			p.Voted = p.Voted[1:]
		}
	}, `do not give my part.*\n.*list of those who voted`, 0},
	"a list of voters with a stranger": {func(_ *testing.T, _ *circle, p *passing) {
		if p.Kind == parley.Closed {
			p.Voted = append([]string{"@aaa:x"}, p.Voted[1:]...)
		}
	}, `do not give my part.*\n.*list of those who voted`, 0},
	"the sum of one ballot": {func(t *testing.T, c *circle, p *passing) {
		if p.Kind == parley.Closed {
			p.Archive, p.ClosedHash = only(t, p.Archive, 1)
			p.Voted = p.Voted[:1]
		}
	}, `do not give my part.*\n.*fewer ballots than may be opened`, 0},
	"other ballots than their hash": {func(t *testing.T, _ *circle, p *passing) {
		if p.Kind == parley.Closed {
			p.Archive, _ = only(t, p.Archive, 5)
			p.Voted = p.Voted[:5]
		}
	}, `do not give my part.*\n.*not the one that the group has`, 0},
	"a ballot that was changed": {func(_ *testing.T, _ *circle, p *passing) {
		if p.Kind == parley.Closed {
			p.Archive = bytes.Replace(p.Archive, []byte(`"challenge":"1`), []byte(`"challenge":"2`), 1)
		}
	}, `do not give my part.*\n.*do not stand up to the check`, 0},
	"a wrong part of the bot": {func(_ *testing.T, _ *circle, p *passing) {
		if p.Kind == parley.Share && p.from == myself {
			p.Body = strings.Replace(p.Body, `"challenge":"1`, `"challenge":"2`, 1) + " "
		}
	}, `do not give my part.*\n.*The bot's part is wrong`, 0},
	"no part of the bot": {func(_ *testing.T, _ *circle, p *passing) {
		p.drop = p.Kind == parley.Share && p.from == myself
	}, `The box waits for the machine of Anna, Bernd`, 0},
	"other ballots after the parts": {func(t *testing.T, c *circle, p *passing) {
		if p.Kind == parley.Result {
			closed := c.heard(parley.Closed)
			closed.Archive, closed.ClosedHash = only(t, closed.Archive, 5)
			closed.Voted = closed.Voted[:5]
			c.arrive(&passing{from: myself, to: p.to, Record: closed})
			p.drop = true
		}
	}, `do not give my part.*\n.*not the one that the group has`, 2},
	"a result that does not follow": {func(_ *testing.T, c *circle, p *passing) {
		if p.Kind == parley.Result {
			p.Archive = c.heard(parley.Closed).Archive
		}
	}, `do not give my part.*\n.*does not follow from what was opened`, 2},
	"the bot's words from somebody else": {func(_ *testing.T, _ *circle, p *passing) {
		if p.from == myself && p.Kind == parley.Asked {
			p.from = user("eva")
		}
	}, `no answer of Anna, Bernd`, 0},
	"the bot's words without encryption": {func(_ *testing.T, _ *circle, p *passing) {
		p.open = p.Kind == parley.Asked
	}, `no answer of Anna, Bernd`, 0},
	"a machine's words from an unsigned device": {func(_ *testing.T, _ *circle, p *passing) {
		p.unsigned = p.Kind == parley.Key && p.from == user("bernd-box")
	}, `no answer of Bernd`, 0},
	"everything twice": {func(_ *testing.T, c *circle, p *passing) {
		twin := *p
		c.arrive(&twin)
	}, `Counted again, 6 ballots`, 2},
}

// keepNoKey looks that no machine has a key any more.
func (c *circle) keepNoKey() {
	c.t.Helper()
	for _, r := range c.machines {
		all, err := r.store.HeldAll(c.t.Context())
		if err != nil || len(all) != 1 || all[0].Secret != nil {
			c.t.Errorf("%s keeps its key, %v", r.account, err)
		}
		if files, err := filepath.Glob(filepath.Join(r.dir, "keys", "teller-*")); err != nil || len(files) > 0 {
			c.t.Errorf("%s keeps %v, %v", r.account, files, err)
		}
	}
}

// only is the archive of the first n ballots.
func only(t *testing.T, archive []byte, n int) (cut []byte, hash string) {
	t.Helper()
	contents, err := belenios.Read(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := contents.Election.WriteArchive(&b, time.Unix(1_800_000_000, 0), contents.Ballots[:n], nil); err != nil {
		t.Fatal(err)
	}
	if hash, err = contents.Election.ClosedHash(contents.Ballots[:n]); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), hash
}

// TestLies: each lie of a bot or a homeserver ends in a refusal or an alarm that members read, none in a
// result that is silently wrong.
func TestLies(t *testing.T) {
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			c := newCircle(t)
			c.comesTo(t, lie)
			if lie.parts > 0 {
				c.keepNoKey()
			}
		})
	}
}

// comesTo holds a vote in which somebody lies, and fails unless members read what the lie comes to, the machines give
// as many parts as they should, and no result stands that nobody agreed to.
func (c *circle) comesTo(t *testing.T, l lie) {
	t.Helper()
	c.tamper = func(p *passing) { l.tamper(t, c, p) }
	c.say("chair", "start")
	if p := c.poll(); p != nil && p.State == voting.StateOpen {
		c.votes()
	} else if l.parts > 0 {
		t.Fatalf("it does not open; said was:\n%s", list(c.sent))
	}
	c.later(50 * time.Second)
	for range 4 {
		c.later(2 * time.Minute)
	}
	if !c.told(l.want) {
		t.Errorf("nobody read %s; said was:\n%s", l.want, list(c.sent))
	}
	if n := c.gave(); n != l.parts {
		t.Errorf("%d parts, want %d", n, l.parts)
	}
	if l.parts == 0 && c.told(`Result: `) {
		t.Error("there is a result")
	}
}

// TestClosedBeforeItsTime: a bot that closes a vote which nobody wished to be closed gets no part; the
// machines read themselves who wished it.
func TestClosedBeforeItsTime(t *testing.T) {
	for name, test := range map[string]struct {
		who   string
		spoil func(m *chat.Message)
		parts int
	}{
		"the chair":              {"chair", func(*chat.Message) {}, 2},
		"somebody":               {"eva", func(*chat.Message) {}, 0},
		"without encryption":     {"chair", func(m *chat.Message) { m.Encrypted, m.Trusted = false, false }, 0},
		"from another device":    {"chair", func(m *chat.Message) { m.Trusted = false }, 0},
		"the bot":                {"chair", func(m *chat.Message) { m.Sender = myself }, 0},
		"nobody":                 {"chair", func(m *chat.Message) { m.Body = "hello" }, 0},
		"in a quotation of that": {"chair", func(m *chat.Message) { m.Body = "somebody said !close" }, 0},
	} {
		c := newCircle(t)
		c.line.power[myself] = 100
		c.say("chair", "start")
		for _, person := range people[:5] {
			c.tells(person, "1")
		}
		m := c.message(test.who, "!close", false)
		test.spoil(&m)
		for _, r := range c.machines {
			if err := r.k.Said(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := c.bot.Polls.Close(t.Context(), c.poll().ID, c.now); err != nil {
			t.Fatal(err)
		}
		if err := c.bot.Line.Queue(t.Context(), later(c.poll(), "closed", kindClosed)); err != nil {
			t.Fatal(err)
		}
		c.goOn()
		c.later(20 * time.Second)
		if n := c.gave(); n != test.parts {
			t.Errorf("%s: %d parts, want %d; said was:\n%s", name, n, test.parts, list(c.sent))
		}
		if test.parts == 0 && !c.told(`closed before its time`) {
			t.Errorf("%s: nobody read why; said was:\n%s", name, list(c.sent))
		}
	}
}
