package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// extendBy is by how much a vote is extended where nothing is said.
const extendBy = 10 * time.Minute

// extendCommand lets an open vote go on for longer.
func (b *Bot) extendCommand(ctx context.Context, m chat.Message, a arguments) error {
	word, rest := firstWord(a.text)
	if parley.Timed(a.text) {
		word = ""
	}
	p, named, err := b.leading(ctx, m, word)
	if err != nil {
		return err
	}
	if !named {
		rest = a.text
	}
	return b.extend(ctx, m, p, rest)
}

// extend moves the end of a vote by a time, or to a moment. It takes back that the vote closes
// early.
func (b *Bot) extend(ctx context.Context, m chat.Message, p *voting.Poll, by string) error {
	until, err := b.newEnd(p, by)
	if err != nil {
		return err
	}
	if err := b.machinesHear(ctx, m, p, parley.Extend); err != nil {
		return err
	}
	if p.Terms.Tellers != "" && until.Before(p.Ends) {
		return refuse("refusal.extend-earlier") // the machines would take that for a close before its time
	}
	n, waits, err := b.few(ctx, p.ID)
	if err != nil {
		return err
	}
	stays := ""
	cast, entitled, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return err
	}
	if cast == entitled {
		stays = "yes" // somebody wants the time that it has left although everybody has voted
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		extended, err := b.Polls.Extend(ctx, p.ID, until)
		if err != nil {
			return err
		}
		if err := errors.Join(b.Store.PutSetting(ctx, string(p.ID), settingEarly, ""), b.Store.PutSetting(ctx, string(p.ID), settingStays, stays)); err != nil {
			return err
		}
		d := inGroup(p, "extended/"+m.ID, kindExtended)
		d.Lasting = p.Terms.Tellers != "" // their machines hold the close against it
		d.Thread = m.Thread
		d.Payload = encode(ending{about: about{Poll: p.ID}, Until: extended.Ends})
		said := []chat.Delivery{d}
		if waits {
			said = append(said, chat.Delivery{Key: fewKey(p.ID, n) + "/extended", Group: string(p.ID), Room: m.Room, Kind: kindNote})
		}
		return b.done(ctx, m, said...)
	})
}

// newEnd is when a vote ends that is extended: by a time from its end, or from now if it has none
// that was said or that is over; or at a moment.
func (b *Bot) newEnd(p *voting.Poll, by string) (time.Time, error) {
	d, ok := extendBy, true
	if by != "" {
		d, ok = b.duration(by)
	}
	if !ok {
		rest, found := b.behind("vote.words.until", by)
		if !found {
			rest = by
		}
		at, ok := b.moment(rest, b.Now())
		if !ok {
			return time.Time{}, refuse("refusal.extend")
		}
		return at, nil
	}
	from := b.Now()
	if hasEnd(p) && p.Ends.After(from) {
		from = p.Ends
	}
	return from.Add(d), nil
}

// ending is the payload of what is said about a new end.
type ending struct {
	about
	Until time.Time `json:"until"`
}

// composeExtended says when a vote ends now.
func (b *Bot) composeExtended(t *page, d chat.Delivery, p *voting.Poll) (chat.Content, error) {
	var e ending
	if err := json.Unmarshal(d.Payload, &e); err != nil {
		return chat.Content{}, fmt.Errorf("reading when a vote ends: %w", err)
	}
	t.add("poll.extended", "time", b.deadlineIn(t.texts, e.Until))
	if p.Terms.Tellers == "" {
		return t.content(false), nil
	}
	c, err := recorded(t.content(false), parley.Record{Kind: parley.Extended, Poll: p.ID, Ends: e.Until})
	c.Notice = false
	return c, err
}

// leading is the open vote of the group that the sender of a message may end: the only one, or
// the one that word names by its letter or number.
func (b *Bot) leading(ctx context.Context, m chat.Message, word string) (p *voting.Poll, named bool, err error) {
	p, named, err = b.openOne(ctx, m.Room, word)
	if err != nil {
		return nil, false, err
	}
	if p == nil {
		return nil, false, refuse("refusal.no-vote")
	}
	return p, named, b.mayClose(ctx, m, p)
}

// openOne is the open vote of a room that a word names, or the only one; nil if there is none.
func (b *Bot) openOne(ctx context.Context, room, word string) (p *voting.Poll, named bool, err error) {
	all, err := b.Polls.InPlace(ctx, voting.Place(room))
	if err != nil {
		return nil, false, fmt.Errorf("looking for the polls of %s: %w", room, err)
	}
	all = slices.DeleteFunc(all, func(p *voting.Poll) bool { return p.State != voting.StateOpen })
	var list []string
	for _, p := range all {
		letter, err := b.letter(ctx, p)
		if err != nil {
			return nil, false, err
		}
		if name := parley.Name("!close " + word); name != "" && parley.Means(name, p.Number, letter) {
			return p, true, nil
		}
		list = append(list, letter+": "+p.Question)
	}
	switch len(all) {
	case 0:
		return nil, false, nil
	case 1:
		if isLetter(word) {
			return nil, false, notThis(word, list)
		}
		return all[0], false, nil
	}
	slices.Sort(list)
	return nil, false, &voting.Refusal{Key: "refusal.which-vote", Args: []any{"list", strings.Join(list, "\n")}}
}

// notThis refuses what was said of a vote that is not open, or not any more: it is not done to another one.
func notThis(word string, list []string) error {
	return &voting.Refusal{Key: "refusal.not-this-vote", Args: []any{"word", strings.ToUpper(word), "list", strings.Join(list, "\n")}}
}
