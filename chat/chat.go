// Package chat is the line to Matrix: it connects, encrypts, receives and delivers, and says
// nothing of its own.
//
// It guarantees:
//   - what somebody writes reaches the [Handler] at least once: the sync token is stored only
//     after everything that came with it was handled, and what cannot be decrypted yet is kept
//     until its key arrives;
//   - what is queued is sent once: stored first, sent under a transaction ID that follows from
//     its key, then marked, in the order in which it was queued for a room or a person;
//   - a secret goes only into a room that the homeserver, asked just before, calls encrypted and
//     whose joined or invited members are exactly the bot and the one person, and only to devices
//     that their owner signed;
//   - the bot is cross-signed before it sends anything;
//   - what was burned, see [Line.Burn], nothing opens any more that the bot keeps.
//
// It never writes a word, logs no message, and keeps neither text nor answers: the words of a
// delivery are made by [Handler.Compose] at the moment of sending.
package chat

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/crypto/olm"
	"maunium.net/go/mautrix/id"
	"maunium.net/go/mautrix/sqlstatestore"

	"stimmbote/store"
)

// olmDriver is the only implementation of Olm that the program runs with: the other one has
// known holes and is no longer maintained.
const olmDriver = "goolm"

// ErrLogin means that the homeserver does not let the bot in. Its text says what to do.
var ErrLogin = errors.New("the homeserver does not let the bot in")

// Config says who the bot is on which homeserver.
type Config struct {
	Homeserver  string `yaml:"homeserver"`
	User        string `yaml:"user"`
	Password    string `yaml:"password" secret:"true"`
	AccessToken string `yaml:"access_token" secret:"true"`
	// RecoveryKey signs the first device here, where the account was in use on another machine.
	RecoveryKey string `yaml:"recovery_key" secret:"true"`
	// Inviters are who may invite the bot into groups, with * for any text; empty: everybody.
	Inviters []string `yaml:"inviters"`
}

// Validate returns what is wrong, by key.
func (c Config) Validate() error {
	var homeserver, user error
	if u, err := url.Parse(c.Homeserver); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		homeserver = fmt.Errorf("homeserver: %q is not a web address, try https://matrix.example.org", c.Homeserver)
	}
	if c.User == "" {
		user = errors.New("user: name the bot's account, for example @stimmbote:example.org")
	}
	return errors.Join(homeserver, user, checkInviters(c.Inviters))
}

// vault keeps key files. store.Vault is one.
type vault interface {
	Ensure(name string) error
	Seal(name, label string, plain []byte) ([]byte, error)
	Open(name, label string, sealed []byte) ([]byte, error)
	Key(name string) ([]byte, error)
	Renew(name string, opens store.Opens, rewrap func(old, fresh []byte) error) error
	Settle(name string, opens store.Opens) error
}

// Line is the line to Matrix.
type Line struct {
	cfg   Config
	store *store.Store
	vault vault
	log   zerolog.Logger

	known   *sqlstatestore.SQLStateStore // what is known of rooms, also before the bot is logged in
	client  *mautrix.Client
	helper  *cryptohelper.CryptoHelper
	keys    *cryptoStore
	me      id.UserID
	handler Handler

	connected   chan struct{} // closed once client, helper and me are set
	ready       atomic.Bool
	wake        chan struct{} // something was queued
	burned      chan struct{} // something was forgotten and may be in the write-ahead log
	rooms       rooms
	replaced    sync.Map // whose direct room was replaced by one in which nothing was said yet
	otherRooms  sync.Map // rooms of the bot that were not made for one person
	invitations sync.Map // how the bot was invited into rooms that it is entering
	sharing     sharing
	listing     listing
	inbox       *inbox
	late        lateness
	full        atomic.Bool // the disk is full, and that was logged
	arrived     arrivals
	pause       pause
	clock       clock
	listening   listening
	pace        pace
	edits       edits
	work        work
	renewing    sync.Mutex
	saidLimited sync.Once
	counters    counters
	stays       bool          // in the older rooms of groups that move
	atOnce      int           // how many deliveries are under way at most
	lookBack    int           // how many pages of a group's history are looked through at most
	second      time.Duration // the unit of every wait before another try
	day         time.Duration // how often old rows are deleted
}

