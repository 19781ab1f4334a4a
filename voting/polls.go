package voting

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"stimmbote/voting/belenios"
	"stimmbote/voting/box"
	"stimmbote/voting/registrar"
)

// ledger is what polls need to remember. Its methods join the transaction in their context.
type ledger interface {
	Tx(ctx context.Context, fn func(ctx context.Context) error) error
	// Scrub makes sure that what was deleted is in no file any more. It fails inside a transaction.
	Scrub(ctx context.Context) error
	pollLedger
	history
	paperLedger
	registrar.Ledger
	box.Ledger
}

// pollLedger keeps polls without their rolls.
type pollLedger interface {
	PutPoll(ctx context.Context, p *Poll) error               // new, or written over
	Poll(ctx context.Context, id ID) (*Poll, error)           // nil if there is none
	MovePolls(ctx context.Context, from, to Place) error      // PutPoll leaves the place as it is
	LivePolls(ctx context.Context) ([]*Poll, error)           // not ended, newest first
	OpenPollsOf(ctx context.Context, m Member) ([]ID, error)  // open polls with m on their roll, oldest first
	NextNumber(ctx context.Context, place Place) (int, error) // 1, 2, 3 … for each place
}

// paperLedger keeps the papers of a poll, byte for byte.
type paperLedger interface {
	PutPaper(ctx context.Context, poll ID, name string, content []byte) error
	Paper(ctx context.Context, poll ID, name string) ([]byte, error) // nil if there is none
	DropPaper(ctx context.Context, poll ID, name string) error
}

// The papers of a poll. All but the key, the answers and who was present are public to the group.
const (
	paperAsked       = "asked" // what is more than a motion judged as usual
	paperElection    = "election"
	paperTrustees    = "trustees"
	paperCredentials = "credentials"
	paperKey         = "key"     // that opens the sum, sealed
	paperBallots     = "ballots" // the archive up to their end
	paperArchive     = "archive"
	paperAnswers     = "answers" // to an open vote, sealed until the close
	paperObjections  = "objections"
	paperReplaced    = "replaced" // the hashes of ballots that later ones replaced
	paperPresent     = "present"  // who was present at the opening, sealed until the count
)

// vault keeps one key per name outside the ledger and seals with it.
type vault interface {
	Create(name string) error
	Seal(name, label string, plain []byte) ([]byte, error)
	Open(name, label string, sealed []byte) ([]byte, error)
	Remove(name string) error // no error if there is none
	Names() ([]string, error)
}

const keyPrefix = "poll-"

// keyName is what the vault calls the key of a poll.
func keyName(id ID) string { return keyPrefix + string(id) }

// Polls opens, casts, closes and tallies.
type Polls struct {
	ledger    ledger
	vault     vault
	rand      io.Reader
	group     string
	min       int // ballots
	keeps     time.Duration
	registrar *registrar.Registrar
	box       *box.Box

	mu        sync.Mutex
	closed    map[ID][]string               // trackers, of the polls that were searched after their close
	elections map[string]*belenios.Election // by fingerprint, of the polls that are not ended
	counted   map[ID]findings               // of the polls whose outcome was asked
	owners    map[string]map[string]Member  // who has which credential, by fingerprint, of the polls that got sealed ballots
	rolls     map[ID]frozen                 // of the polls that are opened and not ended

	auditing sync.Mutex
	verified atomic.Pointer[belenios.Audit] // the last one of a poll with tellers; may be nil
}

// New are the polls that l remembers and whose keys v has. Its configuration must be valid;
// rand must be safe for several goroutines at once.
func New(l ledger, v vault, rand io.Reader, cfg Config) *Polls {
	return &Polls{
		ledger:    l,
		vault:     v,
		rand:      rand,
		group:     cfg.group(),
		min:       cfg.MinBallots,
		keeps:     cfg.keep(),
		registrar: registrar.New(l, v),
		box:       box.New(l),
		elections: make(map[string]*belenios.Election),
		closed:    make(map[ID][]string),
		counted:   make(map[ID]findings),
		owners:    make(map[string]map[string]Member),
		rolls:     make(map[ID]frozen),
	}
}

// Poll is the poll with its roll and what it asks, or [ErrUnknown].
func (p *Polls) Poll(ctx context.Context, id ID) (*Poll, error) {
	poll, err := p.ledger.Poll(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("looking up poll %s: %w", id, err)
	}
	if poll == nil {
		return nil, fmt.Errorf("poll %s: %w", id, ErrUnknown)
	}
	return p.withRoll(ctx, poll)
}

func (p *Polls) withRoll(ctx context.Context, poll *Poll) (*Poll, error) {
	var err error
	if poll.Roll, err = p.roll(ctx, poll); err != nil {
		return nil, fmt.Errorf("looking up the roll of poll %s: %w", poll.ID, err)
	}
	if err := p.recall(ctx, poll); err != nil {
		return nil, err
	}
	return poll, p.objected(ctx, poll)
}

// Live are all polls that have not ended, newest first.
func (p *Polls) Live(ctx context.Context) ([]*Poll, error) {
	polls, err := p.ledger.LivePolls(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking up the live polls: %w", err)
	}
	for _, poll := range polls {
		if _, err := p.withRoll(ctx, poll); err != nil {
			return nil, err
		}
	}
	p.keepOnly(polls)
	return polls, nil
}

