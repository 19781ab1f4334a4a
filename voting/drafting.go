package voting

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stimmbote/voting/belenios"
	"stimmbote/voting/registrar"
)

// Draft writes down what somebody wants to ask. The roll is fixed from here on.
func (p *Polls) Draft(ctx context.Context, d Draft) (*Poll, error) {
	uuid, err := belenios.NewUUID(p.rand)
	if err != nil {
		return nil, fmt.Errorf("drawing the name of a poll: %w", err)
	}
	poll := &Poll{ID: ID(uuid), Place: d.Place, Asker: d.Asker, State: StateDraft, Group: p.group}
	asked, err := p.take(poll, d)
	if err != nil {
		return nil, fmt.Errorf("drafting a poll: %w", err)
	}
	err = p.ledger.Tx(ctx, func(ctx context.Context) error { return p.enter(ctx, poll, asked) })
	if err != nil {
		return nil, err
	}
	return poll, nil
}

// take fills in what a draft says.
func (p *Polls) take(poll *Poll, d Draft) (asking, error) {
	asked, err := d.ask()
	if err != nil {
		return asking{}, err
	}
	roll := registrar.Sorted(asNames(d.Roll))
	if slices.ContainsFunc(roll, func(m string) bool { return m == "" || strings.ContainsAny(m, "\r\n") }) {
		return asking{}, ErrMember
	}
	poll.Question, poll.Answers, poll.Roll = asked.Question.Text, slices.Clone(asked.Question.Options), asMembers(roll)
	poll.Asked, poll.Rule, poll.Terms, poll.Least = asked.Question, asked.Rule, asked.Terms, p.least(asked.Terms)
	if least := max(poll.Least, 1); len(roll) < least {
		return asking{}, ErrSmallGroup.with("min", least)
	}
	return asked, nil
}

// enter writes a draft and its roll.
func (p *Polls) enter(ctx context.Context, poll *Poll, asked asking) error {
	if err := p.put(ctx, poll); err != nil {
		return err
	}
	if err := p.note(ctx, poll.ID, asked); err != nil {
		return err
	}
	if err := p.registrar.Enter(ctx, string(poll.ID), asNames(poll.Roll)); err != nil {
		return fmt.Errorf("writing the roll of poll %s: %w", poll.ID, err)
	}
	return nil
}
