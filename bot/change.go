package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// isChange says whether a message begins with the word that changes a draft.
func (b *Bot) isChange(m chat.Message) bool {
	if m.Kind != chat.Text {
		return false
	}
	word, _ := firstWord(m.Body)
	return b.words.is("poll.words.change", word)
}

// firstWord splits a text behind its first word.
func firstWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ':' })
	if end < 0 {
		return text, ""
	}
	return text[:end], strings.TrimLeftFunc(text[end:], func(r rune) bool { return unicode.IsSpace(r) || r == ':' })
}

// change changes a draft as its asker says, in plain words or with options, and shows it anew.
func (b *Bot) change(ctx context.Context, m chat.Message, p *voting.Poll) error {
	_, rest := firstWord(m.Body)
	a, err := takeOptions(withIDs(rest, m.Mentions), commandOptions)
	if err != nil {
		return err
	}
	w := wishOf(p)
	if err := b.apply(&w, a.options); err != nil {
		return err
	}
	if a.text == "" && len(a.options) == 0 {
		return b.reply(ctx, m, say{Key: "poll.change.how", Notice: true})
	}
	if err := b.reword(&w, a.text); err != nil {
		return err
	}
	elects, err := b.elects(ctx, p.ID)
	if err != nil {
		return err
	}
	if err := b.addTellers(ctx, m.Room, &w, elects); err != nil {
		return err
	}
	t, err := b.texts(ctx, m.Room)
	if err != nil {
		return err
	}
	draft, err := w.draft(t)
	if err != nil {
		return err
	}
	draft.Roll = p.Roll
	if _, given := a.options["who"]; given {
		if draft.Roll, err = b.picked(ctx, m, w.who); err != nil {
			return err
		}
	}
	return b.offer(ctx, m, draft, elects)
}

// reword changes a wish by what somebody says in plain words, piece by piece: "2/3, 10 minutes".
// What says "question:" or "options:" takes the rest of its line.
func (b *Bot) reword(w *wish, text string) error {
	for line := range strings.SplitSeq(text, "\n") {
		head, rest, ok := strings.Cut(line, ":")
		switch {
		case ok && b.words.is("vote.words.question", head):
			if w.text = i18n.Clean(unquoted(strings.TrimSpace(rest))); w.text == "" {
				return refuse("refusal.no-question")
			}
			continue
		case ok && b.words.is("vote.words.options", head):
			w.options = cleaned(strings.FieldsFunc(rest, func(r rune) bool { return r == '|' || r == ',' || r == ';' }))
			continue
		}
		for piece := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ',' || r == ';' }) {
			if piece = strings.TrimSpace(piece); piece == "" {
				continue
			}
			if err := b.rewordPiece(w, piece); err != nil {
				return err
			}
		}
	}
	return nil
}

// rewordPiece changes a wish by one piece: "2/3", or two that an "and" joins.
func (b *Bot) rewordPiece(w *wish, piece string) error {
	if slices.ContainsFunc(b.pieces(), func(understood func(*wish, string) bool) bool { return understood(w, piece) }) {
		return nil
	}
	if b.words.is("vote.words.level.higher", piece) {
		return refuse("refusal.level")
	}
	words := strings.Fields(piece)
	for i, word := range words {
		if i > 0 && i < len(words)-1 && b.words.is("vote.words.and", word) {
			return cmp.Or(b.rewordPiece(w, strings.Join(words[:i], " ")), b.rewordPiece(w, strings.Join(words[i+1:], " ")))
		}
	}
	return &voting.Refusal{Key: "refusal.change", Args: []any{"piece", i18n.Name(piece, mostName)}}
}

// pieces are the ways in which a piece of plain words can be understood.
func (b *Bot) pieces() []func(w *wish, piece string) bool {
	behind := func(key string, set func(*Bot, *wish, string) error) func(*wish, string) bool {
		return func(w *wish, piece string) bool {
			value, ok := b.behind(key, piece)
			return ok && set(b, w, value) == nil
		}
	}
	return []func(w *wish, piece string) bool{
		func(w *wish, piece string) bool { return b.setMajority(w, piece) == nil },
		behind("vote.words.of", (*Bot).setBase),
		behind("vote.words.quorum", (*Bot).setQuorum),
		behind("vote.words.choose", (*Bot).setChoose),
		behind("vote.words.until", (*Bot).setUntil),
		behind("vote.words.objection", (*Bot).setObjection),
		func(w *wish, piece string) bool { return b.setFor(w, piece) == nil },
		func(w *wish, piece string) bool { return b.setLevel(w, piece) == nil },
		b.flagPiece,
	}
}

// behind is what stands behind one of the phrases of a key that a piece begins with.
func (b *Bot) behind(key, piece string) (rest string, ok bool) {
	words := strings.Fields(piece)
	for n := len(words) - 1; n > 0; n-- {
		if b.words.is(key, strings.Join(words[:n], " ")) {
			return strings.Join(words[n:], " "), true
		}
	}
	return "", false
}

// flagPiece switches on or off what a vote has or has not.
func (b *Bot) flagPiece(w *wish, piece string) bool {
	switch {
	case b.words.is("answer.words.invalid", piece):
		w.invalid = true
	case b.words.is("vote.words.valid", piece):
		w.invalid = false
	case b.words.is("vote.words.final", piece):
		w.terms.NoRevote = true
	case b.words.is("vote.words.revote", piece):
		w.terms.NoRevote = false
	case b.words.is("vote.words.sealed", piece):
		return b.setSealed(w, "") == nil
	case b.words.is("vote.words.unsealed", piece):
		w.terms.OnlySealed = false
	case b.words.is("vote.words.hide", piece):
		w.terms.HideVoters = true
	case b.words.is("vote.words.rehearsal", piece):
		w.terms.Rehearsal = true
	case b.words.is("vote.words.no-deadline", piece):
		w.terms.Lasts, w.terms.Until = 0, time.Time{}
	default:
		return false
	}
	return true
}
