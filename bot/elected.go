package bot

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

const (
	// settingAccepted is which of the elected accept, and which do not.
	settingAccepted = "accepted"
	// acceptWithin is how long after the count somebody may say so.
	acceptWithin = 7 * 24 * time.Hour
	// mostElections is among how many of the last votes of a group they are looked for.
	mostElections = 5
)

// onElected deals with somebody who says in the group whether they accept their election. Who says it
// is taken for one of the elected by their name in the group; of anybody else it is talk. It says
// whether a message was that.
func (b *Bot) onElected(ctx context.Context, m chat.Message) (bool, error) {
	accepts, said := b.acceptance(m)
	if !said {
		return false, nil
	}
	p, winner, err := b.electedAs(ctx, m)
	if err != nil || p == nil {
		return false, err
	}
	if err := b.unforged(ctx, m); err != nil {
		return true, err
	}
	key := "poll.elected.declines"
	if accepts {
		key = "poll.elected.accepts"
	}
	return true, b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.putAccepted(ctx, p.ID, winner, accepts); err != nil {
			return err
		}
		return b.answer(ctx, m, of(p, say{Key: key, Args: []any{"name", p.Asked.Options[winner], "question", title(p.Asked)}}))
	})
}

// acceptance is what somebody says about their election, if they do: in so many words, or with others
// around them where they name the election.
func (b *Bot) acceptance(m chat.Message) (accepts, said bool) {
	within := func(key string) bool {
		text := " " + strings.Join(strings.FieldsFunc(strings.ToLower(m.Body), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }), " ") + " "
		return slices.ContainsFunc(b.words[key], func(phrase string) bool { return strings.Contains(text, " "+phrase+" ") })
	}
	switch {
	case m.Kind != chat.Text || strings.Contains(m.Body, "?"):
		return false, false
	case b.words.is("poll.words.decline", m.Body) || within("poll.words.decline.within"):
		return false, true
	}
	return true, b.words.is("poll.words.accept", m.Body) || within("poll.words.accept.within")
}

// electedAs is the newest election in which somebody was elected who has not said yet whether they
// accept, and as which candidate; nil if there is none.
func (b *Bot) electedAs(ctx context.Context, m chat.Message) (p *voting.Poll, winner int, err error) {
	live, err := b.Polls.InPlace(ctx, voting.Place(m.Room))
	if err != nil {
		return nil, 0, fmt.Errorf("looking for the polls of %s: %w", m.Room, err)
	}
	over, err := b.Polls.Earlier(ctx, voting.Place(m.Room), mostElections)
	if err != nil {
		return nil, 0, err
	}
	name, err := b.nameIn(ctx, m.Room, m.Sender)
	if err != nil {
		return nil, 0, err
	}
	for _, p := range append(live, over...) {
		elects, err := b.elects(ctx, p.ID)
		if err != nil {
			return nil, 0, err
		}
		if !elects || p.Result == nil || p.Result.Verdict == nil || b.Now().After(p.Result.At.Add(acceptWithin)) {
			continue
		}
		said, err := b.accepted(ctx, p.ID)
		if err != nil {
			return nil, 0, err
		}
		waits := slices.DeleteFunc(slices.Clone(p.Result.Verdict.Winners), func(i int) bool {
			_, known := said[i]
			return known || !sameName(p.Asked.Options[i], name)
		})
		if len(waits) == 1 {
			return p, waits[0], nil
		}
	}
	return nil, 0, nil
}

// sameName says whether two names may be of one person: one of them has all words of the other.
func sameName(a, b string) bool {
	words := func(s string) []string { return strings.Fields(strings.ToLower(i18n.Clean(s))) }
	few, many := words(a), words(b)
	if len(few) > len(many) {
		few, many = many, few
	}
	return len(few) > 0 && !slices.ContainsFunc(few, func(w string) bool { return !slices.Contains(many, w) })
}

// accepted is which of the candidates said that they accept (true) or that they do not.
func (b *Bot) accepted(ctx context.Context, id voting.ID) (map[int]bool, error) {
	value, err := b.Store.Setting(ctx, string(id), settingAccepted)
	if err != nil || value == "" {
		return map[int]bool{}, err
	}
	var all map[int]bool
	if err := json.Unmarshal([]byte(value), &all); err != nil {
		return nil, fmt.Errorf("reading who accepted in poll %s: %w", id, err)
	}
	return all, nil
}

// putAccepted notes it for one of them. It belongs into a transaction.
func (b *Bot) putAccepted(ctx context.Context, id voting.ID, winner int, accepts bool) error {
	all, err := b.accepted(ctx, id)
	if err != nil {
		return err
	}
	all[winner] = accepts
	return b.Store.PutSetting(ctx, string(id), settingAccepted, string(encode(all)))
}

// addElected asks the elected whether they accept, and says of whom it is known.
func (b *Bot) addElected(ctx context.Context, t *page, p *voting.Poll) error {
	said, err := b.accepted(ctx, p.ID)
	if err != nil {
		return err
	}
	var asked []string
	for _, i := range p.Result.Verdict.Winners {
		name := p.Asked.Options[i]
		switch accepts, known := said[i]; {
		case !known:
			asked = append(asked, name)
		case accepts:
			t.add("poll.result.accepted", "name", name)
		default:
			t.add("poll.result.declined", "name", name)
		}
	}
	if len(asked) > 0 {
		t.addCount("poll.result.accept", len(asked), "names", strings.Join(asked, ", "))
	}
	return nil
}
