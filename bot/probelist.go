package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/store"
	"stimmbote/voting"
)

// need is what somebody who did not answer has to do.
type need struct {
	Name string `json:"name"`
	Key  string `json:"key"`
}

// probeSoFar says how far a probe is, and tells who asks who has to do what.
func (b *Bot) probeSoFar(ctx context.Context, m chat.Message, p store.Probe) error {
	n, of, err := b.probeTurnout(ctx, p.ID)
	if err != nil {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		card := b.to(m, "reply/"+m.ID, kindProbeCard, onProbe{ID: p.ID, N: n, Of: of})
		card.Thread = m.Thread
		return b.done(ctx, m, card)
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.lists["list/"+m.ID] = listing{probe: p, person: m.Sender}
	b.mu.Unlock()
	b.awake()
	return nil
}

// listing is that somebody wants to know how far a probe is. After a restart it is forgotten; they
// can ask again.
type listing struct {
	probe  store.Probe
	person string
}

// grant answers the wishes that came up, each beside everything else: the homeserver has to be
// asked about everybody who is missing.
func (b *Bot) grant(ctx context.Context, next *time.Time) {
	b.mu.Lock()
	lists := maps.Clone(b.lists)
	b.mu.Unlock()
	for what, w := range lists {
		b.work(ctx, probeKey(w.probe.ID, what), next, func(ctx context.Context, _ int) error {
			list, err := b.probeList(ctx, w.probe, w.person, what, false)
			if err != nil {
				return err
			}
			list.Group = probeKey(w.probe.ID, "")
			if err := b.Line.Queue(ctx, list); err != nil {
				return err
			}
			b.mu.Lock()
			delete(b.lists, what)
			b.mu.Unlock()
			return nil
		})
	}
}

// probeList tells one person, in their direct chat, who has not answered and what each has to
// do. It asks the homeserver and takes its time.
func (b *Bot) probeList(ctx context.Context, p store.Probe, to, what string, over bool) (chat.Delivery, error) {
	asked, err := b.Store.Asked(ctx, p.ID)
	if err != nil {
		return chat.Delivery{}, err
	}
	members, err := b.Line.Members(ctx, p.Room)
	if err != nil {
		return chat.Delivery{}, fmt.Errorf("asking for the members of %s: %w", p.Room, err)
	}
	names := make(map[string]string, len(members))
	for _, m := range members {
		names[m.ID] = i18n.Name(m.Name, mostName)
	}
	on := onProbe{ID: p.ID, Of: len(asked), Over: over, Room: p.Room}
	for _, a := range asked {
		if a.State == store.ProbeAnswered {
			on.N++
			continue
		}
		key, err := b.probeNeed(ctx, a, names)
		if err != nil {
			return chat.Delivery{}, err
		}
		name := names[a.Person]
		if name == "" {
			name = a.Person
		}
		on.Needs = append(on.Needs, need{Name: name, Key: key})
	}
	slices.SortFunc(on.Needs, func(a, b need) int { return strings.Compare(a.Key+a.Name, b.Key+b.Name) })
	return chat.Delivery{Key: probeKey(p.ID, what), Person: to, Kind: kindProbeList, Payload: encode(on)}, nil
}

// probeNeed is the sentence that says what somebody who has not answered has to do.
func (b *Bot) probeNeed(ctx context.Context, a store.Asked, members map[string]string) (string, error) {
	if _, stays := members[a.Person]; !stays {
		return "probe.need.gone", nil
	}
	switch a.State {
	case store.ProbeUnsigned:
		return "probe.need.verify", nil
	case store.ProbeUnencrypted:
		return "probe.need.encrypt", nil
	}
	reach, err := b.Line.Reach(ctx, a.Person)
	if err != nil {
		return "", fmt.Errorf("asking how to reach a member: %w", err)
	}
	switch reach {
	case chat.NotMet:
		return "probe.need.wait", nil
	case chat.Invited:
		return "probe.need.accept", nil
	case chat.Declined:
		return "probe.need.write", nil
	case chat.Blocked:
		return "probe.need.unblock", nil
	case chat.NoDevice:
		return "probe.need.device", nil
	case chat.Unsigned:
		return "probe.need.verify", nil
	}
	return "probe.need.answer", nil
}

// composeProbe makes the words of what is said about a probe.
func (b *Bot) composeProbe(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	var on onProbe
	if err := json.Unmarshal(d.Payload, &on); err != nil {
		return chat.Content{}, fmt.Errorf("reading what to say about a probe: %w", err)
	}
	t, err := b.page(ctx, d, on.Room)
	if err != nil {
		return chat.Content{}, err
	}
	switch d.Kind {
	case kindProbe:
		t.add("probe.ask")
		err = b.addHelper(ctx, t, on.Room)
		return t.content(false), err
	case kindProbeList:
		t.probeList(on)
		return t.content(false), nil
	}
	return b.composeProbeCard(ctx, t, d, on)
}

// composeProbeCard says in the group how many have answered, unless a later count waits already.
func (b *Bot) composeProbeCard(ctx context.Context, t *page, d chat.Delivery, on onProbe) (chat.Content, error) {
	if !on.Over {
		n, of, err := b.probeTurnout(ctx, on.ID)
		if err != nil {
			return chat.Content{}, err
		}
		if d.Edits != "" && on.N < n || of == 0 && d.Edits != "" {
			return chat.Content{}, chat.ErrObsolete
		}
		if of > 0 {
			on.N, on.Of = n, of
		}
	}
	t.add("probe.count", "n", on.N, "of", on.Of)
	if !on.Over && on.N == 0 {
		if err := b.addAsking(ctx, t, on); err != nil {
			return chat.Content{}, err
		}
	}
	switch {
	case on.N == on.Of:
		t.add("probe.all")
	case on.Over:
		t.add("probe.over")
		if on.Of < voting.MinBallots {
			t.addCount("arrival.small", on.Of, "min", voting.MinBallots)
		}
	default:
		t.add("probe.running")
	}
	return t.content(true), nil
}

// addAsking says how long it takes until everybody is asked, if that is worth saying.
func (b *Bot) addAsking(ctx context.Context, t *page, on onProbe) error {
	p, err := b.Line.Progress(ctx, probeKey(on.ID, ""))
	if err != nil {
		return fmt.Errorf("asking how far a probe is: %w", err)
	}
	if p.ETA < noTime {
		return nil
	}
	t.addCount("probe.asking", on.Of)
	t.eta(p.ETA)
	return nil
}

// probeList says who has not answered, by what they have to do.
func (t *page) probeList(on onProbe) {
	t.add("probe.count", "n", on.N, "of", on.Of)
	names, last := []string(nil), ""
	flush := func() {
		if len(names) > 0 {
			t.add(last, "names", strings.Join(names, ", "))
		}
		names = nil
	}
	for _, need := range on.Needs {
		if need.Key != last {
			flush()
			last = need.Key
		}
		names = append(names, need.Name)
	}
	flush()
	if !on.Over && on.N < on.Of {
		t.add("probe.again")
	}
}
