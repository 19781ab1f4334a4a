package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/store"
	"stimmbote/voting"
)

// Noticed deals with what happened without being said. It may be told again: the keys of what
// is said follow from the happening, so that it is said once.
func (b *Bot) Noticed(ctx context.Context, n chat.Notice) error {
	ctx = b.Log.WithContext(ctx)
	return b.guard(ctx, func() error { return b.notice(ctx, n) })
}

func (b *Bot) notice(ctx context.Context, n chat.Notice) error {
	switch n.Kind {
	case chat.Joined:
		return b.greet(ctx, n)
	case chat.Moved:
		return b.moved(ctx, n)
	case chat.Left:
		return b.left(ctx, n)
	case chat.Refused:
		return b.refused(ctx, n)
	case chat.Unreadable:
		return b.unreadable(ctx, n)
	case chat.NewDevice:
		return b.newDevice(ctx, n)
	case chat.Met:
		return b.met(ctx, n)
	case chat.Limited:
		return b.limited(ctx, n)
	case chat.Calling:
		return b.appCall(ctx, n)
	case chat.SentOut:
		return b.sentAway(ctx, n)
	}
	return nil
}

// refused tells somebody once why the bot did not come into their group.
func (b *Bot) refused(ctx context.Context, n chat.Notice) error {
	if n.Person == "" || b.ignored(n.Person) {
		return nil
	}
	more, err := b.helps(ctx, "")
	if err != nil {
		return err
	}
	s := say{Key: "notice.refused", Notice: true, More: more}
	return b.Line.Queue(ctx, chat.Delivery{Key: "refused/" + n.Person, Person: n.Person, Kind: kindSay, Payload: encode(s)})
}

// unreadable asks somebody to send again what could not be decrypted, once in an hour.
func (b *Bot) unreadable(ctx context.Context, n chat.Notice) error {
	if b.ignored(n.Person) {
		return nil
	}
	hour := strconv.FormatInt(b.Now().Unix()/int64(time.Hour/time.Second), 36)
	d := chat.Delivery{Key: "unreadable/" + n.Person + "/" + hour, Kind: kindSay}
	direct, err := b.Store.Direct(ctx, n.Person)
	if err != nil {
		return err
	}
	if direct != nil && direct.Room == n.Room {
		d.Person, d.Payload = n.Person, encode(say{Key: "notice.unreadable", Notice: true})
		return b.Line.Queue(ctx, d)
	}
	name, err := b.nameIn(ctx, n.Room, n.Person)
	if err != nil {
		return err
	}
	d.Room, d.Payload = n.Room, encode(say{Key: "notice.unreadable-group", Args: []any{"name", name}, Notice: true})
	return b.Line.Queue(ctx, d)
}

// nameIn is what somebody is called in a room.
func (b *Bot) nameIn(ctx context.Context, room, person string) (string, error) {
	members, err := b.Line.Members(ctx, room)
	if err != nil {
		return "", fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	return nameAmong(members, person), nil
}

// nameAmong is how somebody is called among some members.
func nameAmong(members []chat.Member, person string) string {
	for _, m := range members {
		if name := i18n.Name(m.Name, mostName); m.ID == person && name != "" {
			return name
		}
	}
	return person
}

// limited tells whoever runs the bot what lifts the homeserver's limit.
func (b *Bot) limited(ctx context.Context, n chat.Notice) error {
	zerolog.Ctx(ctx).Warn().Str("command", n.To).Msg("The homeserver limits how often the bot may send; the command lifts that")
	return b.alarm(ctx, "limited/"+n.ID, say{Key: "notice.limited", Args: []any{"command", n.To}})
}

// alarm tells whoever runs the bot, if they are named, what only they can mend.
func (b *Bot) alarm(ctx context.Context, key string, s say) error {
	if b.Config.Admin == "" {
		return nil
	}
	return b.Line.Queue(ctx, chat.Delivery{Key: "alarm/" + key, Person: b.Config.Admin, Kind: kindSay, Payload: encode(s)})
}

// newDevice gives somebody again what is open, for a device that could not read it.
func (b *Bot) newDevice(ctx context.Context, n chat.Notice) error {
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		_, err := b.reopen(ctx, n.Person, "", n.ID)
		return err
	})
}

