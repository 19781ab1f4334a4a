package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// composeBallot is what a member is asked, as long as the vote is open.
func (b *Bot) composeBallot(ctx context.Context, t *page, d chat.Delivery, p *voting.Poll) (chat.Content, error) {
	if p.State != voting.StateOpen {
		return chat.Content{}, chat.ErrObsolete
	}
	name, err := b.Line.RoomName(ctx, string(p.Place))
	if err != nil {
		return chat.Content{}, fmt.Errorf("asking for the name of %s: %w", p.Place, err)
	}
	c, err := b.called(ctx, d.Person, p)
	if err != nil {
		return chat.Content{}, err
	}
	t.add("ballot.title", "question", title(p.Asked))
	t.add("ballot.group", "group", i18n.Name(name, mostName))
	t.gap()
	t.addNumbered(p.Asked)
	t.gap()
	if !p.Terms.OnlySealed { // nobody is asked to answer here
		t.addHow(p.Asked)
		t.addFront(c)
	}
	t.add("ballot.alone")
	t.gap()
	t.addLabel(p)
	if err := b.addTogether(ctx, t, p); err != nil {
		return chat.Content{}, err
	}
	switch {
	case p.Terms.InCall:
		t.addCount("ballot.in-call", len(p.Roll))
	case p.Terms.Picked:
		t.addCount("ballot.picked", len(p.Roll))
	}
	switch {
	case p.Terms.NoRevote && p.Terms.OnlySealed: // nobody is asked again here
		t.add("booth.final")
	case p.Terms.NoRevote:
		t.add("ballot.final")
	}
	if p.Level() == voting.Open {
		return t.content(false), nil
	}
	token, err := b.Polls.Token(ctx, p.ID, voting.Member(d.Person))
	if err != nil {
		return chat.Content{}, err
	}
	b.addLink(t, p, token)
	t.add("ballot.token", "token", token)
	return t.content(false), nil
}

func (b *Bot) composeReceipt(ctx context.Context, t *page, d chat.Delivery, a about, p *voting.Poll) (chat.Content, error) {
	var r receipt
	if err := b.unseal(ctx, d, a, &r); err != nil {
		return chat.Content{}, err
	}
	b.Checkpoint("cast.after-durable")
	if r.Unread {
		return b.composeUnread(ctx, t, d, r, p)
	}
	if _, err := p.Asked.Vote(r.Choice); err != nil {
		return chat.Content{}, fmt.Errorf("a receipt of poll %s: %w", p.ID, err)
	}
	c, err := b.called(ctx, d.Person, p)
	if err != nil {
		return chat.Content{}, err
	}
	t.addCalled(c)
	answer := choiceIn(t.texts, p.Asked, r.Choice)
	all := p.Asked.Kind == voting.KindSeveral || p.Asked.Kind == voting.KindSingly
	switch beside := c != nil && c.Several; {
	case p.Terms.NoRevote && beside:
		t.add("ballot.receipt.final-beside", "answer", answer)
	case p.Terms.NoRevote:
		t.add("ballot.receipt.final", "answer", answer)
	case all && beside:
		t.add("ballot.receipt.all-beside", "answer", answer, "letter", c.Letter)
	case all:
		t.add("ballot.receipt.all", "answer", answer)
	case beside:
		t.add("ballot.receipt.number-beside", "answer", answer, "letter", c.Letter)
	default:
		t.add("ballot.receipt.number", "answer", answer)
	}
	t.addCheck(r.Tracker, r.Code)
	if r.Replaced {
		t.add("ballot.replaced")
	}
	if err := b.addMissing(ctx, t, c); err != nil {
		return chat.Content{}, err
	}
	return t.content(false), nil
}

// addMissing says in which other votes somebody has not voted, so that nobody takes one receipt for the end.
func (b *Bot) addMissing(ctx context.Context, t *page, c *called) error {
	if c == nil || !c.Several {
		return nil
	}
	for _, p := range c.Missing {
		if p.Terms.OnlySealed {
			t.add("ballot.receipt.missing-link", "question", title(p.Asked))
			continue
		}
		letter, err := b.letter(ctx, p)
		if err != nil {
			return err
		}
		t.add("ballot.receipt.missing", "letter", letter, "question", title(p.Asked))
	}
	if len(c.Missing) == 0 {
		t.add("ballot.receipt.done")
	}
	return nil
}

// hint is the payload of what somebody is told who did not answer clearly.
type hint struct {
	Poll voting.ID `json:"poll"`
	Key  string    `json:"key"`
	Kept bool      `json:"kept,omitempty"` // there is a vote from before
}

// composeHint says what is wrong with an answer, and asks for another one.
func (b *Bot) composeHint(ctx context.Context, t *page, d chat.Delivery, p *voting.Poll) (chat.Content, error) {
	var h hint
	if err := json.Unmarshal(d.Payload, &h); err != nil {
		return chat.Content{}, fmt.Errorf("reading what is wrong with an answer: %w", err)
	}
	if p.Terms.OnlySealed {
		if err := b.addOnlyLink(ctx, t, p, d.Person); err != nil {
			return chat.Content{}, err
		}
	} else {
		c, err := b.called(ctx, d.Person, p)
		if err != nil {
			return chat.Content{}, err
		}
		t.addCalled(c)
		t.add(h.Key)
		t.addChoose(p.Asked)
		t.addFront(c)
	}
	if h.Kept {
		t.add("ballot.kept")
	}
	if err := b.addHelper(ctx, t, string(p.Place)); err != nil {
		return chat.Content{}, err
	}
	return t.content(false), nil
}

func (b *Bot) composeOutcome(ctx context.Context, t *page, d chat.Delivery, a about, p *voting.Poll) (chat.Content, error) {
	b.Checkpoint("close.before-outcome")
	var o outcome
	if err := b.unseal(ctx, d, a, &o); err != nil {
		return chat.Content{}, err
	}
	switch {
	case o.Counted:
		t.add("ballot.counted", "question", p.Question)
		t.addCheck(o.Tracker, o.Code)
	default:
		t.add("ballot.not-cast", "question", p.Question)
		b.doubt(d.Person, p)
	}
	return t.content(false), nil
}

// addCheck says under which words and which code a ballot is found, if it is a sealed one.
func (t *page) addCheck(tracker, code string) {
	if words := voting.Words(tracker, t.texts.Language()); words != nil {
		t.add("ballot.receipt.words", "words", strings.Join(words, "-"), "code", code)
	}
}
