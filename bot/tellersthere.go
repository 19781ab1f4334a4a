package bot

import (
	"context"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

const (
	// heardWithin is how long after a machine said something it is taken for granted that it is on.
	heardWithin = time.Minute
	// quietTeller is how long a machine may take to answer a draft until the group is told.
	quietTeller = 15 * time.Second
)

// heardMachine notes that a machine said something in a room.
func (b *Bot) heardMachine(m chat.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.spoke[m.Room+" "+m.Sender] = b.Now()
}

// quiet are the tellers of a poll whose machines said nothing for some time.
func (b *Bot) quiet(p *voting.Poll, within time.Duration) []voting.Teller {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.DeleteFunc(p.Terms.Tellers.All(), func(t voting.Teller) bool {
		at, heard := b.spoke[string(p.Place)+" "+t.Account]
		return heard && b.Now().Sub(at) <= within
	})
}

// askThere has a draft ask the machines of its tellers whether they are there, unless all of them said something just now.
func (b *Bot) askThere(c chat.Content, p *voting.Poll) (chat.Content, error) {
	if p.State != voting.StateDraft || len(b.quiet(p, heardWithin)) == 0 {
		return c, nil
	}
	record, _, err := parley.Encode(parley.Record{Kind: parley.Who})
	c.Record = record
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queued[key(p.ID, "who")] = true
	return c, err
}

// tellQuiet says, once for each draft, whose machine does not answer it: after the start the opening would only be
// given up. After a restart nothing is said, because what machines said before it is not known.
func (b *Bot) tellQuiet(ctx context.Context, p *voting.Poll, next *time.Time) error {
	if !b.wasQueued(key(p.ID, "who")) || b.wasQueued(key(p.ID, "quiet")) {
		return nil
	}
	said, _, err := b.Line.Event(ctx, key(p.ID, "draft"))
	if err != nil || said == "" {
		return err
	}
	waited := b.since(key(p.ID, "there"))
	if waited < quietTeller {
		*next = earlier(*next, b.Now().Add(quietTeller-waited))
		return nil
	}
	return b.queueOnce(ctx, key(p.ID, "quiet"), func() ([]chat.Delivery, error) {
		quiet := b.quiet(p, heardWithin+waited)
		if len(quiet) == 0 {
			return nil, nil
		}
		names, err := b.tellerNames(ctx, string(p.Place), quiet, false)
		if err != nil {
			return nil, err
		}
		d := inGroup(p, "draft/quiet", kindSay)
		d.Payload = encode(say{Key: "tellers.quiet", Args: []any{"question", title(p.Asked), "names", names}, Notice: true})
		return []chat.Delivery{d}, nil
	})
}

// remindOwners tells the owners of machines that a vote waits for, each once for what it waits for: the group's notice
// rings no telephone.
func remindOwners(p *voting.Poll, waiting []voting.Teller, what, sentence string) []chat.Delivery {
	var all []chat.Delivery
	for _, t := range waiting {
		d := inDirect(p, t.Owner, key(p.ID, what+"/owner/"+string(t.Owner)), kindSay)
		d.Payload = encode(say{Key: sentence, Args: []any{"question", title(p.Asked)}, Room: string(p.Place)})
		all = append(all, d)
	}
	return all
}
