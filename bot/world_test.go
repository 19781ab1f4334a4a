package bot

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/store"
	"stimmbote/voting"
)

const (
	group  = "!group:x"
	myself = "@bot:x"
)

// sent is one message as it went out.
type sent struct {
	chat.Delivery
	chat.Content
}

// world is a group with a bot, on a real database, with real polls.
type world struct {
	t     testing.TB
	dir   string
	store *store.Store
	vault *store.Vault
	line  *fakeLine
	bot   *Bot
	now   time.Time
	sent  []sent
	seen  int // how many of sent were looked at
	n     int // events so far
	log   bytes.Buffer
	texts *i18n.Texts
	url   string
	hook  func(name string)
	dead  bool // the process has died, in whichever of its goroutines
}

var people = []string{"anna", "bernd", "chair", "clara", "deniz", "eva"}

func newWorld(t testing.TB, language string) *world {
	t.Helper()
	texts, err := i18n.Load(language)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, dir: t.TempDir(), texts: texts, now: time.Date(2026, 3, 1, 19, 0, 0, 0, time.UTC), url: "http://127.0.0.1:8480/",
		line: &fakeLine{members: make(map[string][]chat.Member), power: make(map[string]int), name: "Grüne Straße", reach: make(map[string]chat.Reach)},
	}
	w.join("bot")
	for _, name := range people {
		w.join(name)
	}
	w.open()
	t.Cleanup(func() { w.store.Close() })
	return w
}

