package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

// cancelCommand drops the sender's draft, stops an opening, or voids a vote of the group that is not
// counted yet: everybody is told, and the question is offered again.
func (b *Bot) cancelCommand(ctx context.Context, m chat.Message, a arguments) error {
	p, err := b.endable(ctx, m, a.text)
	switch {
	case err != nil:
		return err
	case p == nil:
		return refuse("refusal.no-vote")
	case p.State == voting.StateDraft:
		return b.cancel(ctx, m, p)
	case p.State == voting.StateAsked, p.State == voting.StateSet:
		return b.cancelAsked(ctx, m, p)
	}
	if err := b.mayClose(ctx, m, p); err != nil {
		return err
	}
	again := draftOf(p, p.Roll)
	if !again.Terms.Until.After(b.Now()) {
		again.Terms.Until = time.Time{}
	}
	return b.voidFor(ctx, m, p, again)
}

// endable is the vote that the sender of a message wishes to end: the one that a word names by its letter
// or number, or the only one. One that has not begun has neither, nor has a closed rehearsal: words of their own name them.
func (b *Bot) endable(ctx context.Context, m chat.Message, word string) (*voting.Poll, error) {
	all, err := b.Polls.InPlace(ctx, voting.Place(m.Room))
	if err != nil {
		return nil, fmt.Errorf("looking for the polls of %s: %w", m.Room, err)
	}
	t, err := b.texts(ctx, m.Room)
	if err != nil {
		return nil, err
	}
	var could []*voting.Poll
	var list []string
	word = strings.TrimPrefix(word, "#")
	if p := b.rehearsal(all, word); p != nil {
		return p, nil
	}
	for _, p := range all {
		var names []string
		switch p.State {
		case voting.StateDraft, voting.StateAsked, voting.StateSet:
			if p.State == voting.StateDraft && p.Asker != voting.Member(m.Sender) {
				continue
			}
			names = []string{t.Text("poll.cancel.new")}
			if b.words.is("poll.words.new", word) {
				return p, nil
			}
		case voting.StateOpen, voting.StateClosed:
			if p.State == voting.StateOpen {
				letter, err := b.letter(ctx, p)
				if err != nil {
					return nil, err
				}
				names = append(names, letter)
			}
			if p.Number > 0 || p.State == voting.StateClosed {
				names = append(names, closedName(t, all, p))
			}
			if slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, word) }) {
				return p, nil
			}
		default:
			continue
		}
		could, list = append(could, p), append(list, names[0]+": "+p.Question)
	}
	_, notNumber := strconv.Atoi(word)
	named := notNumber == nil || isLetter(word) || b.words.is("poll.words.new", word)
	switch {
	case len(could) == 0:
		return nil, nil
	case len(could) == 1 && !named && !b.namesOther(word, could[0]):
		return could[0], nil
	case len(could) == 1:
		return nil, &voting.Refusal{Key: "refusal.not-this-cancel", Args: []any{"word", strings.ToUpper(word), "list", list[0]}}
	}
	slices.Sort(list)
	return nil, &voting.Refusal{Key: "refusal.which-cancel", Args: []any{"list", strings.Join(list, "\n")}}
}

// voidFor ends a vote without a result and shows the draft of another one in its place.
func (b *Bot) voidFor(ctx context.Context, m chat.Message, p *voting.Poll, again voting.Draft) error {
	members, err := b.roll(ctx, m.Room)
	if err != nil {
		return err
	}
	picked := again.Roll
	again.Roll = members
	if again.Terms.Picked {
		again.Roll = slices.DeleteFunc(picked, func(m voting.Member) bool { return !slices.Contains(members, m) })
	}
	elects, err := b.elects(ctx, p.ID)
	if err != nil {
		return err
	}
	err = b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.stop(ctx, p, "ballot.void", b.Polls.Abandon); err != nil {
			return err
		}
		cards, err := b.draft(ctx, m, again, elects, members)
		if err != nil {
			return err
		}
		void := b.to(m, "reply/"+m.ID, kindSay, of(p, say{Key: "poll.void", Args: []any{"question", p.Question}}))
		return b.done(ctx, m, append([]chat.Delivery{void}, cards...)...)
	})
	if err != nil {
		return err
	}
	b.forget(p.ID)
	b.awake()
	return nil
}
