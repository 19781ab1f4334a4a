package voting

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"stimmbote/voting/belenios"
)

// Outcome says whether a vote of m is among those that were closed and under which code; an open
// vote has no codes. It looks into the very bytes that the group has the hash of, not at a note of
// its own.
func (p *Polls) Outcome(ctx context.Context, id ID, m Member) (code string, counted bool, err error) {
	poll, err := p.closedPoll(ctx, id)
	if err != nil {
		return "", false, err
	}
	if !poll.entitled(m) {
		return "", false, fmt.Errorf("poll %s: %w", id, ErrNotEntitled)
	}
	found, err := p.found(ctx, poll)
	if err != nil {
		return "", false, err
	}
	tracker, counted := found[m]
	return belenios.Code(tracker), counted, nil
}

// Voted are those whose ballot is among the closed ones, sorted. They must be as many as there are
// ballots: otherwise it is [ErrNumbers], and the poll gets no verdict.
func (p *Polls) Voted(ctx context.Context, id ID) ([]Member, error) {
	poll, err := p.closedPoll(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.voted(ctx, poll)
}

// closedPoll is a poll whose ballots are fixed, and whose roll is not forgotten.
func (p *Polls) closedPoll(ctx context.Context, id ID) (*Poll, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return nil, err
	}
	if poll.State != StateClosed && poll.State != StateCounted {
		return nil, fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotClosed)
	}
	return poll, nil
}

func (p *Polls) voted(ctx context.Context, poll *Poll) ([]Member, error) {
	found, err := p.found(ctx, poll)
	if err != nil {
		return nil, err
	}
	if n := found[nobody]; n != "" {
		return nil, fmt.Errorf("poll %s has ballots of nobody on its roll, such as %s: %w: %w", poll.ID, n, ErrChanged, ErrNumbers)
	}
	all := make([]Member, 0, len(found))
	for m := range found {
		all = append(all, m)
	}
	slices.Sort(all)
	return all, nil
}

// nobody stands for whoever has a ballot and is not on the roll. No member is called that.
const nobody = Member("")

// findings are the trackers of the ballots with a closed hash, by member.
type findings struct {
	hash     string
	trackers map[Member]string
}

// found are the trackers of the closed ballots by member. What has a closed hash never changes: it is
// read for the first who asks, and what was found is kept until the end.
func (p *Polls) found(ctx context.Context, poll *Poll) (map[Member]string, error) {
	if !poll.sealed() {
		return p.findOpen(ctx, poll)
	}
	p.mu.Lock()
	known := p.counted[poll.ID]
	p.mu.Unlock()
	if known.trackers != nil && known.hash == poll.ClosedHash {
		return known.trackers, nil
	}
	trackers, err := p.findSealed(ctx, poll)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.counted[poll.ID] = findings{hash: poll.ClosedHash, trackers: trackers}
	p.mu.Unlock()
	return trackers, nil
}

// findSealed looks for the credential of each member among the ballots.
func (p *Polls) findSealed(ctx context.Context, poll *Poll) (map[Member]string, error) {
	closed, err := p.bound(ctx, poll)
	if err != nil {
		return nil, err
	}
	contents, err := belenios.Read(bytes.NewReader(closed), int64(len(closed)))
	if err != nil {
		return nil, fmt.Errorf("reading the ballots of poll %s: %w: %w", poll.ID, ErrChanged, err)
	}
	if contents.ClosedHash != poll.ClosedHash {
		return nil, fmt.Errorf("the ballots of poll %s have hash %s: %w", poll.ID, contents.ClosedHash, ErrChanged)
	}
	ballots := make(map[string][]byte, len(contents.Ballots))
	for i, credential := range contents.Credentials {
		ballots[credential] = contents.Ballots[i]
	}
	tokens, err := p.registrar.Tokens(ctx, string(poll.ID), keyName(poll.ID))
	if err != nil {
		return nil, fmt.Errorf("looking up the tokens of poll %s: %w", poll.ID, p.perhapsLost(poll.ID, err))
	}
	found := make(map[Member]string, len(ballots))
	for _, m := range poll.Roll {
		credential, err := belenios.PublicCredential(poll.Group, string(poll.ID), tokens[string(m)])
		if err != nil {
			return nil, fmt.Errorf("poll %s: deriving a credential: %w", poll.ID, err)
		}
		if ballot, ok := ballots[credential]; ok {
			found[m] = belenios.Tracker(ballot)
			delete(ballots, credential)
		}
	}
	for _, ballot := range ballots {
		found[nobody] = belenios.Tracker(ballot)
	}
	return found, nil
}
