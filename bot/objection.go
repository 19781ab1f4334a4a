package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// object records what somebody has against a vote. Before the count it holds the decryption.
func (b *Bot) object(ctx context.Context, m chat.Message, a arguments) error {
	if err := b.unforged(ctx, m); err != nil {
		return err
	}
	p, why, other, err := b.objectedTo(ctx, m.Room, a.text)
	if err != nil {
		return err
	}
	name, err := b.nameIn(ctx, m.Room, m.Sender)
	if err != nil {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		p, err := b.Polls.Object(ctx, p.ID, voting.Member(m.Sender), i18n.Clean(why), b.Now())
		if err != nil {
			return err
		}
		key := "poll.objection.noted"
		switch {
		case p.Held():
			key = "poll.objection.holds"
		case !p.State.Ended() && p.State != voting.StateCounted:
			key = "poll.objection.open"
		}
		d := lasting(p, "objection/"+m.ID, kindSay)
		if p.State.Ended() {
			d.Group = "" // what was said about it is forgotten
		}
		noted := say{Key: key, Args: []any{"name", name, "question", p.Question}}
		if p.Gathering() && !heeded(m, parley.Object) {
			noted.More = []say{{Key: "poll.objection.unheard"}}
		}
		if other != nil {
			noted.More = append(noted.More, say{Key: "poll.objection.which", Args: []any{"number", other.Number, "question", other.Question}})
		}
		d.Thread, d.Payload = m.Thread, encode(of(p, noted))
		return b.done(ctx, m, d)
	})
	if errors.Is(err, voting.ErrNotEntitled) {
		return refuse("refusal.object")
	}
	return err
}

// numberedVote is what an objection begins with that names a vote by its number.
var numberedVote = regexp.MustCompile(`^(?:#(\d+)\b:?|(\d+)(?::|$))`)

// objectedTo is the vote that an objection is about, and the reason: the one with the number that it begins with, else
// the one that goes on, else the last one. Of several that go on it is the one that waits to be counted, because an
// objection is for the time before that; other is then another one that could be meant.
func (b *Bot) objectedTo(ctx context.Context, room, text string) (p *voting.Poll, why string, other *voting.Poll, err error) {
	if found := numberedVote.FindStringSubmatch(text); found != nil {
		n, err := strconv.Atoi(found[1] + found[2])
		if err != nil {
			return nil, "", nil, refuse("refusal.no-vote")
		}
		p, err = b.Polls.Numbered(ctx, voting.Place(room), n)
		if errors.Is(err, voting.ErrUnknown) {
			err = refuse("refusal.no-result")
		}
		return p, strings.TrimSpace(text[len(found[0]):]), nil, err
	}
	all, err := b.Polls.InPlace(ctx, voting.Place(room))
	if err != nil {
		return nil, "", nil, fmt.Errorf("looking for the polls of %s: %w", room, err)
	}
	all = slices.DeleteFunc(all, func(p *voting.Poll) bool { return p.State == voting.StateDraft })
	rank := make(map[*voting.Poll]int, len(all))
	for _, p := range all {
		if rank[p], err = b.patient(ctx, p); err != nil {
			return nil, "", nil, err
		}
	}
	slices.SortStableFunc(all, func(p, q *voting.Poll) int { return cmp.Compare(rank[p], rank[q]) })
	if len(all) > 1 && all[1].Number > 0 {
		other = all[1]
	}
	if len(all) > 0 {
		return all[0], text, other, nil
	}
	earlier, err := b.Polls.Earlier(ctx, voting.Place(room), 1)
	if err == nil && len(earlier) == 0 {
		err = refuse("refusal.no-vote")
	}
	if err != nil {
		return nil, "", nil, err
	}
	return earlier[0], text, nil, nil
}

// patient orders votes by how long there is still time for an objection: the one that is about to be counted comes first,
// one that cannot be counted any more last.
func (b *Bot) patient(ctx context.Context, p *voting.Poll) (int, error) {
	if p.State != voting.StateClosed {
		return 1, nil
	}
	never, err := b.uncountable(ctx, p)
	if never {
		return 2, err
	}
	return 0, err
}

// objectors are the names of those who have something against a vote, each once.
func (b *Bot) objectors(ctx context.Context, p *voting.Poll) ([]string, error) {
	members, err := b.Line.Members(ctx, string(p.Place))
	if err != nil {
		return nil, fmt.Errorf("asking for the members of %s: %w", p.Place, err)
	}
	var names []string
	for _, o := range p.Objections {
		if name := nameAmong(members, string(o.Member)); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// proceed lets a vote be counted in spite of the objections, at the wish of somebody who may close it.
func (b *Bot) proceed(ctx context.Context, m chat.Message, p *voting.Poll) error {
	if err := b.mayClose(ctx, m, p); err != nil {
		return err
	}
	if err := b.machinesHear(ctx, m, p, parley.Close); err != nil {
		return err
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if _, err := b.Polls.Proceed(ctx, p.ID); err != nil {
			return err
		}
		d := lasting(p, "proceed/"+m.ID, kindSay)
		d.Payload = encode(of(p, say{Key: "poll.objection.proceed", Args: []any{"question", p.Question}, Notice: true}))
		return b.done(ctx, m, d)
	})
}
