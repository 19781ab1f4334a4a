package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/voting"
)

// whichOf is the payload of the question which vote somebody means.
type whichOf struct {
	Lead   string      `json:"lead"` // the sentence that asks
	Letter string      `json:"letter,omitempty"`
	Over   string      `json:"over,omitempty"` // the question of a vote that is over
	Word   string      `json:"word,omitempty"` // the key of what they said without a letter, if that was no answer
	Polls  []voting.ID `json:"polls"`
	Kept   bool        `json:"kept,omitempty"` // there is a vote from before in the only one
}

// askWhich asks which of several votes somebody means.
func (b *Bot) askWhich(ctx context.Context, m chat.Message, w whichOf, open []*voting.Poll) error {
	if !b.may("hint "+m.Sender, mostHints, hintsWithin) {
		return b.noted(ctx, m)
	}
	for _, p := range open {
		w.Polls = append(w.Polls, p.ID)
	}
	if len(open) == 1 {
		voted, err := b.hasVoted(ctx, m, open[0])
		if err != nil {
			return err
		}
		w.Kept = voted
	}
	asked := b.to(m, "reply/"+m.ID, kindWhich, w)
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, asked) })
}

// lead is the sentence before these votes: where none of them is answered here, nobody is asked to.
func (w whichOf) lead(open []*voting.Poll) string {
	here := slices.ContainsFunc(open, func(p *voting.Poll) bool { return !p.Terms.OnlySealed })
	switch {
	case here:
		return w.Lead
	case w.Over != "":
		return "ballot.over-link"
	}
	return "ballot.which-link"
}

// composeWhich lists the votes that are still open, with their letters, or the link where that is the only way.
func (b *Bot) composeWhich(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	var w whichOf
	if err := json.Unmarshal(d.Payload, &w); err != nil {
		return chat.Content{}, fmt.Errorf("reading which votes are open: %w", err)
	}
	var open []*voting.Poll
	for _, id := range w.Polls {
		p, err := b.Polls.Poll(ctx, id)
		if err != nil {
			return chat.Content{}, err
		}
		if p.State == voting.StateOpen {
			open = append(open, p)
		}
	}
	if len(open) == 0 {
		return chat.Content{}, chat.ErrObsolete
	}
	t, err := b.page(ctx, d, string(open[0].Place))
	if err != nil {
		return chat.Content{}, err
	}
	t.add(w.lead(open), "letter", w.Letter, "over", w.Over)
	for _, p := range open {
		if p.Terms.OnlySealed {
			t.add("ballot.which.link", "question", title(p.Asked))
			continue
		}
		letter, err := b.letter(ctx, p)
		if err != nil {
			return chat.Content{}, err
		}
		if w.Word != "" {
			t.add("ballot.which.word", "letter", letter, "word", t.word(w.Word), "question", title(p.Asked))
			continue
		}
		t.add("ballot.which.poll", "letter", letter, "question", title(p.Asked), "options", strings.Join(numbered(t.texts, p.Asked), ", "))
	}
	if w.Kept {
		t.add("ballot.kept")
	}
	return t.content(false), nil
}

// word is the first of the words of a key, as people are told to write it.
func (t *page) word(key string) string {
	if key == wordsOK {
		return "OK" // in every language
	}
	first, _, _ := strings.Cut(t.texts.Text(key), ",")
	return first
}
