package bot

import (
	"context"
	"errors"
	"fmt"

	"stimmbote/chat"
	"stimmbote/voting"
)

// left ends what goes on in a group that the bot is in no longer: nobody could be told a result
// there, and its members must be free for other votes.
func (b *Bot) left(ctx context.Context, n chat.Notice) error {
	probe, err := b.Store.ProbeIn(ctx, n.Room)
	if err != nil {
		return err
	}
	if probe != nil {
		err := b.Store.Tx(ctx, func(ctx context.Context) error { return b.dropProbe(ctx, probe.ID) })
		if err != nil {
			return err
		}
	}
	all, err := b.Polls.InPlace(ctx, voting.Place(n.Room))
	if err != nil {
		return err
	}
	var problems []error
	for _, p := range all {
		switch p.State {
		case voting.StateDraft:
			problems = append(problems, b.Store.Tx(ctx, func(ctx context.Context) error { return b.drop(ctx, p.ID) }))
		case voting.StateAsked, voting.StateSet:
			problems = append(problems, b.Store.Tx(ctx, func(ctx context.Context) error { return b.dropAsked(ctx, p) }))
		case voting.StateOpen, voting.StateClosed:
			problems = append(problems, b.abandon(ctx, p, "ballot.lost"))
		}
	}
	return errors.Join(problems...)
}

// abandon ends a poll without a result. What waits to be said about it is dropped, the receipts
// are taken back, and everybody on the roll is told why.
func (b *Bot) abandon(ctx context.Context, p *voting.Poll, why string) error {
	err := b.Store.Tx(ctx, func(ctx context.Context) error { return b.stop(ctx, p, why, b.Polls.Abandon) })
	if err != nil {
		return err
	}
	b.forget(p.ID)
	b.awake()
	return nil
}

// stop is the part of the end of a poll without a result that is stored together.
func (b *Bot) stop(ctx context.Context, p *voting.Poll, why string, end func(context.Context, voting.ID) error) error {
	var last []chat.Delivery
	for _, member := range p.Roll {
		receipts, err := b.receipts(ctx, p.ID, member)
		if err != nil {
			return err
		}
		tapped, err := b.natives(ctx, p.ID, member)
		if err != nil {
			return err
		}
		for _, event := range append(receipts, tapped...) {
			last = append(last, takenBack(member, event))
		}
		last = append(last, chat.Delivery{
			Key: key(p.ID, "ended/"+string(member)), Person: string(member), Lane: chat.Counted, Kind: kindSay,
			Payload: encode(of(p, say{Key: why, Args: []any{"question", p.Question}, Room: string(p.Place)})),
		})
	}
	if err := errors.Join(b.Line.Forget(ctx, string(p.ID)), b.noteOver(ctx, p), b.unset(ctx, p)); err != nil {
		return err
	}
	if err := end(ctx, p.ID); err != nil {
		return err
	}
	if err := b.renewLater(ctx); err != nil {
		return err
	}
	return b.Line.Queue(ctx, append(last, voids(p)...)...)
}

// delayedAfter is how many failures to count it takes until the group is told.
const delayedAfter = 3

// hopeless says whether a count can never succeed, and with which sentence.
func hopeless(err error) (sentence string, ok bool) {
	switch {
	case errors.Is(err, voting.ErrChanged):
		return "poll.uncountable.changed", true
	case errors.Is(err, voting.ErrKeyLost):
		return "poll.uncountable.key", true
	}
	return "", false
}

// cannotCount tells the group once that its vote cannot be counted, or not yet, and whoever
// runs the bot. What there is stays for a while, so that they can look into it.
func (b *Bot) cannotCount(ctx context.Context, p *voting.Poll, failures int, err error) error {
	sentence, never := hopeless(err)
	what := "uncountable"
	switch {
	case never && b.Now().After(p.Closed.Add(patience)):
		return b.abandon(ctx, p, "ballot.ended")
	case never:
	case failures+1 < delayedAfter:
		return err
	default:
		sentence, what = "poll.delayed", "delayed"
	}
	said := lasting(p, what, kindSay)
	said.Payload = encode(of(p, say{Key: sentence, Args: []any{"question", p.Question}}))
	told := b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Line.Queue(ctx, said); err != nil {
			return err
		}
		return b.alarm(ctx, string(p.ID)+"/"+what, say{Key: "notice.uncountable", Args: []any{"poll", p.ID, "error", err.Error()}})
	})
	return errors.Join(err, told)
}

// uncountable says whether the group was told that there will be no result.
func (b *Bot) uncountable(ctx context.Context, p *voting.Poll) (bool, error) {
	_, known, err := b.Line.Event(ctx, key(p.ID, "uncountable"))
	return known, err
}

// moved takes along what belongs to a group into the room that replaces its old one.
func (b *Bot) moved(ctx context.Context, n chat.Notice) error {
	if n.To == "" || n.To == n.Room {
		return nil
	}
	members, err := b.Line.Members(ctx, n.To)
	if err != nil {
		return fmt.Errorf("asking for the members of %s: %w", n.To, err)
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		said := "moved/" + n.ID
		if _, known, err := b.Line.Event(ctx, said); err != nil || known {
			return err
		}
		err := errors.Join(
			b.Store.MoveSettings(ctx, n.Room, n.To),
			b.Store.MoveProbe(ctx, n.Room, n.To),
			b.Polls.Move(ctx, voting.Place(n.Room), voting.Place(n.To)),
			b.moveCall(ctx, n.Room, n.To),
		)
		if err != nil {
			return err
		}
		here, err := b.Polls.InPlace(ctx, voting.Place(n.To))
		if err != nil {
			return err
		}
		moved := say{Key: "notice.moved", Notice: true}
		if missing := unmoved(members, here); missing != "" {
			moved.More = []say{{Key: "tellers.moved", Args: []any{"accounts", missing}}}
		}
		news := []chat.Delivery{{Key: said, Room: n.To, Kind: kindSay, Payload: encode(moved)}}
		for _, p := range here {
			if p.State == voting.StateOpen {
				count := inGroup(p, "", kindCount)
				count.Key = countIn(p)
				news = append(news, count)
			}
		}
		return b.Line.Queue(ctx, news...)
	})
}

// countIn is the key of the count that a poll goes on with in a room that replaced its first one:
// a message in another room cannot be corrected.
func countIn(p *voting.Poll) string { return key(p.ID, "count/in/"+string(p.Place)) }
