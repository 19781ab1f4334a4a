package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/keyholder"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/parley"
	"stimmbote/web"
)

// real is the machine of a teller as people run it, on a database of its own.
type real struct {
	w       *world
	account string
	owner   string
	dir     string
	store   *store.Store
	line    *realLine
	k       *keyholder.Keyholder
	said    []parley.Record
	booth   string                                        // where it serves the ballot page
	fetch   func(context.Context, string) ([]byte, error) // how it gets a page
}

// realLine is the line of a machine: the queue is the real one.
type realLine struct {
	*chat.Line
	r    *real
	file []byte // of the message that it hears

	fetched int // files
}

func (l *realLine) Me() string { return l.r.account }

func (l *realLine) Encrypted(context.Context, string) (bool, error) { return true, nil }

func (l *realLine) Members(context.Context, string) ([]chat.Member, error) {
	return l.r.w.line.members[group], nil
}

func (l *realLine) Power(_ context.Context, _, user string) (int, error) {
	return l.r.w.line.power[user], nil
}

func (l *realLine) Fetch(context.Context, chat.Attached, int) ([]byte, error) {
	l.fetched++
	return l.file, nil
}

func (l *realLine) Successor(context.Context, string) (to, by string, err error) { return "", "", nil }

func (l *realLine) Sent(context.Context, []string, string, string) (bool, error) { return false, nil }

