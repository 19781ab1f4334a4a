// Package bot is what is said: it answers the commands of a group, asks its members in their
// direct chats, and gives everybody the result.
//
// It guarantees that each thing is said once: what a message causes and what is said about it
// are stored in one transaction, with a key that follows from the cause, and the words are made
// at the moment of sending. What remains to be done is read from the store ([Bot.Run]), so that
// a restart at any moment continues where it was. It never holds a choice longer than the call
// that seals it, never logs what somebody wrote, and stores a secret that waits to be sent only
// sealed under the poll's own key. Every sentence comes from i18n.
package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
)

// line is the chat. chat.Line has it.
type line interface {
	inbox
	outbox
	rooms
	reached
	Stats() chat.Stats
}

// inbox remembers which messages were dealt with.
type inbox interface {
	Handled(ctx context.Context, eventID string) (bool, error)
	Mark(ctx context.Context, eventID string) error
	CaughtUp(at time.Time) bool
	Burn(ctx context.Context, m chat.Message) error
	Renew(ctx context.Context) error
}

// outbox sends what is queued, each key once, and remembers what was sent.
type outbox interface {
	Queue(ctx context.Context, d ...chat.Delivery) error
	Event(ctx context.Context, key string) (eventID string, known bool, err error)
	Pending(ctx context.Context, group string) (int, error)
	Forget(ctx context.Context, group string) error
}

// rooms is what the homeserver knows about a room.
type rooms interface {
	Me() string
	Members(ctx context.Context, room string) ([]chat.Member, error)
	Known(ctx context.Context, room string) (members []chat.Member, power map[string]int, err error)
	Encrypted(ctx context.Context, room string) (bool, error)
	Power(ctx context.Context, room, user string) (int, error)
	RoomName(ctx context.Context, room string) (string, error)
	Service(ctx context.Context, room string) ([]string, error)
	Fetch(ctx context.Context, a chat.Attached, most int) ([]byte, error)
}

// reached says who can be reached, and makes it so ahead of time.
type reached interface {
	Reach(ctx context.Context, person string) (chat.Reach, error)
	Meet(ctx context.Context, group string, persons ...string) error
	Progress(ctx context.Context, group string) (chat.Progress, error)
}

// polls opens, casts, closes and tallies. voting.Polls has it.
type polls interface {
	drafts
	ballots
	closing
	withTellers
}

// withTellers is what a poll needs whose sum several people's keys open.
type withTellers interface {
	Ask(ctx context.Context, id voting.ID) (*voting.Poll, error)
	OwnKey(ctx context.Context, id voting.ID) ([]byte, error)
	TakeKey(ctx context.Context, id voting.ID, account string, public []byte) (news bool, err error)
	Waiting(ctx context.Context, p *voting.Poll) ([]voting.Teller, error)
	Compose(ctx context.Context, id voting.ID, now time.Time) (*voting.Poll, error)
	Papers(ctx context.Context, id voting.ID) (voting.Papers, error)
	Confirm(ctx context.Context, id voting.ID, account, fingerprint string) (news bool, err error)
	Launch(ctx context.Context, id voting.ID) (*voting.Poll, error)
	Withdraw(ctx context.Context, id voting.ID) error
	Closing(ctx context.Context, id voting.ID) ([]byte, error)
	OwnShare(ctx context.Context, id voting.ID, now time.Time) ([]byte, error)
	TakeShare(ctx context.Context, id voting.ID, account string, body []byte) (news bool, err error)
}

type drafts interface {
	Draft(ctx context.Context, d voting.Draft) (*voting.Poll, error)
	Prepare(ctx context.Context, id voting.ID) (*voting.Setup, error)
	Start(ctx context.Context, s *voting.Setup, now time.Time) (*voting.Poll, error)
	Attended(ctx context.Context, id voting.ID) ([]voting.Member, error)
	Cancel(ctx context.Context, id voting.ID) error
	Poll(ctx context.Context, id voting.ID) (*voting.Poll, error)
	InPlace(ctx context.Context, p voting.Place) ([]*voting.Poll, error)
	Live(ctx context.Context) ([]*voting.Poll, error)
}

type ballots interface {
	Extend(ctx context.Context, id voting.ID, until time.Time) (*voting.Poll, error)
	Keyless(ctx context.Context) ([]*voting.Poll, error)
	OpenTo(ctx context.Context, m voting.Member) ([]*voting.Poll, error)
	Token(ctx context.Context, id voting.ID, m voting.Member) (string, error)
	FoldChoice(ctx context.Context, id voting.ID, m voting.Member, choice voting.Choice) (*voting.Envelope, error)
	Cast(ctx context.Context, e *voting.Envelope) (voting.Receipt, error)
	FoldTest(ctx context.Context, id voting.ID, m voting.Member, choice voting.Choice) (*voting.Trial, error)
	Refold(ctx context.Context, id voting.ID, m voting.Member, choice voting.Choice, ballot []byte) (*voting.Envelope, error)
	Receive(ctx context.Context, id voting.ID, ballot []byte, now time.Time) (*voting.Envelope, error)
	Sheet(ctx context.Context, id voting.ID) (*voting.Sheet, error)
	Turnout(ctx context.Context, id voting.ID) (cast, entitled int, err error)
	Seal(ctx context.Context, id voting.ID, label string, plain []byte) ([]byte, error)
	Unseal(ctx context.Context, id voting.ID, label string, sealed []byte) ([]byte, error)
}

