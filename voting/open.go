package voting

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Named is who chose what in an open vote.
type Named struct {
	Member Member `json:"member"`
	Choice Choice `json:"choice"`
}

// sealed says whether answers are sealed, so that there is an election.
func (p *Poll) sealed() bool { return p.Terms.Level != Open }

// archived says whether an archive is kept.
func (p *Poll) archived() bool { return p.sealed() && !p.Terms.Rehearsal }

// least is the number of ballots below which a poll on such terms is not closed.
func (p *Polls) least(t Terms) int {
	if t.Level == Open || t.Rehearsal {
		return 0
	}
	return p.min
}

// The answers to an open poll are kept in one piece, sealed until the close like everything that
// says who did what: nobody is the first whose answer is seen.

// answers are the answers to an open poll so far.
func (p *Polls) answers(ctx context.Context, id ID) (map[Member]Choice, error) {
	papers, err := p.papers(ctx, id, paperAnswers)
	if err != nil {
		return nil, err
	}
	plain, err := p.Unseal(ctx, id, paperAnswers, papers[0])
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	all := make(map[Member]Choice)
	if err := json.Unmarshal(plain, &all); err != nil {
		return nil, fmt.Errorf("reading the answers to poll %s: %w", id, err)
	}
	return all, nil
}

func (p *Polls) putAnswers(ctx context.Context, id ID, all map[Member]Choice) error {
	plain, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("writing the answers to poll %s: %w", id, err)
	}
	defer clear(plain)
	sealed, err := p.Seal(ctx, id, paperAnswers, plain)
	if err != nil {
		return err
	}
	if err := p.ledger.PutPaper(ctx, id, paperAnswers, sealed); err != nil {
		return fmt.Errorf("writing the answers to poll %s: %w", id, err)
	}
	return nil
}

// answer writes an answer down, over an earlier one where that may be.
func (p *Polls) answer(ctx context.Context, poll *Poll, e *Envelope) (replaced bool, err error) {
	all, err := p.answers(ctx, poll.ID)
	if err != nil {
		return false, err
	}
	_, replaced = all[e.member]
	if replaced && poll.Terms.NoRevote {
		return false, ErrVoted
	}
	all[e.member] = e.choice
	return replaced, p.putAnswers(ctx, poll.ID, all)
}

// countOpen adds the answers up.
func (p *Polls) countOpen(ctx context.Context, poll *Poll) (*Result, error) {
	all, err := p.answers(ctx, poll.ID)
	if err != nil {
		return nil, err
	}
	sums := make([][]int, 0, len(poll.Asked.Sealed()))
	for _, q := range poll.Asked.Sealed() {
		sums = append(sums, make([]int, q.Slots()))
	}
	var named []Named
	for _, m := range poll.Roll {
		choice, ok := all[m]
		if !ok {
			continue
		}
		vote, err := poll.Asked.Vote(choice)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrChanged, err)
		}
		for q := range vote {
			for i, n := range vote[q] {
				sums[q][i] += n
			}
		}
		named = append(named, Named{Member: m, Choice: choice})
	}
	if len(named) != len(all) {
		return nil, fmt.Errorf("answers of nobody on the roll: %w: %w", ErrChanged, ErrNumbers)
	}
	voted := make([]Member, len(named))
	for i, one := range named {
		voted[i] = one.Member
	}
	present, err := p.present(ctx, poll, voted)
	if err != nil {
		return nil, err
	}
	result, err := newResult(poll, len(named), present, sums)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	result.Named = named
	return result, nil
}

// findOpen is who has answered an open poll: there are no trackers.
func (p *Polls) findOpen(ctx context.Context, poll *Poll) (map[Member]string, error) {
	all, err := p.answers(ctx, poll.ID)
	if err != nil {
		return nil, err
	}
	found := make(map[Member]string, len(all))
	for m := range all {
		if !slices.Contains(poll.Roll, m) {
			found[nobody] = string(m)
			continue
		}
		found[m] = ""
	}
	return found, nil
}
