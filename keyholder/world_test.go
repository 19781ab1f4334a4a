package keyholder

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

const (
	room  = "!group:x"
	bot   = "@bot:x"
	chair = "@anna:x"
	kaya  = "@kaya:x"
	lenz  = "@lenz:x"
	kayas = "@kaya-box:x" // the machine under test
	lenzs = "@lenz-box:x"

	rightPage = "<title>Ballot</title>"
)

var roll = []string{chair, "@bernd:x", "@clara:x", "@deniz:x", kaya, lenz}

// fakeLine is a line without a homeserver: the queue is the real one.
type fakeLine struct {
	*chat.Line
	d    *desk
	file []byte // of the message that is heard
}

func (l *fakeLine) Me() string { return kayas }

func (l *fakeLine) Encrypted(context.Context, string) (bool, error) { return true, nil }

func (l *fakeLine) Members(_ context.Context, room string) ([]chat.Member, error) {
	if there, known := l.d.there[room]; known {
		if there == nil {
			return nil, chat.ErrShut
		}
		return there, l.d.fails[room]
	}
	return l.d.members, l.d.fails[room]
}

func (l *fakeLine) Successor(_ context.Context, room string) (to, by string, err error) {
	return l.d.stones[room][0], l.d.stones[room][1], l.d.fails[room]
}

func (l *fakeLine) Power(_ context.Context, _, user string) (int, error) { return l.d.power[user], nil }

func (l *fakeLine) Fetch(context.Context, chat.Attached, int) ([]byte, error) { return l.file, nil }

// Sent says what stands in the rooms of the group since a message, whatever the machine remembers.
func (l *fakeLine) Sent(_ context.Context, rooms []string, key, after string) (bool, error) {
	l.d.looked, l.d.since = rooms, after
	return l.d.sent[key], l.d.unsure
}

func (l *fakeLine) Afresh() { l.d.afresh = true }

// desk is the machine of kaya in a group, with a bot that does what the test says, and the key of lenz.
type desk struct {
	t       *testing.T
	dir     string
	store   *store.Store
	vault   *store.Vault
	line    *fakeLine
	k       *Keyholder
	now     time.Time
	members []chat.Member
	power   map[string]int
	n       int                      // messages so far
	room    string                   // where they are said
	rooms   []string                 // where the machine said what it said
	sent    map[string]bool          // what stands in the room of the machine's deliveries
	there   map[string][]chat.Member // other members of other rooms
	stones  map[string][2]string     // rooms that were replaced, by which, and by whom
	fails   map[string]error         // why some rooms cannot be asked about
	unsure  error                    // why it is not certain what stands there
	afresh  bool                     // it speaks to everybody with new sessions
	looked  []string                 // the rooms that were looked through for it
	since   string                   // … and back to which message
	said    []chat.Content           // by the machine
	records []parley.Record          // of these
	fetch   func(ctx context.Context, url string) ([]byte, error)
	pages   []string // of the vote

	polls *voting.Polls // the bot's
	poll  *voting.Poll
	other *belenios.Key // of lenz's machine
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newDesk is a desk with a vote that the bot has drafted.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), sent: make(map[string]bool), there: make(map[string][]chat.Member), stones: make(map[string][2]string), fails: make(map[string]error), room: room, now: time.Date(2026, 3, 1, 19, 0, 0, 0, time.UTC), power: map[string]int{bot: 100}}
	for _, id := range append(slices.Clone(roll), bot, kayas, lenzs) {
		d.members = append(d.members, chat.Member{ID: id})
	}
	d.open()
	t.Cleanup(func() { d.store.Close() })
	st := must(store.Open(t.Context(), t.TempDir(), zerolog.Nop()))(t)
	t.Cleanup(func() { st.Close() })
	v := must(store.OpenVault(filepath.Join(t.TempDir(), "keys")))(t)
	d.polls = voting.New(st, v, rand.Reader, voting.Defaults())
	var members []voting.Member
	for _, m := range roll {
		members = append(members, voting.Member(m))
	}
	tellers := voting.TellersOf([]voting.Teller{{Owner: kaya, Account: kayas}, {Owner: lenz, Account: lenzs}})
	d.poll = must(d.polls.Draft(t.Context(), voting.Draft{
		Place: room, Asker: chair, Question: "Motion 12?", Answers: []string{"Yes", "No", "Abstain"}, Roll: members,
		Terms: voting.Terms{Tellers: tellers, Lasts: voting.TellersLast},
	}))(t)
	return d
}

