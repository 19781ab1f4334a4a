package voting

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Who is present is fixed with the opening, like the roll: it is what the group can see then, no crash and no broken
// connection changes it, and nobody gains by leaving. Who votes without having been there counts as well. It is kept
// sealed, and deleted with the count: what remains is a number.

// Attend says who is present at the opening. It counts where the rule is about those; who is not on the roll does not.
func (s *Setup) Attend(present []Member) { s.present = present }

func (p *Polls) putPresent(ctx context.Context, poll *Poll, present []Member) error {
	if poll.Rule.Basis() != BasePresent {
		return nil
	}
	entitled := slices.DeleteFunc(slices.Clone(present), func(m Member) bool { return !poll.entitled(m) })
	slices.Sort(entitled)
	plain, err := json.Marshal(slices.Compact(entitled))
	if err != nil {
		return fmt.Errorf("writing who is present: %w", err)
	}
	sealed, err := p.Seal(ctx, poll.ID, paperPresent, plain)
	if err != nil {
		return err
	}
	return p.ledger.PutPaper(ctx, poll.ID, paperPresent, sealed)
}

// Attended is who was present at the opening of a poll that is not counted, where its rule is about those.
func (p *Polls) Attended(ctx context.Context, id ID) ([]Member, error) {
	papers, err := p.papers(ctx, id, paperPresent)
	if err != nil {
		return nil, err
	}
	plain, err := p.Unseal(ctx, id, paperPresent, papers[0])
	if err != nil {
		return nil, err
	}
	var present []Member
	if err := json.Unmarshal(plain, &present); err != nil {
		return nil, fmt.Errorf("reading who was present in poll %s: %w", id, err)
	}
	return present, nil
}

// present is how many of a poll's roll were present or voted, 0 where the rule does not ask for that.
func (p *Polls) present(ctx context.Context, poll *Poll, voted []Member) (int, error) {
	if poll.Rule.Basis() != BasePresent {
		return 0, nil
	}
	all, err := p.Attended(ctx, poll.ID)
	if err != nil {
		return 0, err
	}
	all = append(all, voted...)
	slices.Sort(all)
	return len(slices.Compact(all)), nil
}