type closing interface {
	Mend(ctx context.Context, id voting.ID) ([]voting.Member, error)
	Close(ctx context.Context, id voting.ID, now time.Time) (*voting.Poll, error)
	Tally(ctx context.Context, id voting.ID, now time.Time) (*voting.Poll, []byte, error)
	Object(ctx context.Context, id voting.ID, m voting.Member, why string, now time.Time) (*voting.Poll, error)
	Proceed(ctx context.Context, id voting.ID) (*voting.Poll, error)
	Check(ctx context.Context, text string) (voting.Found, error)
	Earlier(ctx context.Context, place voting.Place, n int) ([]*voting.Poll, error)
	Numbered(ctx context.Context, place voting.Place, number int) (*voting.Poll, error)
	Retire(ctx context.Context, now time.Time) error
	Voted(ctx context.Context, id voting.ID) ([]voting.Member, error)
	Receipt(ctx context.Context, id voting.ID, m voting.Member) (r voting.Receipt, ok bool, err error)
	Discard(ctx context.Context, id voting.ID) error
	Forget(ctx context.Context, id voting.ID) error
	Abandon(ctx context.Context, id voting.ID) error
	Move(ctx context.Context, from, to voting.Place) error
	Sweep(ctx context.Context) error
}

// book keeps the calls, and holds a change together with what is said about it. store.Store
// has it.
type book interface {
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	CallByName(ctx context.Context, name string) (*store.Call, error)
	CallByRoom(ctx context.Context, room string) (*store.Call, error)
	PutCall(ctx context.Context, c store.Call) error
	Calls(ctx context.Context) ([]store.Call, error)
	MoveCall(ctx context.Context, from string, c store.Call) error
	settings
	tries
}

// settings keeps what rooms and people want otherwise than the configuration.
type settings interface {
	Setting(ctx context.Context, scope, name string) (string, error)
	PutSetting(ctx context.Context, scope, name, value string) error
	SettingsNamed(ctx context.Context, name string) (map[string]string, error)
	MoveSettings(ctx context.Context, from, to string) error
}

// tries keeps the probes, and knows what was sent where.
type tries interface {
	AddProbe(ctx context.Context, p store.Probe, people []string) error
	ProbeIn(ctx context.Context, room string) (*store.Probe, error)
	Probes(ctx context.Context) ([]store.Probe, error)
	ProbesOf(ctx context.Context, person string) ([]store.Probe, error)
	Asked(ctx context.Context, id string) ([]store.Asked, error)
	AnswerProbe(ctx context.Context, id, person string, state store.ProbeState) (news bool, err error)
	ExpireProbe(ctx context.Context, id string, at time.Time) error
	MoveProbe(ctx context.Context, from, to string) error
	DropProbe(ctx context.Context, id string) error
	Direct(ctx context.Context, person string) (*store.Direct, error)
	Outgoing(ctx context.Context, key string) (*store.Outgoing, error)
	GroupOf(ctx context.Context, event string) (group string, known bool, err error)
}

// vault seals the keys of the calls' links. store.Vault has it.
type vault interface {
	Ensure(name string) error
	Key(name string) ([]byte, error)
	Seal(name, label string, plain []byte) ([]byte, error)
	Open(name, label string, sealed []byte) ([]byte, error)
}

// Config is the section "bot" of the configuration.
type Config struct {
	Ignore  []string `yaml:"ignore"`   // accounts that are no voters and are not listened to
	Admin   string   `yaml:"admin"`    // who is told what only the person who runs the bot can mend
	Contact string   `yaml:"contact"`  // who helps members, as they read it: name and phone number
	Du      bool     `yaml:"du"`       // the familiar form of address, where a language knows one
	Zone    string   `yaml:"timezone"` // in which people say and read times; empty: the machine's own
}

// Validate returns what is wrong, by key.
func (c Config) Validate() error {
	var problems []error
	for _, account := range c.Ignore {
		if !isAccount(account) {
			problems = append(problems, fmt.Errorf("ignore: %q is not a Matrix ID; write it in full, as in @name:example.org", account))
		}
	}
	if c.Admin != "" && !isAccount(c.Admin) {
		problems = append(problems, fmt.Errorf("admin: %q is not a Matrix ID; write it in full, as in @name:example.org", c.Admin))
	}
	if len([]rune(c.Contact)) > mostContact {
		problems = append(problems, fmt.Errorf("contact: at most %d characters; a name and a phone number will do", mostContact))
	}
	if _, err := c.location(); err != nil {
		problems = append(problems, fmt.Errorf("timezone: %q is not known; write one as Europe/Berlin", c.Zone))
	}
	return errors.Join(problems...)
}