// open starts the machine, anew if it ran before.
func (d *desk) open() {
	t := d.t
	t.Helper()
	if d.store != nil {
		d.store.Close()
	}
	d.store = must(store.Open(t.Context(), d.dir, zerolog.Nop()))(t)
	d.vault = must(store.OpenVault(filepath.Join(d.dir, "keys")))(t)
	right := sha256.Sum256([]byte(rightPage))
	line := must(chat.New(chat.Config{Homeserver: "http://127.0.0.1:1", User: kayas}, d.store, d.vault, zerolog.Nop()))(t)
	d.line = &fakeLine{Line: line, d: d}
	d.k = New(Options{
		Config: Config{Owner: kaya, Bot: bot, MinBallots: voting.MinBallots}, Line: d.line, Store: d.store, Vault: d.vault,
		Texts: must(i18n.Load("en"))(t), Rand: rand.Reader, Now: func() time.Time { return d.now }, Log: zerolog.Nop(),
		PageHash: hex.EncodeToString(right[:]), Fetch: d.fetch,
	})
	if err := d.k.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// message is something that somebody said in the group.
func (d *desk) message(sender, body string) chat.Message {
	d.n++
	return chat.Message{ID: fmt.Sprintf("$said%d", d.n), Room: d.room, Sender: sender, Body: body, At: d.now, Encrypted: true, Trusted: true}
}

// hears lets the machine deal with a message, and with what follows.
func (d *desk) hears(m chat.Message) {
	d.t.Helper()
	if err := d.k.Said(d.t.Context(), m); err != nil {
		d.t.Fatal(err)
	}
	d.settle()
}

// says lets somebody say something.
func (d *desk) says(sender, body string) {
	d.t.Helper()
	d.hears(d.message(sender, body))
}

// record lets an account say a record.
func (d *desk) record(sender string, r parley.Record) {
	d.t.Helper()
	r.Poll = d.poll.ID
	inline, file, err := parley.Encode(r)
	if err == nil && r.Kind == parley.Result {
		inline, err = parley.Head(r.Kind, r.Poll)
		file = r.Archive
	}
	if err != nil {
		d.t.Fatal(err)
	}
	m := d.message(sender, "")
	m.Kind, m.Record = chat.Record, inline
	if d.line.file = file; file != nil {
		m.File = new(chat.Attached)
	}
	d.hears(m)
}

// settle lets everything happen that is due, and sends it.
func (d *desk) settle() {
	d.t.Helper()
	ctx := d.t.Context()
	for {
		next := d.now.Add(look)
		if err := d.k.Due(ctx, &next); err != nil {
			d.t.Fatal(err)
		}
		if err := d.k.Look(ctx, &next); err != nil {
			d.t.Fatal(err)
		}
		due := must(d.store.DueOutgoing(ctx, store.Leave{Now: time.Now(), Need: 2}, 100))(d.t)
		if len(due) == 0 {
			return
		}
		slices.SortFunc(due, func(a, b store.Outgoing) int { return int(a.Seq - b.Seq) })
		for _, o := range due {
			c := must(d.k.Compose(ctx, chat.Delivery{Key: o.Key, Room: o.Room, Kind: o.Kind, Payload: o.Payload}))(d.t)
			if err := d.store.SettleOutgoing(ctx, o.Key, store.OutgoingSent, o.Room, "$"+o.Key); err != nil {
				d.t.Fatal(err)
			}
			d.sent[o.Key] = true
			d.said, d.rooms = append(d.said, c), append(d.rooms, o.Room)
			if c.Record != nil {
				r, err := parley.Decode(c.Record)
				if err == nil && r.Split {
					r, err = parley.Join(r, c.File.Data)
				}
				d.records = append(d.records, must(r, err)(d.t))
			}
		}
	}
}

// moves has somebody move the group into another room, which the machine follows.
func (d *desk) moves(to, by string) {
	d.t.Helper()
	d.stones[d.room] = [2]string{to, by}
	if err := d.k.Noticed(d.t.Context(), chat.Notice{Kind: chat.Moved, ID: "$to" + to, Room: d.room, To: to}); err != nil {
		d.t.Fatal(err)
	}
	d.room = to
	d.settle()
}

// later lets time go by.
func (d *desk) later(by time.Duration) {
	d.t.Helper()
	d.now = d.now.Add(by)
	d.settle()
}

// last is the newest record of a kind that the machine said.
func (d *desk) last(kind parley.Kind) *parley.Record {
	for i := len(d.records) - 1; i >= 0; i-- {
		if d.records[i].Kind == kind {
			return &d.records[i]
		}
	}
	return nil
}

// count is how many records of a kind the machine said.
func (d *desk) count(kind parley.Kind) (n int) {
	for _, r := range d.records {
		if r.Kind == kind {
			n++
		}
	}
	return n
}

// waitsForClose wants the machine to give no part of what was closed before its time, and one once the chair says close.
func (d *desk) waitsForClose(what string) {
	d.t.Helper()
	if n := d.count(parley.Share); n != 0 {
		d.t.Errorf("%s: %d parts of what was closed before its time", what, n)
	}
	d.says(chair, "!close")
	if n := d.count(parley.Share); n != 1 {
		d.t.Errorf("%s: %d parts after the word of the chair; said was:\n%s", what, n, d.list())
	}
}

// told fails unless the machine said something.
func (d *desk) told(pattern string) {
	d.t.Helper()
	re := regexp.MustCompile(pattern)
	if !slices.ContainsFunc(d.said, func(c chat.Content) bool { return re.MatchString(c.Plain) }) {
		d.t.Errorf("nobody read %s; said was:\n%s", pattern, d.list())
	}
}

func (d *desk) list() string {
	var all []string
	for _, c := range d.said {
		all = append(all, fmt.Sprintf("%q", c.Plain))
	}
	return strings.Join(all, "\n")
}

// step is how far the vote has come on the machine.
func (d *desk) step() string {
	d.t.Helper()
	if v := must(d.k.vote(d.t.Context(), d.poll.ID))(d.t); v != nil {
		return v.Step
	}
	return ""
}

// asked is the record with which the bot asks for keys.
func (d *desk) asked() parley.Record {
	d.t.Helper()
	ctx := d.t.Context()
	d.poll = must(d.polls.Ask(ctx, d.poll.ID))(d.t)
	own := must(d.polls.OwnKey(ctx, d.poll.ID))(d.t)
	return parley.Record{Kind: parley.Asked, Question: &parley.Question{
		Group: d.poll.Group, Asker: d.poll.Asker, Asked: d.poll.Asked, Rule: d.poll.Rule, Terms: d.poll.Terms, Least: d.poll.Least,
		Roll: roll, Trustee: string(own), Pages: d.pages,
	}}
}

// gathers lets the bot ask for keys, and lenz's machine give its own.
func (d *desk) gathers() {
	d.t.Helper()
	d.record(bot, d.asked())
	key := d.last(parley.Key)
	if key == nil {
		d.t.Fatalf("the machine gave no key; said was:\n%s", d.list())
	}
	d.other = must(belenios.NewKey(rand.Reader, d.poll.Group))(d.t)
	public := must(d.other.Public(rand.Reader))(d.t)
	d.record(lenzs, parley.Record{Kind: parley.Key, Public: string(public)})
	must(d.polls.TakeKey(d.t.Context(), d.poll.ID, kayas, []byte(key.Public)))(d.t)
	must(d.polls.TakeKey(d.t.Context(), d.poll.ID, lenzs, public))(d.t)
}

// election is the record with the election that the bot makes of all keys.
func (d *desk) election() parley.Record {
	d.t.Helper()
	ctx := d.t.Context()
	d.poll = must(d.polls.Compose(ctx, d.poll.ID, d.now))(d.t)
	papers := must(d.polls.Papers(ctx, d.poll.ID))(d.t)
	return parley.Record{Kind: parley.Election, Fingerprint: d.poll.Fingerprint, Setup: &parley.Setup{
		Election: string(papers.Election), Trustees: string(papers.Trustees), Credentials: string(papers.Credentials),
		Opened: d.poll.Opened, Ends: d.poll.Ends,
	}}
}

// opens lets everything happen until ballots are taken.
func (d *desk) opens() {
	d.t.Helper()
	d.gathers()
	d.record(bot, d.election())
	if d.step() != stepConfirmed {
		d.t.Fatalf("it is %s; said was:\n%s", d.step(), d.list())
	}
	for _, account := range []string{kayas, lenzs} {
		must(d.polls.Confirm(d.t.Context(), d.poll.ID, account, d.poll.Fingerprint))(d.t)
	}
	d.poll = must(d.polls.Launch(d.t.Context(), d.poll.ID))(d.t)
}

// cast lets the first n of the roll vote.
func (d *desk) cast(n int) {
	d.t.Helper()
	for _, m := range d.poll.Roll[:n] {
		must(d.polls.Cast(d.t.Context(), must(d.polls.Fold(d.t.Context(), d.poll.ID, m, voting.Yes))(d.t)))(d.t)
	}
}

// closed is the record with which the bot closes the vote.
func (d *desk) closed() parley.Record {
	d.t.Helper()
	ctx := d.t.Context()
	d.poll = must(d.polls.Close(ctx, d.poll.ID, d.now))(d.t)
	r := parley.Record{Kind: parley.Closed, ClosedHash: d.poll.ClosedHash, Archive: must(d.polls.Closing(ctx, d.poll.ID))(d.t)}
	for _, m := range must(d.polls.Voted(ctx, d.poll.ID))(d.t) {
		r.Voted = append(r.Voted, string(m))
	}
	return r
}

// part is the record with the bot's part.
func (d *desk) part() parley.Record {
	d.t.Helper()
	body := must(d.polls.OwnShare(d.t.Context(), d.poll.ID, d.now))(d.t)
	return parley.Record{Kind: parley.Share, ClosedHash: d.poll.ClosedHash, Body: string(body)}
}

// result is the record with the whole archive, made with the machine's part and that of lenz.
func (d *desk) result() parley.Record {
	d.t.Helper()
	ctx := d.t.Context()
	audit := must(belenios.AuditBallots(must(d.polls.Closing(ctx, d.poll.ID))(d.t)))(d.t)
	share := must(audit.Election().Decrypt(rand.Reader, audit.Sum(), d.other))(d.t)
	must(d.polls.TakeShare(ctx, d.poll.ID, lenzs, share.Body))(d.t)
	must(d.polls.TakeShare(ctx, d.poll.ID, kayas, []byte(d.last(parley.Share).Body)))(d.t)
	_, archive, err := d.polls.Tally(ctx, d.poll.ID, d.now)
	return parley.Record{Kind: parley.Result, Archive: must(archive, err)(d.t)}
}