// New checks what can be checked without a network. Nothing is connected before [Line.Run].
func New(cfg Config, st *store.Store, v vault, log zerolog.Logger) (*Line, error) {
	if olm.Driver != olmDriver {
		return nil, fmt.Errorf("this program was built with the Olm implementation %q: build it with -tags %s", olm.Driver, olmDriver)
	}
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	l := &Line{
		cfg:       cfg,
		store:     st,
		vault:     v,
		log:       log,
		known:     sqlstatestore.NewSQLStateStore(st.DB(), dbutil.NoopLogger, false),
		connected: make(chan struct{}),
		wake:      make(chan struct{}, 1),
		burned:    make(chan struct{}, 1),
		atOnce:    deliverAtOnce,
		lookBack:  sentPages,
		second:    time.Second,
		day:       24 * time.Hour,
	}
	l.clock.tell = func(ahead time.Duration) {
		log.Warn().Stringer("ahead", ahead.Round(time.Second)).
			Msg("The homeserver's clock and this machine's differ: let both be set by the network")
	}
	return l, nil
}

// Me is the bot's Matrix user ID, empty until it is logged in.
func (l *Line) Me() string {
	select {
	case <-l.connected:
		return l.me.String()
	default:
		return ""
	}
}

// Ready says whether the bot is logged in and has handled what it missed.
func (l *Line) Ready() bool { return l.ready.Load() }

// Run logs in, then receives and delivers until ctx ends. While the homeserver does not answer it
// keeps trying. The error wraps [ErrLogin] if the bot is not let in.
func (l *Line) Run(ctx context.Context, h Handler) error {
	l.handler = h
	inner := l.quiet().WithContext(ctx)
	if err := l.connect(inner); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}

	// What was begun is finished: handlers and sends end ten seconds after ctx at the latest.
	work, cancel := context.WithCancel(context.WithoutCancel(inner))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(stopTime*l.second, cancel) })()
	ctx, stop := context.WithCancelCause(inner)
	defer stop(nil)

	l.inbox = newInbox(l, ctx, work, stop)
	delivering := make(chan struct{})
	go func() {
		defer close(delivering)
		l.deliver(ctx, work)
	}()
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		l.watchLate(ctx, work)
	}()
	wiping := make(chan struct{})
	go func() {
		defer close(wiping)
		l.wipe(ctx)
	}()
	err := l.sync(ctx)
	stop(err)
	l.inbox.close()
	<-delivering
	<-watching
	<-wiping
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// stopTime is how many seconds what was begun may take after the order to stop.
const stopTime = 10

// keep is how long handled events, unclaimed rows and what opens the bot's own words are remembered.
const keep = 30 * 24 * time.Hour

// tidy forgets what nobody will ask for any more.
func (l *Line) tidy(ctx context.Context) {
	before := time.Now().Add(-keep)
	err := errors.Join(
		l.store.PurgeSeen(ctx, before),
		l.store.PurgeLate(ctx, before),
		l.store.PurgeOutgoing(ctx, before),
		l.store.PurgeKeys(ctx, l.helper.Machine().OwnIdentity().IdentityKey.String(), before),
	)
	if away := l.leaveNobodys(ctx); away != nil && ctx.Err() == nil {
		l.log.Debug().AnErr("reason", plain(away)).Msg("Rooms that serve nobody are left tomorrow")
	}
	if err != nil && ctx.Err() == nil {
		l.log.Warn().Err(err).Msg("Old rows could not be deleted")
	}
}

// online waits until the bot is logged in, and returns a context for requests.
func (l *Line) online(ctx context.Context) (context.Context, error) {
	select {
	case <-l.connected:
		return l.quiet().WithContext(ctx), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
