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

// tellCalls has those in a call learn that a vote of their group was opened or is over, and that somebody came, went, or
// is something else to the group now.
func (b *Bot) tellCalls(ctx context.Context, live []*voting.Poll) error {
	if b.Doors == nil {
		return nil
	}
	calls, err := b.Store.Calls(ctx)
	if err != nil {
		return err
	}
	for i := range calls {
		c := &calls[i]
		people := b.inCall(c.MediaRoom())
		if len(people) == 0 {
			b.isTold(c, "")
			continue
		}
		var now strings.Builder
		for _, p := range live {
			if p.Place == voting.Place(c.Room) && p.State == voting.StateOpen {
				fmt.Fprintln(&now, p.ID, p.Ends.Unix())
			}
		}
		standing := b.Standing(ctx, *c, people)
		for _, p := range people {
			fmt.Fprintln(&now, p.Identity, standing[p.Identity])
		}
		if !b.isTold(c, now.String()) {
			b.Doors.Refresh(ctx, *c)
		}
	}
	return nil
}

// isTold says whether those in a call were told of this, and notes that they are.
func (b *Bot) isTold(c *store.Call, what string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.calls[c.MediaRoom()]
	if at == nil {
		return true
	}
	was := at.told
	at.told = what
	return was == what
}
