package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

const (
	// slowTeller is how long a teller's machine may take until the group is told whom the opening
	// waits for, and lastTeller until the opening is given up.
	slowTeller = 10 * time.Second
	lastTeller = 2 * time.Minute
)

// ask asks the tellers' machines of a draft for their keys. The bot's own and the tokens are stored
// in the same transaction.
func (b *Bot) ask(ctx context.Context, m chat.Message, p *voting.Poll) error {
	if p.Rule.Basis() == voting.BasePresent {
		return refuse("refusal.tellers-present")
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		p, err := b.Polls.Ask(ctx, p.ID)
		if err != nil {
			return err
		}
		return b.done(ctx, m, lasting(p, "asked", kindAsked))
	})
}

// gather goes on with a poll whose tellers were asked: once all have given their keys the election is
// posted, and once all have found it right the ballots go out.
func (b *Bot) gather(ctx context.Context, p *voting.Poll, next *time.Time) error {
	what := "asked"
	if p.State == voting.StateSet {
		what = "election"
	}
	said, _, err := b.Line.Event(ctx, key(p.ID, what))
	if err != nil || said == "" {
		return err
	}
	waiting, err := b.Polls.Waiting(ctx, p)
	switch {
	case err != nil:
		return err
	case len(waiting) > 0:
		return b.awaitTellers(ctx, p, waiting, what, next)
	case p.State == voting.StateAsked:
		return b.composeElection(ctx, p)
	}
	b.Checkpoint("opening.before-launch")
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		p, err := b.Polls.Launch(ctx, p.ID)
		if err != nil {
			return err
		}
		return b.opened(ctx, p)
	})
	b.awake()
	return err
}

// composeElection fixes the election and posts it.
func (b *Bot) composeElection(ctx context.Context, p *voting.Poll) error {
	err := b.Store.Tx(ctx, func(ctx context.Context) error {
		p, err := b.Polls.Compose(ctx, p.ID, b.Now())
		if err != nil {
			return err
		}
		b.Checkpoint("opening.before-election")
		return b.Line.Queue(ctx, lasting(p, "election", kindElection))
	})
	if errors.Is(err, voting.ErrKeyLost) {
		return b.withdraw(ctx, p, say{Key: "poll.uncountable.key", Args: []any{"question", p.Question}})
	}
	if r, refused := errors.AsType[*voting.Refusal](err); refused { // the deadline is over by now
		return b.withdraw(ctx, p, say{Key: r.Key, Args: r.Args})
	}
	b.awake()
	return err
}

// since is how long this process has waited for something.
func (b *Bot) since(what string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	began, known := b.deadlines[what]
	if !known {
		began = b.Now()
		b.deadlines[what] = began
	}
	return b.Now().Sub(began)
}

// awaitTellers says whom the opening waits for, and gives it up after a while.
func (b *Bot) awaitTellers(ctx context.Context, p *voting.Poll, waiting []voting.Teller, what string, next *time.Time) error {
	waited := b.since(key(p.ID, what))
	names, err := b.tellerNames(ctx, string(p.Place), waiting, false)
	switch {
	case err != nil:
		return err
	case waited >= lastTeller:
		return b.withdraw(ctx, p, say{Key: "tellers.gave-up", Args: []any{"question", p.Question, "names", names}})
	case waited < slowTeller:
		*next = earlier(*next, b.Now().Add(slowTeller-waited))
		return nil
	}
	*next = earlier(*next, b.Now().Add(lastTeller-waited))
	return b.queueOnce(ctx, key(p.ID, what+"/waits"), func() ([]chat.Delivery, error) {
		d := inGroup(p, what+"/waits", kindSay)
		d.Payload = encode(say{Key: "tellers.waits", Args: []any{"names", names}, Notice: true})
		return append(remindOwners(p, waiting, "opening", "tellers.waits-owner"), d), nil
	})
}

// withdraw ends a poll that never opened, says why, and offers the question again.
func (b *Bot) withdraw(ctx context.Context, p *voting.Poll, why say) error {
	elects, err := b.elects(ctx, p.ID)
	if err != nil {
		return err
	}
	members, err := b.roll(ctx, string(p.Place))
	if err != nil {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.dropAsked(ctx, p); err != nil {
			return err
		}
		said := chat.Delivery{Key: key(p.ID, "withdrawn"), Room: string(p.Place), Kind: kindVoid, Payload: encode(void{Poll: p.ID, Say: why}), Lasting: true}
		if err := b.Line.Queue(ctx, said); err != nil {
			return err
		}
		return b.offerAgain(ctx, p, elects, members)
	})
	if err != nil {
		return fmt.Errorf("giving up the opening of poll %s: %w", p.ID, err)
	}
	b.forget(p.ID)
	b.awake()
	return nil
}

