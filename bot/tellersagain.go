package bot

import (
	"context"
	"slices"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// againWithin is how often at most something is said again to a machine.
const againWithin = time.Minute

// sayAgain says again, to a machine that has just said that it is here, what a vote waits for it to answer:
// it may have missed it, in a room that the group left or that it came into late. What it heard twice
// changes nothing.
func (b *Bot) sayAgain(ctx context.Context, m chat.Message) error {
	all, err := b.Polls.InPlace(ctx, voting.Place(m.Room))
	if err != nil {
		return err
	}
	var again []chat.Delivery
	for _, p := range all {
		waiting, err := b.Polls.Waiting(ctx, p)
		if err != nil {
			return err
		}
		waits := slices.ContainsFunc(waiting, func(t voting.Teller) bool { return t.Account == m.Sender })
		if !p.Gathering() || !waits || !b.may("again "+string(p.ID)+" "+m.Sender, 1, againWithin) {
			continue
		}
		for _, one := range []struct{ what, kind string }{
			{"asked", kindAsked}, {"election", kindElection}, {"ballots-file", kindBallotsFile}, {"own-share", kindOwnShare},
		} {
			said, _, err := b.Line.Event(ctx, key(p.ID, one.what))
			if err != nil {
				return err
			}
			earlier := p.State == voting.StateClosed && (one.kind == kindAsked || one.kind == kindElection)
			if said != "" && !earlier {
				again = append(again, lasting(p, one.what+"/again/"+m.ID, one.kind))
			}
		}
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, again...) })
}

// unmoved are the tellers of votes that go on, and their machines, that are not in the room that the group has
// moved to, among whose members they are looked for. The machines go on there once all are.
func unmoved(members []chat.Member, all []*voting.Poll) string {
	var missing []string
	for _, p := range all {
		if !p.Gathering() {
			continue
		}
		for _, t := range p.Terms.Tellers.All() {
			for _, one := range []string{string(t.Owner), t.Account} {
				here := slices.ContainsFunc(members, func(m chat.Member) bool { return m.ID == one })
				if !here && !slices.Contains(missing, one) {
					missing = append(missing, one)
				}
			}
		}
	}
	return strings.Join(missing, ", ")
}