// InPlace are the polls of one place that have not ended, newest first.
func (p *Polls) InPlace(ctx context.Context, place Place) ([]*Poll, error) {
	polls, err := p.Live(ctx)
	if err != nil {
		return nil, err
	}
	var here []*Poll
	for _, poll := range polls {
		if poll.Place == place {
			here = append(here, poll)
		}
	}
	return here, nil
}

// OpenTo are the open polls on whose roll m is, the one that was opened first before the others.
func (p *Polls) OpenTo(ctx context.Context, m Member) ([]*Poll, error) {
	ids, err := p.ledger.OpenPollsOf(ctx, m)
	if err != nil {
		return nil, fmt.Errorf("looking for open polls: %w", err)
	}
	polls := make([]*Poll, len(ids))
	for i, id := range ids {
		if polls[i], err = p.Poll(ctx, id); err != nil {
			return nil, err
		}
	}
	return polls, nil
}

// Turnout is how many ballots there are, and how many there may be.
func (p *Polls) Turnout(ctx context.Context, id ID) (cast, entitled int, err error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	if poll.Result != nil {
		return poll.Result.Counted, poll.Result.Entitled, nil
	}
	cast, err = p.cast(ctx, poll)
	return cast, len(poll.Roll), err
}

// cast is how many ballots or answers there are.
func (p *Polls) cast(ctx context.Context, poll *Poll) (int, error) {
	switch {
	case poll.State == StateDraft || poll.State == StateAsked || poll.State.Ended():
		return 0, nil
	case !poll.sealed():
		all, err := p.answers(ctx, poll.ID)
		return len(all), err
	}
	n, err := p.box.Count(ctx, string(poll.ID))
	if err != nil {
		return 0, fmt.Errorf("counting the ballots of poll %s: %w", poll.ID, err)
	}
	return n, nil
}

// become moves poll to state s in the ledger, or returns refusal if it may not go there.
func (p *Polls) become(ctx context.Context, poll *Poll, s State, refusal error) error {
	if !poll.State.mayBecome(s) {
		return fmt.Errorf("poll %s is %s: %w", poll.ID, poll.State, refusal)
	}
	poll.State = s
	return p.put(ctx, poll)
}

func (p *Polls) put(ctx context.Context, poll *Poll) error {
	if err := p.ledger.PutPoll(ctx, poll); err != nil {
		return fmt.Errorf("writing poll %s, which is %s: %w", poll.ID, poll.State, err)
	}
	return nil
}

// papers reads the named papers of a poll; each must be there.
func (p *Polls) papers(ctx context.Context, id ID, names ...string) ([][]byte, error) {
	papers := make([][]byte, len(names))
	for i, name := range names {
		paper, err := p.ledger.Paper(ctx, id, name)
		if err != nil {
			return nil, fmt.Errorf("reading paper %q of poll %s: %w", name, id, err)
		}
		if paper == nil {
			return nil, fmt.Errorf("reading paper %q of poll %s: %w", name, id, errNoPaper)
		}
		papers[i] = paper
	}
	return papers, nil
}

var errNoPaper = errors.New("there is no such paper")

// election is the election of an opened poll, checked once and then remembered.
func (p *Polls) election(ctx context.Context, poll *Poll) (*belenios.Election, error) {
	p.mu.Lock()
	e := p.elections[poll.Fingerprint]
	p.mu.Unlock()
	if e != nil {
		return e, nil
	}
	papers, err := p.papers(ctx, poll.ID, paperElection, paperTrustees, paperCredentials)
	if err != nil {
		return nil, err
	}
	e, err = belenios.Open(belenios.Setup{Election: papers[0], Trustees: papers[1], Credentials: papers[2]})
	if err != nil {
		return nil, fmt.Errorf("reading the election of poll %s: %w", poll.ID, err)
	}
	if got := e.Fingerprint(); got != poll.Fingerprint {
		return nil, fmt.Errorf("the election of poll %s has fingerprint %s, not %s", poll.ID, got, poll.Fingerprint)
	}
	p.mu.Lock()
	p.elections[poll.Fingerprint] = e
	p.mu.Unlock()
	return e, nil
}

// drop forgets what is remembered of a poll.
func (p *Polls) drop(poll *Poll) {
	p.mu.Lock()
	delete(p.elections, poll.Fingerprint)
	delete(p.counted, poll.ID)
	delete(p.owners, poll.Fingerprint)
	delete(p.rolls, poll.ID)
	p.mu.Unlock()
	if audit := p.verified.Load(); audit != nil && audit.Report().UUID == string(poll.ID) {
		p.verified.CompareAndSwap(audit, nil)
	}
}

// keepOnly forgets what is remembered of other polls than the live ones: somebody may have looked one up just while it
// ended.
func (p *Polls) keepOnly(live []*Poll) {
	ids, fingerprints := make(map[ID]bool), make(map[string]bool)
	for _, poll := range live {
		ids[poll.ID], fingerprints[poll.Fingerprint] = true, true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.elections, func(f string, _ *belenios.Election) bool { return !fingerprints[f] })
	maps.DeleteFunc(p.counted, func(id ID, _ findings) bool { return !ids[id] })
	maps.DeleteFunc(p.owners, func(f string, _ map[string]Member) bool { return !fingerprints[f] })
	maps.DeleteFunc(p.rolls, func(id ID, _ frozen) bool { return !ids[id] })
}

func asMembers(names []string) []Member {
	members := make([]Member, len(names))
	for i, n := range names {
		members[i] = Member(n)
	}
	return members
}

func asNames(members []Member) []string {
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = string(m)
	}
	return names
}
