package voting

import (
	"context"
	"fmt"
	"time"

	"stimmbote/voting/belenios"
)

// Sheet is what whoever has the name of a poll may know of it: what it takes to seal a ballot, and
// what a check starts from. It names nobody, and nothing of it is secret.
type Sheet struct {
	ID     ID
	State  State
	Number int
	Asked  Question
	Terms  Terms
	Level  Level

	Opened, Ends, Closed              time.Time
	Fingerprint, RollHash, ClosedHash string
	Cast, Entitled                    int
	Papers                            belenios.Setup // of the election
	Trackers                          []string       // of the ballots that were closed, from the close on
	Result                            *Result        // from the tally on

	// What the poll does not know by itself: the name of its group, who helps there, and how its
	// people are addressed.
	Group, Contact, Language string
	Familiar                 bool
}

// Sheet is the sheet of a poll that was opened and whose ballots are sealed; of all others it is
// [ErrUnknown].
func (p *Polls) Sheet(ctx context.Context, id ID) (*Sheet, error) {
	poll, err := p.Poll(ctx, id)
	if err != nil {
		return nil, err
	}
	if !poll.sealed() || poll.Fingerprint == "" {
		return nil, fmt.Errorf("poll %s has no sheet: %w", id, ErrUnknown)
	}
	s := &Sheet{
		ID: poll.ID, State: poll.State, Number: poll.Number, Asked: poll.Asked, Terms: poll.Terms, Level: poll.Level(),
		Opened: poll.Opened, Ends: poll.Ends, Closed: poll.Closed,
		Fingerprint: poll.Fingerprint, RollHash: poll.RollHash, ClosedHash: poll.ClosedHash, Result: poll.Result,
	}
	papers, err := p.papers(ctx, id, paperElection, paperTrustees, paperCredentials)
	if err != nil {
		return nil, err
	}
	s.Papers = belenios.Setup{Election: papers[0], Trustees: papers[1], Credentials: papers[2]}
	s.Entitled = len(poll.Roll)
	switch {
	case poll.Result != nil:
		s.Cast, s.Entitled = poll.Result.Counted, poll.Result.Entitled
	default:
		if s.Cast, err = p.cast(ctx, poll); err != nil {
			return nil, err
		}
	}
	if poll.isClosed() {
		if s.Trackers, err = p.trackers(ctx, poll); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Archive is what a poll that was counted can be rechecked from, nil if there is none: of an open
// vote, of a rehearsal, and before the count.
func (p *Polls) Archive(ctx context.Context, id ID) ([]byte, error) {
	archive, err := p.ledger.Paper(ctx, id, paperArchive)
	if err != nil {
		return nil, fmt.Errorf("reading the archive of poll %s: %w", id, err)
	}
	return archive, nil
}
