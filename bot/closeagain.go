package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// closedWith is the closed vote of a room that a word names by its number, or as a rehearsal; nil if there is none.
func (b *Bot) closedWith(ctx context.Context, room, word string) (*voting.Poll, error) {
	all, err := b.Polls.InPlace(ctx, voting.Place(room))
	if err != nil {
		return nil, fmt.Errorf("looking for the polls of %s: %w", room, err)
	}
	number := parley.Number("!close " + word)
	for _, p := range all {
		if number > 0 && p.State == voting.StateClosed && p.Number == number {
			return p, nil
		}
	}
	return b.rehearsal(all, word), nil
}

// waitForClose are the closed votes of a room that are not counted before somebody with the right says close.
func (b *Bot) waitForClose(ctx context.Context, room string) ([]*voting.Poll, error) {
	all, err := b.Polls.InPlace(ctx, voting.Place(room))
	if err != nil {
		return nil, fmt.Errorf("looking for the polls of %s: %w", room, err)
	}
	var wait []*voting.Poll
	for _, p := range all {
		held, err := b.heldBack(ctx, p)
		if err != nil {
			return nil, err
		}
		if p.Held() || p.State == voting.StateClosed && slices.ContainsFunc(slices.Collect(maps.Values(held)), parley.WaitsForClose) {
			wait = append(wait, p)
		}
	}
	return wait, nil
}

// closeAgain lets a closed vote be counted that waits for somebody with the right to say so.
func (b *Bot) closeAgain(ctx context.Context, m chat.Message, p *voting.Poll) error {
	if p.Held() {
		return b.proceed(ctx, m, p)
	}
	never, err := b.uncountable(ctx, p)
	if err != nil {
		return err
	}
	if never {
		return refuse("refusal.uncountable")
	}
	held, err := b.heldBack(ctx, p)
	if err != nil || len(held) == 0 {
		return cmp.Or(err, refuse("refusal.counting"))
	}
	if err := errors.Join(b.mayClose(ctx, m, p), b.machinesHear(ctx, m, p, parley.Close)); err != nil {
		return err
	}
	return b.reply(ctx, m, say{Key: "tellers.close-read", Args: []any{"question", p.Question}, Notice: true})
}

// notOpen says why there is nothing to close, or which of several votes that wait for the word could be meant.
func (b *Bot) notOpen(ctx context.Context, m chat.Message) error {
	wait, err := b.waitForClose(ctx, m.Room)
	if err != nil {
		return err
	}
	if len(wait) > 1 {
		return b.whichClose(ctx, m, wait)
	}
	if len(wait) == 1 {
		return b.closeAgain(ctx, m, wait[0])
	}
	p, err := b.find(ctx, m.Room, func(p *voting.Poll) bool { return p.State != voting.StateDraft })
	if err != nil {
		return err
	}
	if p != nil && (p.State == voting.StateAsked || p.State == voting.StateSet) {
		return refuse("refusal.opening")
	}
	if p != nil {
		return b.closeAgain(ctx, m, p)
	}
	draft, err := b.drafted(ctx, m)
	if err != nil {
		return err
	}
	if draft != nil {
		return refuse("refusal.not-started")
	}
	return refuse("refusal.no-vote")
}

// whichClose asks which of several votes that wait for the word is meant.
func (b *Bot) whichClose(ctx context.Context, m chat.Message, wait []*voting.Poll) error {
	all, err := b.Polls.InPlace(ctx, voting.Place(m.Room))
	if err != nil {
		return fmt.Errorf("looking for the polls of %s: %w", m.Room, err)
	}
	t, err := b.texts(ctx, m.Room)
	if err != nil {
		return err
	}
	first, list := "", []string(nil)
	for _, p := range slices.Backward(wait) {
		name := closedName(t, all, p)
		first, list = cmp.Or(first, name), append(list, name+": "+p.Question)
	}
	return &voting.Refusal{Key: "refusal.which-close", Args: []any{"list", strings.Join(list, "\n"), "first", first}}
}
