// Package keyholder is a teller's machine: it holds a key of each vote that its owner is a teller of,
// and acts by itself, by the rules of package policy, with an account of its own in the group.
//
// It guarantees that a key is on the disk, sealed, before its public part is said, and that there is
// one key and one part of the decryption for each vote, whatever crashes: what was stored is sent
// again and never made anew; that it says in the group what it did, or which rule forbids it; that
// nothing counts that was not encrypted by a device that its account's owner signed; and that a key
// is deleted once the result is verified.
//
// It never takes the bot's word for what it can see or compute itself, and never sees an answer.
package keyholder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
)

// Config is the section "keyholder" of the configuration.
type Config struct {
	Owner      string `yaml:"owner"`       // whose machine it is
	Bot        string `yaml:"bot"`         // whose votes it holds keys of
	MinBallots int    `yaml:"min_ballots"` // below which it gives no part of a decryption

	PageHosts []string `yaml:"page_hosts"` // of ballot pages that it looks at although they are not public, or without https
}

// Defaults is the section as it is when nothing is written.
func Defaults() Config { return Config{MinBallots: voting.MinBallots, PageHosts: []string{}} }

// Validate says what is wrong with the section. Machines that hold no keys have nothing in it.
func (c Config) Validate() error {
	var problems []error
	for key, account := range map[string]string{"owner": c.Owner, "bot": c.Bot} {
		if account != "" && (!strings.HasPrefix(account, "@") || !strings.Contains(account, ":")) {
			problems = append(problems, fmt.Errorf("%s: %q is not a Matrix ID; write it in full, as in @name:example.org", key, account))
		}
	}
	if c.MinBallots < fewest {
		problems = append(problems, fmt.Errorf("min_ballots: %d is too few; at least %d, or the sum tells what each has chosen", c.MinBallots, fewest))
	}
	for _, host := range c.PageHosts {
		if host == "" || strings.ContainsAny(host, "/ @") {
			problems = append(problems, fmt.Errorf("page_hosts: %q is not the name or address of a host; write it as in an address, without https:// and port", host))
		}
	}
	return errors.Join(problems...)
}

// fewest is the least number of ballots that anybody may open.
const fewest = 3

// Complete says what is missing for holding keys.
func (c Config) Complete() error {
	switch {
	case c.Owner == "":
		return errors.New("keyholder.owner: say whose machine this is: the Matrix ID of the teller")
	case c.Bot == "":
		return errors.New("keyholder.bot: say whose votes it holds keys of: the Matrix ID of the group's bot")
	}
	return nil
}

// line is the chat. chat.Line has it.
type line interface {
	Me() string
	Handled(ctx context.Context, eventID string) (bool, error)
	Mark(ctx context.Context, eventID string) error
	Queue(ctx context.Context, d ...chat.Delivery) error
	Members(ctx context.Context, room string) ([]chat.Member, error)
	Encrypted(ctx context.Context, room string) (bool, error)
	Power(ctx context.Context, room, user string) (int, error)
	Fetch(ctx context.Context, a chat.Attached, most int) ([]byte, error)
	Successor(ctx context.Context, room string) (to, by string, err error)
	Sent(ctx context.Context, rooms []string, key, after string) (bool, error)
	Afresh()
}

// book remembers the votes. store.Store has it.
type book interface {
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	PutHeld(ctx context.Context, h store.Held) error
	Held(ctx context.Context, poll string) (*store.Held, error)
	HeldAll(ctx context.Context) ([]*store.Held, error)
}

// vault keeps a key file for each vote. store.Vault has it.
type vault interface {
	Create(name string) error
	Seal(name, label string, plain []byte) ([]byte, error)
	Open(name, label string, sealed []byte) ([]byte, error)
	Remove(name string) error
	Names() ([]string, error)
}

// Options is what a keyholder is made of.
type Options struct {
	Config     Config
	Line       line
	Store      book
	Vault      vault
	Texts      *i18n.Texts
	Rand       io.Reader
	Booth      string                                                // where it serves the ballot page; empty: nowhere
	PageHash   string                                                // of the ballot page as this program has it
	Fetch      func(ctx context.Context, url string) ([]byte, error) // gets a page; nil: none is looked at
	Now        func() time.Time                                      // default: time.Now
	Checkpoint func(name string)                                     // called where a crash would hurt most; default: nothing
	Log        zerolog.Logger
}

