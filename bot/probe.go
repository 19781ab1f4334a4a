package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"stimmbote/chat"
	"stimmbote/store"
	"stimmbote/voting"
)

const (
	// probeLasts is how long a probe waits for answers.
	probeLasts = 24 * time.Hour
	// probeFirst is when the asker is told for the first time who has not answered.
	probeFirst = 10 * time.Minute
)

// onProbe is the payload of what is said about a probe.
type onProbe struct {
	ID    string `json:"id"`
	N     int    `json:"n,omitempty"`    // answers
	Of    int    `json:"of,omitempty"`   // who was asked
	Over  bool   `json:"over,omitempty"` // no more answers are noted
	Room  string `json:"room,omitempty"`
	Needs []need `json:"needs,omitempty"`
}

func probeKey(id, what string) string { return "probe/" + id + "/" + what }

// probe asks everybody in the group for one harmless word, shows how far that is, or ends it.
func (b *Bot) probe(ctx context.Context, m chat.Message, a arguments) error {
	running, err := b.Store.ProbeIn(ctx, m.Room)
	if err != nil {
		return err
	}
	_, end := a.options["end"]
	switch {
	case end && running == nil:
		return refuse("refusal.no-probe")
	case end:
		err := b.Store.Tx(ctx, func(ctx context.Context) error {
			return errors.Join(b.Store.ExpireProbe(ctx, running.ID, b.Now()), b.Line.Mark(ctx, m.ID))
		})
		b.awake()
		return err
	case running != nil:
		return b.probeSoFar(ctx, m, *running)
	}
	open, err := b.find(ctx, m.Room, func(p *voting.Poll) bool { return p.State == voting.StateOpen })
	if err != nil {
		return err
	}
	if open != nil {
		return refuse("refusal.probe-in-vote")
	}
	return b.beginProbe(ctx, m)
}

// beginProbe asks everybody, and says in the group that it does.
func (b *Bot) beginProbe(ctx context.Context, m chat.Message) error {
	roll, err := b.roll(ctx, m.Room)
	if err != nil {
		return err
	}
	p := store.Probe{Room: m.Room, ID: m.ID, Asker: m.Sender, Until: b.Now().Add(probeLasts)}
	people := make([]string, len(roll))
	said := []chat.Delivery{{
		Key: probeKey(p.ID, "card"), Room: m.Room, Thread: m.Thread, Kind: kindProbeCard, // of no group: it is said also if the end comes soon
		Payload: encode(onProbe{ID: p.ID, Of: len(roll)}),
	}}
	for i, member := range roll {
		people[i] = string(member)
		said = append(said, probeAsk(p, string(member)))
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.Store.AddProbe(ctx, p, people); err != nil {
			return err
		}
		return b.done(ctx, m, said...)
	})
}

// probeAsk asks one person for the word. It is a secret like a ballot, so that it finds out
// whether a ballot would arrive.
func probeAsk(p store.Probe, person string) chat.Delivery {
	return chat.Delivery{
		Key: probeKey(p.ID, "ask/"+person), Group: probeKey(p.ID, ""), Person: person, Kind: kindProbe, Secret: true, Lane: chat.Ballot,
		Payload: encode(onProbe{ID: p.ID, Room: p.Room}),
	}
}

// openProbes are the questions that somebody has not answered well.
func (b *Bot) openProbes(ctx context.Context, person string) ([]chat.Delivery, error) {
	probes, err := b.Store.ProbesOf(ctx, person)
	if err != nil {
		return nil, err
	}
	var open []chat.Delivery
	for _, p := range probes {
		asked, err := b.Store.Asked(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(asked, func(a store.Asked) bool { return a.Person == person && a.State != store.ProbeAnswered }) {
			open = append(open, probeAsk(p, person))
		}
	}
	return open, nil
}

// onProbeAnswer takes a message in the direct chat as the answer to all questions that wait for
// one, and says whether there was any. It counts as a vote would: encrypted, and from a device
// that its owner signed.
func (b *Bot) onProbeAnswer(ctx context.Context, m chat.Message) (bool, error) {
	probes, err := b.Store.ProbesOf(ctx, m.Sender)
	if err != nil || len(probes) == 0 {
		return false, err
	}
	state, key := store.ProbeAnswered, "probe.thanks"
	switch {
	case !m.Encrypted:
		state, key = store.ProbeUnencrypted, "probe.unencrypted"
	case !m.Trusted:
		state, key = store.ProbeUnsigned, "probe.unsigned"
	}
	open, err := b.openProbes(ctx, m.Sender)
	if err != nil || len(open) == 0 {
		return false, err
	}
	s := say{Key: key, Room: probes[0].Room, Notice: state == store.ProbeAnswered}
	if state != store.ProbeAnswered {
		if !b.may("hint "+m.Sender, mostHints, hintsWithin) {
			return true, b.noted(ctx, m)
		}
		if s.More, err = b.helps(ctx, probes[0].Room); err != nil {
			return true, err
		}
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		said := []chat.Delivery{b.to(m, "reply/"+m.ID, kindSay, s)}
		for _, p := range probes {
			news, err := b.Store.AnswerProbe(ctx, p.ID, m.Sender, state)
			if err != nil {
				return err
			}
			if !news {
				continue
			}
			card, err := b.probeCount(ctx, p)
			if err != nil {
				return err
			}
			said = append(said, card)
		}
		return b.done(ctx, m, said...)
	})
	b.awake() // perhaps everybody has answered now
	return true, err
}

