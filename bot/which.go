package bot

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/voting"
)

// settingLetter is the letter that a vote has among those that somebody may answer at once.
const settingLetter = "letter"

// letters are given to open votes, each to one.
const letters = "ABCDEFGHJKLMNPQRSTUVWXYZ"

// giveLetter gives a vote that begins the first letter that nobody on its roll has an open ballot
// with. It belongs into the transaction of the opening.
func (b *Bot) giveLetter(ctx context.Context, p *voting.Poll) error {
	live, err := b.Polls.Live(ctx)
	if err != nil {
		return err
	}
	var taken strings.Builder
	for _, other := range live {
		shared := slices.ContainsFunc(other.Roll, func(m voting.Member) bool { return slices.Contains(p.Roll, m) })
		if other.ID == p.ID || other.State != voting.StateOpen || !shared {
			continue
		}
		letter, err := b.letter(ctx, other)
		if err != nil {
			return err
		}
		taken.WriteString(letter)
	}
	for _, letter := range letters {
		if !strings.ContainsRune(taken.String(), letter) {
			return b.Store.PutSetting(ctx, string(p.ID), settingLetter, string(letter))
		}
	}
	return refuse("refusal.busy")
}

// settingInCall is that a vote was opened while the group was in its call.
const settingInCall = "in call"

// noteCall notes whether the group is in its call at the opening of a vote: whoever sits there
// waits for their answer, so it comes first of several. It belongs into the transaction of the
// opening.
func (b *Bot) noteCall(ctx context.Context, p *voting.Poll) error {
	call, err := b.Store.CallByRoom(ctx, string(p.Place))
	if err != nil || call == nil || len(b.inCall(call.MediaRoom())) == 0 {
		return err
	}
	return b.Store.PutSetting(ctx, string(p.ID), settingInCall, "yes")
}

// openTo are the votes in which somebody may answer now, those first that were opened during a call.
func (b *Bot) openTo(ctx context.Context, person string) ([]*voting.Poll, error) {
	open, err := b.Polls.OpenTo(ctx, voting.Member(person))
	if err != nil || len(open) < 2 {
		return open, err
	}
	calls, err := b.Store.SettingsNamed(ctx, settingInCall)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(open, func(p, q *voting.Poll) int { return -cmp.Compare(calls[string(p.ID)], calls[string(q.ID)]) })
	return open, nil
}

// letter is the letter of a vote.
func (b *Bot) letter(ctx context.Context, p *voting.Poll) (string, error) {
	letter, err := b.Store.Setting(ctx, string(p.ID), settingLetter)
	if err != nil || letter == "" {
		return letters[:1], err
	}
	return letter, nil
}

// which finds the vote that a message in the direct chat is about: the one whose ballot or receipt
// it replies to, the one whose letter it begins with, or the only one. The letter is taken off the
// message. Nil means that it could be any of them.
func (b *Bot) which(ctx context.Context, m chat.Message, open []*voting.Poll) (*voting.Poll, chat.Message, error) {
	for _, p := range open {
		about, err := b.repliesTo(ctx, m, p)
		if err != nil {
			return nil, m, err
		}
		if about {
			said, err := b.withoutLetter(ctx, m, p)
			return p, said, err
		}
	}
	switch {
	case m.Kind == chat.Choice:
		return nil, m, refuse("ballot.tapped-elsewhere")
	case len(open) == 1:
		return b.only(ctx, m, open[0])
	}
	for _, p := range open {
		letter, err := b.letter(ctx, p)
		if err != nil {
			return nil, m, err
		}
		if rest, ok := behindLetter(m.Body, letter); ok {
			err := b.elsewhere(ctx, m, open)
			m.Body = rest
			return p, m, err
		}
	}
	return nil, m, nil
}

// elsewhere refuses a message that replies to, or stands in the thread of, something that is about none of these votes,
// or that is not known.
func (b *Bot) elsewhere(ctx context.Context, m chat.Message, open []*voting.Poll) error {
	what := cmp.Or(m.ReplyTo, m.Thread)
	if what == "" {
		return nil
	}
	group, known, err := b.Store.GroupOf(ctx, what)
	if err != nil {
		return err
	}
	here := func(p *voting.Poll) bool { return string(p.ID) == group }
	if !known || group != "" && !slices.ContainsFunc(open, here) {
		return refuse("ballot.tapped-elsewhere")
	}
	return nil
}

