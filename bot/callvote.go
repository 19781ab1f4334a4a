package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stimmbote/store"
	"stimmbote/voting"
)

// Whoever is in the call learns of a vote there, for they look at it and not at the chat. The link of a member's ballot
// goes to whoever shows that member's badge, in the answer to their own question, and to nobody else.

// Votes are the open votes of a call's group, oldest first, each with the ballot of the member whose badge it is, where
// there is one.
func (b *Bot) Votes(ctx context.Context, c store.Call, badge string) ([]store.Vote, error) {
	all, err := b.Polls.InPlace(ctx, voting.Place(c.Room))
	if err != nil {
		return nil, fmt.Errorf("looking for the votes of call %s: %w", c.Name, err)
	}
	person := ""
	if badge != "" {
		who, err := b.Badge(ctx, c, badge)
		if err != nil {
			return nil, err
		}
		if who.Name != "" {
			person = b.bearer(&c, badge)
		}
	}
	votes := []store.Vote{}
	for _, p := range slices.Backward(all) { // the newest comes first
		if p.State != voting.StateOpen {
			continue
		}
		v := store.Vote{ID: string(p.ID), Title: title(p.Asked)}
		if p.Terms.Lasts > 0 || !p.Terms.Until.IsZero() {
			v.Until = p.Ends
		}
		if page, _ := b.boothAt(p); page != "" && slices.Contains(p.Roll, voting.Member(person)) {
			token, err := b.Polls.Token(ctx, p.ID, voting.Member(person))
			if err != nil {
				return nil, fmt.Errorf("looking for the ballot of a member: %w", err)
			}
			v.Ballot = b.boothLink(p, token)
		}
		votes = append(votes, v)
	}
	return votes, nil
}

// tellVotes has those in a call learn that a vote of their group was opened or is over.
func (b *Bot) tellVotes(ctx context.Context, live []*voting.Poll) error {
	if b.Doors == nil {
		return nil
	}
	calls, err := b.Store.Calls(ctx)
	if err != nil {
		return err
	}
	for i := range calls {
		c := &calls[i]
		var open strings.Builder
		for _, p := range live {
			if p.Place == voting.Place(c.Room) && p.State == voting.StateOpen {
				fmt.Fprintln(&open, p.ID, p.Ends.Unix())
			}
		}
		b.mu.Lock()
		at := b.calls[c.MediaRoom()]
		news := at != nil && len(at.people) > 0 && at.votes != open.String()
		if at != nil {
			at.votes = open.String()
		}
		b.mu.Unlock()
		if news {
			b.Doors.Refresh(ctx, *c)
		}
	}
	return nil
}
