package voting

import (
	"context"
	"fmt"

	"stimmbote/voting/belenios"
	"stimmbote/voting/box"
)

// Outcome says whether a vote of m is counted and under which code. It looks into the archive
// that the group has, not at a note of its own.
func (p *Polls) Outcome(ctx context.Context, id ID, m Member) (code string, counted bool, err error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return "", false, err
	}
	if poll.State != StateCounted {
		return "", false, fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotCounted)
	}
	if !poll.entitled(m) {
		return "", false, fmt.Errorf("poll %s: %w", id, ErrNotEntitled)
	}
	codes, err := p.codes(ctx, id)
	if err != nil {
		return "", false, err
	}
	token, err := p.token(ctx, id, m)
	if err != nil {
		return "", false, err
	}
	credential, err := belenios.PublicCredential(poll.Group, string(id), token)
	if err != nil {
		return "", false, fmt.Errorf("poll %s: deriving a credential: %w", id, err)
	}
	code, counted = codes[credential]
	return code, counted, nil
}

// codes are the codes of the ballots in a poll's archive by credential. The archive never
// changes: it is read for the first who asks, and what was found in it is kept until the end.
func (p *Polls) codes(ctx context.Context, id ID) (map[string]string, error) {
	p.mu.Lock()
	codes := p.counted[id]
	p.mu.Unlock()
	if codes != nil {
		return codes, nil
	}
	papers, err := p.papers(ctx, id, paperArchive)
	if err != nil {
		return nil, err
	}
	ballots, err := box.Read(papers[0])
	if err != nil {
		return nil, fmt.Errorf("poll %s: %w", id, err)
	}
	codes = make(map[string]string, len(ballots))
	for credential, ballot := range ballots {
		codes[credential] = belenios.Code(belenios.Tracker(ballot))
	}
	p.mu.Lock()
	p.counted[id] = codes
	p.mu.Unlock()
	return codes, nil
}