// dropAsked ends a poll that never opened, without a word. It belongs into a transaction.
func (b *Bot) dropAsked(ctx context.Context, p *voting.Poll) error {
	return errors.Join(b.Line.Forget(ctx, string(p.ID)), b.unset(ctx, p), b.Polls.Withdraw(ctx, p.ID))
}

// cancelAsked stops the opening of a vote at the wish of somebody who may.
func (b *Bot) cancelAsked(ctx context.Context, m chat.Message, p *voting.Poll) error {
	if err := b.mayClose(ctx, m, p); err != nil {
		return err
	}
	return b.withdraw(ctx, p, say{Key: "poll.void", Args: []any{"question", p.Question}})
}

// void is the payload of what tells people and machines that nothing comes of a vote.
type void struct {
	Poll voting.ID `json:"poll"`
	Say  say       `json:"say"`
}

// voids tells the machines that nothing comes of a vote that was open.
func voids(p *voting.Poll) []chat.Delivery {
	if p.Terms.Tellers == "" {
		return nil
	}
	return []chat.Delivery{{
		Key: key(p.ID, "voided"), Room: string(p.Place), Kind: kindVoid, Lasting: true,
		Payload: encode(void{Poll: p.ID, Say: say{Key: "tellers.void", Args: []any{"question", p.Question}}}),
	}}
}

func (b *Bot) composeVoid(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	var v void
	if err := json.Unmarshal(d.Payload, &v); err != nil {
		return chat.Content{}, fmt.Errorf("reading what nothing comes of: %w", err)
	}
	t, err := b.page(ctx, d, "")
	if err != nil {
		return chat.Content{}, err
	}
	t.say(v.Say)
	return recorded(t.content(false), parley.Record{Kind: parley.Void, Poll: v.Poll})
}

// recorded puts a record beside words; what is too long for a message goes into a file.
func recorded(c chat.Content, r parley.Record) (chat.Content, error) {
	inline, file, err := parley.Encode(r)
	if err != nil {
		return chat.Content{}, err
	}
	c.Notice, c.Record = true, inline
	if file != nil {
		c.File = &chat.File{Name: string(r.Kind) + "-" + string(r.Poll) + ".json", Type: "application/json", Data: file}
	}
	return c, nil
}

// composeAsked asks the machines for their keys, with everything that is agreed on.
func (b *Bot) composeAsked(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	own, err := b.Polls.OwnKey(ctx, p.ID)
	if err != nil {
		return chat.Content{}, err
	}
	names, err := b.tellerNames(ctx, string(p.Place), p.Terms.Tellers.All(), false)
	if err != nil {
		return chat.Content{}, err
	}
	roll := make([]string, len(p.Roll))
	for i, m := range p.Roll {
		roll[i] = string(m)
	}
	var pages []string
	if page, own := b.boothAt(p); page != "" {
		pages = slices.Compact([]string{page, own})
	}
	t.add("tellers.asked", "names", names)
	return recorded(t.content(true), parley.Record{Kind: parley.Asked, Poll: p.ID, Question: &parley.Question{
		Group: p.Group, Asker: p.Asker, Asked: p.Asked, Rule: p.Rule, Terms: p.Terms, Least: p.Least, Roll: roll, Trustee: string(own), Pages: pages,
	}})
}

// composeElectionPost posts the election for the machines to compare.
func (b *Bot) composeElectionPost(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	papers, err := b.Polls.Papers(ctx, p.ID)
	if err != nil {
		return chat.Content{}, err
	}
	t.add("tellers.election", "words", voting.Said(p.Fingerprint, t.texts.Language()))
	return recorded(t.content(true), parley.Record{
		Kind: parley.Election, Poll: p.ID, Fingerprint: p.Fingerprint,
		Setup: &parley.Setup{
			Election: string(papers.Election), Trustees: string(papers.Trustees), Credentials: string(papers.Credentials),
			Opened: p.Opened, Ends: p.Ends,
		},
	})
}
