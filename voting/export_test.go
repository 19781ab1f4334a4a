package voting

// What the tests of whole polls use as well.
var (
	Rechecked  = rechecked
	NewerTools = newerTools
)

// Relapse remembers a poll as somebody makes p do who has looked it up just before it ended.
func (p *Polls) Relapse(poll *Poll) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rolls[poll.ID] = frozen{hash: poll.RollHash, members: poll.Roll}
	p.owners[poll.Fingerprint] = map[string]Member{}
	p.counted[poll.ID] = findings{}
	p.elections[poll.Fingerprint] = nil
}

// Remembered is of how many polls something is remembered at most.
func (p *Polls) Remembered() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(len(p.rolls), len(p.owners), len(p.counted), len(p.elections))
}