// location is the zone in which people say and read times.
func (c Config) location() (*time.Location, error) {
	if c.Zone == "" {
		return time.Local, nil
	}
	return time.LoadLocation(c.Zone)
}

func isAccount(s string) bool { return strings.HasPrefix(s, "@") && strings.Contains(s, ":") }

// Options is what a bot is made of.
type Options struct {
	Config     Config
	Line       line
	Polls      polls
	Store      book
	Vault      vault
	Ways       func() media.Ways // by which people got into calls; may be nil
	Meetings   meetings          // the calls themselves; nil: there are none
	Doors      doors             // where people wait for them; nil: nowhere. It may be set until Run is called
	Texts      *i18n.Texts
	PublicURL  string            // links to the pages begin with it; empty: there are no links
	BoothURL   string            // where the ballot page is, if it is on another web space
	BoothHash  string            // of the ballot page; empty: there is none
	Board      bool              // there is a page with what came out
	Native     bool              // beside each ballot something to tap at, in clients that know polls
	Now        func() time.Time  // default: time.Now
	Checkpoint func(name string) // called where a crash would hurt most; default: nothing
	Log        zerolog.Logger
}

// Bot answers. It implements chat.Handler.
type Bot struct {
	Options
	words     words
	phrases   answer.Phrases
	motion    *answer.Sheet // reads what may be an answer to any ballot
	languages map[string]*i18n.Texts
	wake      chan struct{} // something may be due in Run
	wakeSoon  chan struct{} // the same, and nobody waits for it
	started   time.Time
	sheets    sync.Map // of *answer.Sheet, which read the answers to open votes, by their ID

	mu        sync.Mutex
	deadlines map[string]time.Time               // when a poll closes, by the key of what said so
	answered  map[voting.ID]map[string]time.Time // when the answer that counts was written, by person
	meant     map[voting.ID]map[string]bool      // who named a vote in so many words, since another one ended
	queued    map[string]bool                    // what this process need not queue again
	replies   map[string][]time.Time             // when a person was last told what they did not need
	doubted   map[string]doubt                   // when somebody was asked whether it is right that they did not vote
	lacking   map[voting.ID]bool                 // the count that was said last lacks ballots that are on their way
	calls     map[string]*atCall                 // what goes on in calls, by their room on the media server
	crews     map[string]crew                    // the members of groups with a call
	asks      map[string]*doorAsk                // who was asked whether it is them at a call's door, by ticket
	due       map[string]time.Time               // when a call's card is to be corrected, by the same
	paced     map[string]time.Time               // when what is corrected now and then is due again
	spoke     map[string]time.Time               // when a machine said something last, by room and account
	lists     map[string]listing                 // who wants to know how far a probe is, by the key of the answer
	files     map[string]chat.Message            // the newest file that somebody sent into a room, by both
	jobs      map[string]*job                    // what is done beside everything else, by its name
	working   sync.WaitGroup                     // of the jobs
}

// New returns a bot. It does nothing until its line delivers messages and Run is called.
func New(o Options) *Bot {
	if o.Now == nil {
		o.Now = time.Now
	}
	if zone, err := o.Config.location(); err == nil && o.Config.Zone != "" {
		now := o.Now
		o.Now = func() time.Time { return now().In(zone) }
	}
	if o.Checkpoint == nil {
		o.Checkpoint = func(string) {}
	}
	o.PublicURL = strings.TrimRight(o.PublicURL, "/")
	words := loadWords()
	phrases := answer.Known(words)
	return &Bot{
		Options:   o,
		words:     words,
		phrases:   phrases,
		motion:    answer.NewSheet(voting.Question{Kind: voting.KindMotion, Options: []string{"", "", ""}}, phrases),
		languages: loadLanguages(o.Texts),
		wake:      make(chan struct{}, 1),
		wakeSoon:  make(chan struct{}, 1),
		started:   o.Now(),
		deadlines: make(map[string]time.Time),
		answered:  make(map[voting.ID]map[string]time.Time),
		meant:     make(map[voting.ID]map[string]bool),
		queued:    make(map[string]bool),
		replies:   make(map[string][]time.Time),
		doubted:   make(map[string]doubt),
		lacking:   make(map[voting.ID]bool),
		calls:     make(map[string]*atCall),
		crews:     make(map[string]crew),
		asks:      make(map[string]*doorAsk),
		due:       make(map[string]time.Time),
		paced:     make(map[string]time.Time),
		spoke:     make(map[string]time.Time),
		lists:     make(map[string]listing),
		files:     make(map[string]chat.Message),
		jobs:      make(map[string]*job),
	}
}

// awake makes Run look for what is due.
func (b *Bot) awake() { signal(b.wake) }

// awakeSoon makes Run look for what is due within a moment, once for all that is done until then.
func (b *Bot) awakeSoon() { signal(b.wakeSoon) }

// signal wakes whoever waits for it, once however often it is said.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// ignored says whether an account is no voter and is not listened to.
func (b *Bot) ignored(user string) bool {
	return user == b.Line.Me() || slices.Contains(b.Config.Ignore, user)
}
