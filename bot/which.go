package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/voting"
)

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

// which finds the vote that a message in the direct chat is about: the one whose ballot, receipt or
// question it replies to, the one whose letter it begins with, or the only one. The letter is taken off the
// message. Nil means that it could be any of them.
func (b *Bot) which(ctx context.Context, m chat.Message, open []*voting.Poll) (*voting.Poll, chat.Message, error) {
	for _, p := range open {
		about, err := b.repliesTo(ctx, m, p)
		if err != nil {
			return nil, m, err
		}
		if about {
			b.means(m, p)
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
			b.means(m, p)
			m.Body = rest
			return p, m, err
		}
	}
	return b.byWord(ctx, m, open)
}

// byWord is the vote whose letter stands behind a word that gives no answer: "resend B".
func (b *Bot) byWord(ctx context.Context, m chat.Message, open []*voting.Poll) (*voting.Poll, chat.Message, error) {
	words := strings.Fields(m.Body)
	if m.Kind != chat.Text || len(words) < 2 || b.words.which(chat.Message{Kind: chat.Text, Body: strings.Join(words[:len(words)-1], " ")}, wordsResend, wordsTest) == "" {
		return nil, m, nil
	}
	for _, p := range open {
		letter, err := b.letter(ctx, p)
		if err != nil {
			return nil, m, err
		}
		if strings.EqualFold(strings.Trim(words[len(words)-1], ".!)"), letter) {
			b.means(m, p)
			m.Body = strings.Join(words[:len(words)-1], " ")
			return p, m, nil
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
// vote that is over is refused, as is a reply to what was said about it, because what it chooses, or lets count, there may
// be something else here.
func (b *Bot) only(ctx context.Context, m chat.Message, p *voting.Poll) (*voting.Poll, chat.Message, error) {
	said, err := b.withoutLetter(ctx, m, p)
	if said.Body != m.Body {
		b.means(m, p)
	}
	if err != nil {
		return p, said, err
	}
	_, found := b.read(said, p)
	settles, err := b.settles(ctx, said, p)
	if err == nil && !p.Terms.OnlySealed && (found == answer.Clear || settles) && cmp.Or(m.ReplyTo, m.Thread) != "" {
		return p, said, b.elsewhere(ctx, m, []*voting.Poll{p})
	}
	if err != nil || said.Body != m.Body || m.Kind != chat.Text {
		return p, said, err
	}
	if q, said, err := b.byWord(ctx, m, []*voting.Poll{p}); err != nil || q != nil {
		return q, said, err
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

// repliesTo says whether a message replies to, or stands in the thread of, what the bot said to its sender about a vote,
// or was tapped at one of its ballots.
func (b *Bot) repliesTo(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	for _, what := range []string{m.ReplyTo, m.Thread} {
		if what == "" {
			continue
		}
		group, _, err := b.Store.GroupOf(ctx, what)
		if err != nil || group == string(p.ID) {
			return err == nil, err
		}
	}
	if m.Poll == "" {
		return false, nil
	}
	events, err := b.natives(ctx, p.ID, voting.Member(m.Sender))
	return slices.Contains(events, m.Poll), err
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