// only is a message while one vote is open: people go on writing the letters that several had. One with the letter of a
// vote that is over is refused, as is a reply to its ballot, because what it chooses there may be something else here.
func (b *Bot) only(ctx context.Context, m chat.Message, p *voting.Poll) (*voting.Poll, chat.Message, error) {
	said, err := b.withoutLetter(ctx, m, p)
	if _, found := b.read(said, p); err == nil && found == answer.Clear && cmp.Or(m.ReplyTo, m.Thread) != "" {
		return p, said, b.elsewhere(ctx, m, []*voting.Poll{p})
	}
	if err != nil || said.Body != m.Body || m.Kind != chat.Text {
		return p, said, err
	}
	letter, rest := letterOff(m.Body)
	said.Body = rest
	_, whole := b.read(m, p)
	if _, found := b.read(said, p); letter == "" || whole != answer.Unclear || found != answer.Clear {
		return p, m, nil
	}
	return nil, m, &voting.Refusal{Key: "ballot.letter-over", Args: []any{"letter", letter, "question", title(p.Asked)}}
}

// withoutLetter is a message about a vote without the letter of that vote, if it begins with it and says nothing as a whole.
func (b *Bot) withoutLetter(ctx context.Context, m chat.Message, p *voting.Poll) (chat.Message, error) {
	if _, found := b.read(m, p); m.Kind != chat.Text || found != answer.Unclear {
		return m, nil
	}
	letter, err := b.letter(ctx, p)
	if rest, ok := behindLetter(m.Body, letter); ok {
		m.Body = rest
	}
	return m, err
}

// letterOff is the letter that a text begins with, and what stands behind it; both are empty if there is none.
func letterOff(text string) (letter, rest string) {
	for _, l := range letters {
		if rest, ok := behindLetter(text, string(l)); ok {
			return string(l), rest
		}
	}
	return "", ""
}

// behindLetter is what stands behind a letter that a text begins with: "B 1", "b: yes", "B1".
func behindLetter(text, letter string) (string, bool) {
	text = strings.TrimLeftFunc(text, invisible)
	if len(text) < 2 || !strings.EqualFold(text[:1], letter) || unicode.IsLetter([]rune(text[1:])[0]) {
		return "", false
	}
	return strings.TrimLeftFunc(text[1:], func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".:,;=)-–", r) }), true
}

// repliesTo says whether a message replies to what the bot said to its sender about a vote.
func (b *Bot) repliesTo(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	if m.ReplyTo == "" && m.Thread == "" && m.Poll == "" {
		return false, nil
	}
	keys, err := b.ballotKeys(ctx, p.ID, voting.Member(m.Sender))
	if err != nil {
		return false, err
	}
	for _, ballot := range slices.Clone(keys) {
		keys = append(keys, nativeKey(ballot))
	}
	for n := 1; n <= mostLooked; n++ {
		keys = append(keys, receiptKey(p.ID, voting.Member(m.Sender), n))
	}
	for _, key := range keys {
		event, known, err := b.Line.Event(ctx, key)
		if err != nil {
			return false, err
		}
		if known && event != "" && (event == m.ReplyTo || event == m.Thread || event == m.Poll) {
			return true, nil
		}
	}
	return false, nil
}

// mostLooked is how many receipts of somebody are looked at for what a message replies to.
const mostLooked = 9

// askWhich asks which of several votes somebody means.
func (b *Bot) askWhich(ctx context.Context, m chat.Message, open []*voting.Poll) error {
	if !b.may("hint "+m.Sender, mostHints, hintsWithin) {
		return b.noted(ctx, m)
	}
	ids := make([]voting.ID, len(open))
	for i, p := range open {
		ids[i] = p.ID
	}
	asked := b.to(m, "reply/"+m.ID, kindWhich, ids)
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, asked) })
}

// composeWhich lists the votes that are still open, with their letters.
func (b *Bot) composeWhich(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	var ids []voting.ID
	if err := json.Unmarshal(d.Payload, &ids); err != nil {
		return chat.Content{}, fmt.Errorf("reading which votes are open: %w", err)
	}
	t, err := b.page(ctx, d, "")
	if err != nil {
		return chat.Content{}, err
	}
	t.add("ballot.which")
	for _, id := range ids {
		p, err := b.Polls.Poll(ctx, id)
		if err != nil {
			return chat.Content{}, err
		}
		letter, err := b.letter(ctx, p)
		if err != nil {
			return chat.Content{}, err
		}
		t.add("ballot.which.poll", "letter", letter, "question", title(p.Asked), "options", strings.Join(numbered(t.texts, p.Asked), ", "))
	}
	return t.content(false), nil
}

// readAny is the vote of several to which a message is a clear answer, also behind its letter; nil if there is none.
func (b *Bot) readAny(ctx context.Context, m chat.Message, open []*voting.Poll) (*voting.Poll, error) {
	for _, p := range open {
		letter, err := b.letter(ctx, p)
		if err != nil {
			return nil, err
		}
		behind := m
		if rest, ok := behindLetter(m.Body, letter); ok {
			behind.Body = rest
		}
		if _, found := b.read(behind, p); found == answer.Clear {
			return p, nil
		}
	}
	return nil, nil
}
