package voting

import (
	"context"
	"slices"
)

// frozen is a roll that cannot change any more, with the hash that the group was told of it.
type frozen struct {
	hash    string
	members []Member
}

// roll is who may vote in a poll. From the opening on it is frozen, and every answer asks for it: it is read once for
// each hash, and kept until the end. The caller may change what it gets.
func (p *Polls) roll(ctx context.Context, poll *Poll) ([]Member, error) {
	p.mu.Lock()
	known := p.rolls[poll.ID]
	p.mu.Unlock()
	if known.hash != "" && known.hash == poll.RollHash {
		return slices.Clone(known.members), nil
	}
	names, err := p.registrar.Roll(ctx, string(poll.ID))
	if err != nil {
		return nil, err
	}
	members := asMembers(names)
	if poll.RollHash != "" && !poll.State.Ended() {
		p.mu.Lock()
		p.rolls[poll.ID] = frozen{hash: poll.RollHash, members: slices.Clone(members)}
		p.mu.Unlock()
	}
	return members, nil
}