// open builds store and bot, as a start of the program does.
func (w *world) open() {
	w.t.Helper()
	st, err := store.Open(w.t.Context(), w.dir, zerolog.Nop())
	if err != nil {
		w.t.Fatal(err)
	}
	vault, err := store.OpenVault(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	line, err := chat.New(chat.Config{Homeserver: "http://127.0.0.1:1", User: myself}, st, vault, zerolog.Nop())
	if err != nil {
		w.t.Fatal(err)
	}
	w.store, w.vault, w.line.Line = st, vault, line
	w.line.asked = func(ctx context.Context) {
		if db := st.DB(); db.Execable(ctx) != db.Execable(w.t.Context()) {
			w.t.Errorf("the homeserver is asked within a transaction, for which everybody waits:\n%s", debug.Stack())
		}
	}
	w.bot = New(Options{
		Config: Config{Ignore: []string{"@otherbot:x"}, Zone: "UTC"}, Line: w.line, Store: st, Vault: vault, Texts: w.texts, PublicURL: w.url,
		Polls: voting.New(st, vault, rand.Reader, voting.Defaults()),
		Now:   func() time.Time { return w.now }, Log: zerolog.New(&w.log).Level(zerolog.DebugLevel),
		Checkpoint: func(name string) {
			if w.hook != nil {
				w.hook(name)
			}
		},
	})
}

// crash is the panic of a process that dies.
type crash struct{}

// restart forgets everything but the disk.
func (w *world) restart() {
	w.t.Helper()
	w.store.Close()
	w.dead = false
	w.open()
	if err := w.bot.recall(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func user(name string) string { return "@" + name + ":x" }

func (w *world) join(name string) {
	title := strings.ToUpper(name[:1]) + name[1:]
	w.line.members[group] = append(w.line.members[group], chat.Member{ID: user(name), Name: title})
}

func (w *world) leave(name string) {
	w.line.members[group] = slices.DeleteFunc(w.line.members[group], func(m chat.Member) bool { return m.ID == user(name) })
}

// message is what somebody says, in the group or, with direct, in their direct chat.
func (w *world) message(name, body string, direct bool) chat.Message {
	w.n++
	m := chat.Message{
		ID: fmt.Sprintf("$said%d", w.n), Room: group, Sender: user(name), Body: body, At: w.now,
		Encrypted: true, Trusted: true, Direct: direct,
	}
	if direct {
		m.Room = "!dm-" + name + ":x"
	}
	return m
}

// hear lets the bot deal with a message and with what follows.
func (w *world) hear(m chat.Message) {
	w.t.Helper()
	if err := w.bot.Said(w.t.Context(), m); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

func (w *world) says(name, body string) { w.t.Helper(); w.hear(w.message(name, body, false)) }

func (w *world) tells(name, body string) { w.t.Helper(); w.hear(w.message(name, body, true)) }

// settle steps and sends until nothing is left to do.
func (w *world) settle() {
	w.t.Helper()
	for {
		for range 3 { // what was done beside may have left something to do
			w.step()
		}
		if w.deliver() == 0 {
			return
		}
	}
}

// step does what is due, and waits for what is done beside.
func (w *world) step() {
	w.t.Helper()
	next := w.now.Add(look)
	err := w.bot.step(w.t.Context(), &next)
	w.bot.working.Wait()
	if w.dead {
		panic(crash{})
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// notices lets the bot deal with what happened, and with what follows.
func (w *world) notices(n chat.Notice) {
	w.t.Helper()
	if err := w.bot.Noticed(w.t.Context(), n); err != nil {
		w.t.Fatal(err)
	}
	w.settle()
}

// fixed are the messages that fix a vote, by their keys or their events: they are never edited or redacted.
var fixed = regexp.MustCompile(`poll/[^/]+/(anchors|roll|closed|result|archive)$`)

// deliver sends what is due, as the real line does, and returns how much that was.
func (w *world) deliver() int {
	w.t.Helper()
	ctx := w.t.Context()
	due, err := w.store.DueOutgoing(ctx, store.Leave{Now: time.Now(), Need: 2}, 100)
	if err != nil {
		w.t.Fatal(err)
	}
	slices.SortFunc(due, func(a, b store.Outgoing) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, o := range due {
		d := chat.Delivery{
			Key: o.Key, Group: o.Group, Room: o.Room, Person: o.Person, Kind: o.Kind, Payload: o.Payload,
			Secret: o.Secret, Thread: o.Thread, ReplyTo: o.ReplyTo, Edits: o.Edits, Redacts: o.Redacts,
		}
		if fixed.MatchString(d.Redacts) || fixed.MatchString(d.Edits) {
			w.t.Errorf("what fixes a vote is changed: %s redacts %q, edits %q", d.Key, d.Redacts, d.Edits)
		}
		var c chat.Content
		err = nil
		if d.Redacts == "" {
			c, err = w.bot.Compose(ctx, d)
		}
		state := store.OutgoingSent
		switch {
		case errors.Is(err, chat.ErrObsolete):
			state = store.OutgoingDropped
		case err != nil:
			w.t.Fatalf("composing %s: %v", d.Key, err)
		default:
			w.sent = append(w.sent, sent{d, c})
		}
		if err := w.store.SettleOutgoing(ctx, o.Key, state, o.Room, "$"+o.Key); err != nil {
			w.t.Fatal(err)
		}
		if err := w.bot.Delivered(ctx, d); err != nil {
			w.t.Fatal(err)
		}
	}
	return len(due)
}

// new returns what was sent since the last look.
func (w *world) new() []sent {
	all := w.sent[w.seen:]
	w.seen = len(w.sent)
	return all
}

// to says where a message went.
func (s sent) to() string {
	if s.Room != "" {
		return "group"
	}
	return strings.TrimSuffix(strings.TrimPrefix(s.Person, "@"), ":x")
}

// expect looks for one new message to each of these places that matches.
func (w *world) expect(pattern string, to ...string) {
	w.t.Helper()
	fresh := w.new()
	for _, place := range to {
		if find(fresh, place, pattern) == nil {
			w.t.Errorf("%s did not read %q; new is:\n%s", place, pattern, list(fresh))
		}
	}
}

// silent fails if anything new was said.
func (w *world) silent() {
	w.t.Helper()
	if fresh := w.new(); len(fresh) > 0 {
		w.t.Errorf("want silence, got:\n%s", list(fresh))
	}
}

func find(all []sent, to, pattern string) *sent {
	re := regexp.MustCompile(pattern)
	for i, s := range all {
		if s.to() == to && s.Redacts == "" && re.MatchString(s.Plain) {
			return &all[i]
		}
	}
	return nil
}

func list(all []sent) string {
	var b strings.Builder
	for _, s := range all {
		text := s.Plain
		if s.Redacts != "" {
			text = "redacts " + s.Redacts
		}
		fmt.Fprintf(&b, "%s: %q\n", s.to(), text)
	}
	return b.String()
}

// poll returns the newest poll of the group that has not ended.
func (w *world) poll() *voting.Poll {
	w.t.Helper()
	polls, err := w.bot.Polls.InPlace(w.t.Context(), group)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(polls) == 0 {
		return nil
	}
	return polls[0]
}

// closes closes the vote, whoever is missing.
func (w *world) closes(name string) {
	w.t.Helper()
	w.says(name, "!close")
	if p := w.poll(); p != nil && p.State == voting.StateOpen {
		w.says(name, "!close")
	}
}

// opened opens a vote and looks away from what was said about it.
func (w *world) opened(question string) {
	w.t.Helper()
	w.says("chair", "!vote "+question)
	w.says("chair", "start")
	if p := w.poll(); p == nil || p.State != voting.StateOpen {
		w.t.Fatalf("the vote is not open: %+v\n%s", p, list(w.sent))
	}
	w.new()
}

// callRoom is the room of the group's call on the media server.
func (w *world) callRoom() string {
	w.t.Helper()
	c, err := w.store.CallByRoom(w.t.Context(), group)
	if err != nil || c == nil {
		w.t.Fatalf("the group's call: %v, %v", c, err)
	}
	return c.MediaRoom()
}