// open starts the machine, anew if it ran before.
func (r *real) open() {
	t := r.w.t
	t.Helper()
	if r.store != nil {
		r.store.Close()
	}
	st, err := store.Open(t.Context(), r.dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	vault, err := store.OpenVault(filepath.Join(r.dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	line, err := chat.New(chat.Config{Homeserver: "http://127.0.0.1:1", User: r.account}, st, vault, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	r.store, r.line = st, &realLine{Line: line, r: r}
	r.k = keyholder.New(keyholder.Options{
		Config: keyholder.Config{Owner: r.owner, Bot: myself, MinBallots: voting.MinBallots}, Line: r.line, Store: st, Vault: vault,
		Booth: r.booth, PageHash: web.Sum(rightPage), Fetch: r.fetch,
		Texts: r.w.texts, Rand: rand.Reader, Now: func() time.Time { return r.w.now }, Log: zerolog.Nop(),
	})
}

// passing is a record on its way from one account to another.
type passing struct {
	from, to string
	parley.Record
	drop, open, unsigned bool // it is lost, was not encrypted, or comes from a device that nobody signed
}

// circle is a group whose tellers' machines are real, and somebody who may change what passes.
type circle struct {
	*world
	machines []*real
	tamper   func(p *passing)
	passed   int    // of sent
	forged   string // a credential of nobody
}

// rightPage is the ballot page as everybody should have it.
var rightPage = []byte("<title>Ballot</title>")

// newCircle has anna and bernd hold keys with real machines, which serve no page.
func newCircle(t *testing.T) *circle {
	c := gathered(t, nil)
	c.say("chair", "!vote Shall we adopt motion 12?")
	return c
}

// gathered is a circle whose machines are here; before may change one before it starts.
func gathered(t *testing.T, before func(r *real)) *circle {
	c := &circle{world: newWorld(t, "en")}
	c.bot.BoothHash = web.Sum(rightPage)
	c.line.power[user("chair")] = 100
	for _, owner := range []string{"anna", "bernd"} {
		r := &real{w: c.world, account: user(owner + "-box"), owner: user(owner), dir: t.TempDir()}
		if before != nil {
			before(r)
		}
		r.open()
		t.Cleanup(func() { r.store.Close() })
		c.join(owner + "-box")
		c.machines = append(c.machines, r)
	}
	c.say("chair", "!tellers @anna @bernd")
	return c
}

// say lets somebody say something in the group, and all that follows from it happen.
func (c *circle) say(name, body string) {
	c.t.Helper()
	m := c.message(name, body, false)
	c.hear(m)
	for _, r := range c.machines {
		if err := r.k.Said(c.t.Context(), m); err != nil {
			c.t.Fatal(err)
		}
	}
	c.goOn()
}

// goOn lets everything happen that is due, until nothing moves.
func (c *circle) goOn() {
	c.t.Helper()
	for {
		c.settle()
		fresh := c.sent[c.passed:]
		c.passed = len(c.sent)
		for _, s := range fresh {
			if s.Room == group && s.Record != nil {
				c.pass(myself, s.Content)
			}
		}
		moved := len(fresh) > 0
		for _, r := range c.machines {
			moved = c.send(r) || moved
		}
		if !moved {
			return
		}
	}
}

// send sends what a machine has to say, and says whether that was anything.
func (c *circle) send(r *real) bool {
	c.t.Helper()
	ctx := c.t.Context()
	next := c.now.Add(time.Minute)
	if err := errors.Join(r.k.Due(ctx, &next), r.k.Look(ctx, &next)); err != nil {
		c.t.Fatal(err)
	}
	due, err := r.store.DueOutgoing(ctx, store.Leave{Now: time.Now(), Need: 2}, 100)
	if err != nil {
		c.t.Fatal(err)
	}
	slices.SortFunc(due, func(a, b store.Outgoing) int { return int(a.Seq - b.Seq) })
	for _, o := range due {
		d := chat.Delivery{Key: o.Key, Room: o.Room, Kind: o.Kind, Payload: o.Payload}
		content, err := r.k.Compose(ctx, d)
		if err != nil {
			c.t.Fatal(err)
		}
		if err := r.store.SettleOutgoing(ctx, o.Key, store.OutgoingSent, o.Room, "$"+o.Key); err != nil {
			c.t.Fatal(err)
		}
		c.sent = append(c.sent, sent{chat.Delivery{Room: group, Kind: "of " + r.account}, content})
		c.passed = len(c.sent)
		if content.Record != nil {
			c.pass(r.account, content)
		}
	}
	return len(due) > 0
}

// pass brings a record to everybody else, through the hands of whoever tampers.
func (c *circle) pass(from string, content chat.Content) {
	c.t.Helper()
	r, err := parley.Decode(content.Record)
	if err == nil && r.Split {
		r, err = parley.Join(r, content.File.Data)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	for _, one := range c.machines {
		if one.account == from {
			one.said = append(one.said, r)
		}
	}
	for _, to := range append([]string{myself}, c.machines[0].account, c.machines[1].account) {
		if to == from {
			continue
		}
		p := &passing{from: from, to: to, Record: r}
		if c.tamper != nil {
			c.tamper(p)
		}
		c.arrive(p)
	}
}

// arrive hands a record over.
func (c *circle) arrive(p *passing) {
	c.t.Helper()
	if p.drop {
		return
	}
	inline, file, err := parley.Encode(p.Record)
	if err == nil && p.Kind == parley.Result {
		inline, err = parley.Head(p.Kind, p.Poll)
		file = p.Archive
	}
	if err != nil {
		c.t.Fatal(err)
	}
	m := c.message("x", "", false)
	m.Sender, m.Kind, m.Record, m.Encrypted, m.Trusted = p.from, chat.Record, inline, !p.open, !p.open && !p.unsigned
	if file != nil {
		m.File = new(chat.Attached)
	}
	var hearer chat.Handler = c.bot
	c.line.file = file
	for _, r := range c.machines {
		if r.account == p.to {
			hearer, r.line.file = r.k, file
		}
	}
	if err := hearer.Said(c.t.Context(), m); err != nil {
		c.t.Fatal(err)
	}
}

// votes lets everybody say yes.
func (c *circle) votes() {
	c.t.Helper()
	for _, name := range people {
		c.tells(name, "1")
	}
	c.goOn()
}

// later lets time go by.
func (c *circle) later(d time.Duration) {
	c.t.Helper()
	c.now = c.now.Add(d)
	c.goOn()
}

// told says whether the group read something.
func (c *circle) told(pattern string) bool { return find(c.sent, "group", pattern) != nil }

// gave is how many parts the machines gave.
func (c *circle) gave() (n int) {
	for _, r := range c.machines {
		for _, said := range r.said {
			if said.Kind == parley.Share {
				n++
			}
		}
	}
	return n
}