// met greets somebody who came into the direct chat, and gives them what is open and lies
// elsewhere.
func (b *Bot) met(ctx context.Context, n chat.Notice) error {
	if b.ignored(n.Person) {
		return nil
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		err := b.Line.Queue(ctx, chat.Delivery{
			Key: "welcome/" + n.Person + "/" + n.Room, Person: n.Person, Kind: kindSay,
			Payload: encode(say{Key: "arrival.direct", Notice: true}),
		})
		if err != nil {
			return err
		}
		opened, err := b.reopen(ctx, n.Person, n.Room, n.ID)
		if opened {
			b.may("hello "+n.Person, 1, helloWithin) // that is answered herewith
		}
		return err
	})
}

// reopen queues again what is open for somebody: the ballot of a vote in which they have not
// voted, the question of a probe that they have not answered. What waits already, or lies in
// room, does not come again. cause is part of the keys. It belongs into a transaction.
func (b *Bot) reopen(ctx context.Context, person, room, cause string) (opened bool, err error) {
	var again []chat.Delivery
	open, err := b.openTo(ctx, person)
	if err != nil {
		return false, err
	}
	for _, p := range open {
		voted, err := b.voted(ctx, p, voting.Member(person))
		if err != nil {
			return false, err
		}
		if !voted {
			again = append(again, ballot(p, voting.Member(person)))
		}
	}
	probes, err := b.openProbes(ctx, person)
	if err != nil {
		return false, err
	}
	for _, d := range append(again, probes...) {
		elsewhere, err := b.liesElsewhere(ctx, d.Key, room)
		if err != nil {
			return false, err
		}
		if !elsewhere {
			continue
		}
		if err := b.queueAgain(ctx, d, cause); err != nil {
			return false, err
		}
		opened = true
	}
	return opened, nil
}

// settingAgain is the key of the newest copy of somebody's ballot.
const settingAgain = "again"

// queueAgain says something once more, for a cause.
func (b *Bot) queueAgain(ctx context.Context, d chat.Delivery, cause string) error {
	d.Key += "/again/" + cause
	if d.Kind != kindBallot {
		return b.Line.Queue(ctx, d)
	}
	p, err := b.Polls.Poll(ctx, voting.ID(d.Group))
	if err != nil {
		return err
	}
	if err := b.Store.PutSetting(ctx, inPoll(p.ID, d.Person), settingAgain, d.Key); err != nil {
		return err
	}
	return b.Line.Queue(ctx, b.withNatives(p, []chat.Delivery{d})...)
}

// resend gives somebody open ballots of theirs once more, at their wish, each at most once in a while.
func (b *Bot) resend(ctx context.Context, m chat.Message, open []*voting.Poll) error {
	open = slices.DeleteFunc(slices.Clone(open), func(p *voting.Poll) bool { return !b.may("resend "+m.Sender+" "+string(p.ID), 1, helloWithin) })
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		for _, p := range open {
			if err := b.queueAgain(ctx, ballot(p, voting.Member(m.Sender)), m.ID); err != nil {
				return err
			}
		}
		return b.done(ctx, m)
	})
}

// liesElsewhere says whether a delivery was given up, or was made and is not in room; without a
// room it is wanted again wherever it is.
func (b *Bot) liesElsewhere(ctx context.Context, key, room string) (bool, error) {
	o, err := b.Store.Outgoing(ctx, key)
	if err != nil || o == nil || o.State == store.OutgoingWaiting {
		return false, err
	}
	return o.State == store.OutgoingDropped || o.State == store.OutgoingGiven || room == "" || o.Room != room, nil
}