// probeCount is the edit of a probe's card for the number of answers that there are now.
func (b *Bot) probeCount(ctx context.Context, p store.Probe) (chat.Delivery, error) {
	n, of, err := b.probeTurnout(ctx, p.ID)
	if err != nil {
		return chat.Delivery{}, err
	}
	return chat.Delivery{
		Key: probeKey(p.ID, "card/"+strconv.Itoa(n)), Group: probeKey(p.ID, ""), Room: p.Room, Kind: kindProbeCard,
		Lane: chat.Status, Edits: probeKey(p.ID, "card"), Payload: encode(onProbe{ID: p.ID, N: n, Of: of}),
	}, nil
}

// probeTurnout is how many of those who were asked have answered well.
func (b *Bot) probeTurnout(ctx context.Context, id string) (n, of int, err error) {
	asked, err := b.Store.Asked(ctx, id)
	for _, a := range asked {
		if a.State == store.ProbeAnswered {
			n++
		}
	}
	return n, len(asked), err
}

// endProbe ends a probe: what waits to be asked is dropped, the group reads how many were
// reached, the asker who was not. It takes its time.
func (b *Bot) endProbe(ctx context.Context, p store.Probe) error {
	n, of, err := b.probeTurnout(ctx, p.ID)
	if err != nil {
		return err
	}
	list, err := b.probeList(ctx, p, p.Asker, "over", true)
	if err != nil {
		return err
	}
	said := []chat.Delivery{probeEnd(p, n, of)}
	if n < of {
		said = append(said, list)
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		return errors.Join(b.dropProbe(ctx, p.ID), b.Line.Queue(ctx, said...))
	})
}

// probeEnd says in the group how many were reached in the end.
func probeEnd(p store.Probe, n, of int) chat.Delivery {
	return chat.Delivery{
		Key: probeKey(p.ID, "end"), Room: p.Room, Kind: kindProbeCard,
		Payload: encode(onProbe{ID: p.ID, N: n, Of: of, Over: true}),
	}
}

// cutProbe ends the probe of a room, if one runs, because something better begins: who is missing
// will show. It belongs into a transaction.
func (b *Bot) cutProbe(ctx context.Context, room string) error {
	p, err := b.Store.ProbeIn(ctx, room)
	if err != nil || p == nil {
		return err
	}
	n, of, err := b.probeTurnout(ctx, p.ID)
	if err != nil {
		return err
	}
	return errors.Join(b.dropProbe(ctx, p.ID), b.Line.Queue(ctx, probeEnd(*p, n, of)))
}

// dropProbe ends a probe without a word.
func (b *Bot) dropProbe(ctx context.Context, id string) error {
	return errors.Join(b.Line.Forget(ctx, probeKey(id, "")), b.Store.DropProbe(ctx, id))
}

// probes ends what is over, and tells the asker after a while who has not answered.
func (b *Bot) probes(ctx context.Context, next *time.Time) error {
	all, err := b.Store.Probes(ctx)
	if err != nil {
		return err
	}
	var problems []error
	for _, p := range all {
		if err := b.advanceProbe(ctx, p, next); err != nil {
			problems = append(problems, fmt.Errorf("a probe: %w", err))
		}
	}
	b.grant(ctx, next)
	return errors.Join(problems...)
}

func (b *Bot) advanceProbe(ctx context.Context, p store.Probe, next *time.Time) error {
	n, of, err := b.probeTurnout(ctx, p.ID)
	if err != nil {
		return err
	}
	now := b.Now()
	if n == of || !now.Before(p.Until) {
		b.work(ctx, probeKey(p.ID, "over"), next, func(ctx context.Context, _ int) error {
			return b.endProbe(ctx, p)
		})
		return nil
	}
	*next = earlier(*next, p.Until)
	first := p.Until.Add(probeFirst - probeLasts)
	if now.Before(first) {
		*next = earlier(*next, first)
		return nil
	}
	_, known, err := b.Line.Event(ctx, probeKey(p.ID, "first"))
	if err != nil || known {
		return err
	}
	b.work(ctx, probeKey(p.ID, "first"), next, func(ctx context.Context, _ int) error {
		list, err := b.probeList(ctx, p, p.Asker, "first", false)
		if err != nil {
			return err
		}
		list.Group = probeKey(p.ID, "")
		return b.Line.Queue(ctx, list)
	})
	return nil
}
