package bot

import (
	"context"
	"slices"

	"stimmbote/chat"
	"stimmbote/voting"
)

// called is how a vote is called to somebody who could take it for another one of theirs.
type called struct {
	Question string
	Letter   string         // empty if nobody was told it
	Several  bool           // others are open to them now
	Missing  []*voting.Poll // of these, those in which they have not voted
}

// called is how a vote is called to somebody, nil if they have no other one and had none of late.
func (b *Bot) called(ctx context.Context, person string, p *voting.Poll) (*called, error) {
	open, err := b.openTo(ctx, person)
	if err != nil {
		return nil, err
	}
	past, err := b.oversOf(ctx, person)
	if err != nil {
		return nil, err
	}
	c := &called{Question: title(p.Asked)}
	for _, other := range open {
		if other.ID == p.ID {
			continue
		}
		c.Several = true
		voted, err := b.voted(ctx, other, voting.Member(person))
		if err != nil {
			return nil, err
		}
		if !voted {
			c.Missing = append(c.Missing, other)
		}
	}
	if !c.Several && !slices.ContainsFunc(past, func(o over) bool { return o.Poll != p.ID && o.near(b.Now()) }) {
		return nil, nil
	}
	beside, err := b.Store.Setting(ctx, string(p.ID), settingBeside)
	if err != nil || beside == "" {
		return c, err
	}
	c.Letter, err = b.letter(ctx, p)
	return c, err
}

// front is the letter in front of what somebody is told to write, with a blank; empty if they need none.
func (c *called) front() string {
	if c == nil || c.Letter == "" {
		return ""
	}
	return c.Letter + " "
}

// addCalled says which vote a message is about.
func (t *page) addCalled(c *called) {
	if c != nil {
		t.say(c.say())
	}
}

func (c *called) say() say {
	if c.Letter == "" {
		return say{Key: "ballot.about", Args: []any{"question", c.Question}}
	}
	return say{Key: "ballot.about-letter", Args: []any{"letter", c.Letter, "question", c.Question}}
}

// needsFront says whether answers need the letter in front, because others are open.
func (c *called) needsFront() bool { return c != nil && c.Several && c.Letter != "" }

// addFront asks for the letter in front, where answers need it.
func (t *page) addFront(c *called) {
	if c.needsFront() {
		t.add("ballot.letter", "letter", c.Letter)
	}
}

// sayAbout is a sentence to somebody about a vote that says which one, where they could take it for another; with
// front also that answers to it need its letter, if there are answers to it here.
func (b *Bot) sayAbout(ctx context.Context, person string, p *voting.Poll, s say, front bool) (say, error) {
	c, err := b.called(ctx, person, p)
	if err != nil || c == nil {
		return of(p, s), err
	}
	if front && !p.Terms.OnlySealed && c.needsFront() {
		s.More = append(s.More, say{Key: "ballot.letter", Args: []any{"letter", c.Letter}})
	}
	about := c.say()
	about.Room, about.Notice, about.More = s.Room, s.Notice, []say{s}
	return of(p, about), nil
}

// hintAbout is a hint that says which vote it is about, where its reader could take it for another.
func (b *Bot) hintAbout(ctx context.Context, m chat.Message, p *voting.Poll, s say) error {
	about, err := b.sayAbout(ctx, m.Sender, p, s, false)
	if err != nil {
		return err
	}
	return b.hint(ctx, m, about)
}
