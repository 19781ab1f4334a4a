package voting

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// mostObjections is how many objections a poll keeps, maxWhy how many characters of each.
const (
	mostObjections = 100
	maxWhy         = 1000
)

// Objection is what somebody has against a vote.
type Objection struct {
	Member Member    `json:"member"`
	Why    string    `json:"why"`
	At     time.Time `json:"at"`
}

// objections is the paper that keeps them. Those that somebody who may decided to go on in spite of
// are counted from the first.
type objections struct {
	All      []Objection `json:"all"`
	Answered int         `json:"answered,omitempty"`
}

// Held says whether an objection holds the decryption.
func (p *Poll) Held() bool { return p.State == StateClosed && len(p.Objections) > p.answered }

// OpensAt is when the time for objections is over; zero before the close.
func (p *Poll) OpensAt() time.Time {
	if p.Closed.IsZero() {
		return time.Time{}
	}
	return p.Closed.Add(p.Terms.Objection)
}

// Object records what m has against an opened poll. Until the result is kept it holds the
// decryption, until [Polls.Proceed]; later it keeps [Polls.Retire] from deleting the poll.
// As long as there is a roll, m has to be on it or to have asked.
func (p *Polls) Object(ctx context.Context, id ID, m Member, why string, now time.Time) (*Poll, error) {
	why = strings.TrimSpace(strings.ToValidUTF8(why, "\uFFFD"))
	if utf8.RuneCountInString(why) > maxWhy {
		return nil, ErrLongQuestion.with("max", maxWhy)
	}
	return p.object(ctx, id, func(poll *Poll) error {
		switch {
		case poll.State == StateDraft || poll.State == StateCancelled:
			return fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotOpen)
		case !poll.State.Ended() && !poll.entitled(m) && m != poll.Asker:
			return fmt.Errorf("poll %s: %w", id, ErrNotEntitled)
		case len(poll.Objections) == mostObjections:
			return ErrObjections.with("max", mostObjections)
		}
		poll.Objections = append(poll.Objections, Objection{Member: m, Why: why, At: now.UTC().Truncate(time.Second)})
		return nil
	})
}

// Proceed lets a poll go on in spite of the objections that there are.
func (p *Polls) Proceed(ctx context.Context, id ID) (*Poll, error) {
	return p.object(ctx, id, func(poll *Poll) error {
		if poll.State == StateDraft || poll.State == StateCancelled {
			return fmt.Errorf("poll %s is %s: %w", id, poll.State, ErrNotOpen)
		}
		poll.answered = len(poll.Objections)
		return nil
	})
}

// object changes the objections of a poll.
func (p *Polls) object(ctx context.Context, id ID, change func(poll *Poll) error) (*Poll, error) {
	var poll *Poll
	err := p.ledger.Tx(ctx, func(ctx context.Context) (err error) {
		if poll, err = p.Poll(ctx, id); err != nil {
			return err
		}
		if err := change(poll); err != nil {
			return err
		}
		paper, err := json.Marshal(objections{All: poll.Objections, Answered: poll.answered})
		if err != nil {
			return fmt.Errorf("writing the objections of poll %s: %w", id, err)
		}
		if err := p.ledger.PutPaper(ctx, id, paperObjections, paper); err != nil {
			return fmt.Errorf("writing the objections of poll %s: %w", id, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return poll, nil
}

// objected fills in what was objected to a poll.
func (p *Polls) objected(ctx context.Context, poll *Poll) error {
	if poll.State == StateDraft {
		return nil
	}
	paper, err := p.ledger.Paper(ctx, poll.ID, paperObjections)
	if err != nil {
		return fmt.Errorf("looking up the objections of poll %s: %w", poll.ID, err)
	}
	if paper == nil {
		return nil
	}
	var o objections
	if err := json.Unmarshal(paper, &o); err != nil {
		return fmt.Errorf("reading the objections of poll %s: %w", poll.ID, err)
	}
	poll.Objections, poll.answered = o.All, o.Answered
	return nil
}