// Keyholder implements chat.Handler.
type Keyholder struct {
	Options
	wake    chan struct{}
	glimpse chan struct{} // wakes whatever looks at pages

	mu       sync.Mutex                   // one thing at a time
	tooEarly map[string]map[string]string // keys that came before the question, by account and vote
	audits   map[string]*belenios.Audit   // of closed votes, by closed hash
	glances  map[string]glance            // at the ballot pages of votes
	booths   map[string]string            // where other accounts say that they serve the ballot page
}

// New returns a keyholder. It does nothing until its line delivers messages and Run is called.
func New(o Options) *Keyholder {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Checkpoint == nil {
		o.Checkpoint = func(string) {}
	}
	return &Keyholder{
		Options: o, wake: make(chan struct{}, 1), glimpse: make(chan struct{}, 1),
		tooEarly: make(map[string]map[string]string), audits: make(map[string]*belenios.Audit),
		glances: make(map[string]glance), booths: make(map[string]string),
	}
}

// look is how often Run looks for what is due when nothing wakes it.
const look = 30 * time.Second

// Run does what becomes due by itself: a part of a decryption when the time for objections is over; and beside
// that, so that nothing waits for them, looks at ballot pages.
func (k *Keyholder) Run(ctx context.Context) error {
	ctx = k.Log.WithContext(ctx)
	if err := k.sweep(ctx); err != nil {
		k.Log.Err(err).Msg("Deleting the keys of votes that are over")
	}
	var looking sync.WaitGroup
	defer looking.Wait()
	looking.Go(func() { k.repeat(ctx, k.glimpse, "Looking at ballot pages", k.Look) })
	k.repeat(ctx, k.wake, "Doing what is due", k.Due)
	return nil
}

// repeat does something whenever it is woken or due, until ctx ends.
func (k *Keyholder) repeat(ctx context.Context, wake <-chan struct{}, what string, do func(context.Context, *time.Time) error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-timer.C:
		}
		next := k.Now().Add(look)
		if err := do(ctx, &next); err != nil && ctx.Err() == nil {
			k.Log.Err(err).Msg(what)
		}
		timer.Reset(max(0, min(look, next.Sub(k.Now()))))
	}
}

func (k *Keyholder) awake() { signal(k.wake) }

func signal(wake chan<- struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// Due does what is due and notes when to look again at the latest.
func (k *Keyholder) Due(ctx context.Context, next *time.Time) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	all, err := k.live(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, v := range all {
		if err := errors.Join(k.lookForKey(ctx, v), k.dueOf(ctx, v, next)); err != nil {
			problems = append(problems, fmt.Errorf("poll %s: %w", v.Poll, err))
		}
	}
	return errors.Join(problems...)
}

// dueOf does what is due of one vote: nothing as long as it cannot be asked where its group is.
func (k *Keyholder) dueOf(ctx context.Context, v *vote, next *time.Time) error {
	if err := k.followAgain(ctx, v, next); err != nil {
		return err
	}
	switch v.Step {
	case stepHeard:
		return k.judge(ctx, v, next)
	case stepAsked:
		return k.compareAgain(ctx, v, next)
	case stepConfirmed:
		return k.tellMoved(ctx, v, next)
	case stepClosed:
		return k.due(ctx, v, next)
	}
	return nil
}

// Delivered is told of each delivery that was sent. Nothing hangs on it.
func (k *Keyholder) Delivered(context.Context, chat.Delivery) error { return nil }

// Noticed introduces the machine in a group that it came into, and goes on with its votes where a group
// has moved to: that the older room itself names the newer one was looked at.
func (k *Keyholder) Noticed(ctx context.Context, n chat.Notice) error {
	switch n.Kind {
	case chat.Joined:
		return k.introduce(ctx, n.Room, n.ID)
	case chat.Moved:
		return k.moved(ctx, n)
	}
	return nil
}
