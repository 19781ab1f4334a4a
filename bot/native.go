package bot

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/voting"
)

// nativeKey is the key of the poll of the clients' own kind beside a ballot, given by the ballot's.
func nativeKey(ballot string) string { return ballot + "/native" }

// native is the delivery of such a poll beside a ballot, for those who would rather tap. What is
// tapped is a vote, so it goes only where votes are secret.
func native(ballot chat.Delivery) chat.Delivery {
	ballot.Key, ballot.Kind = nativeKey(ballot.Key), kindNative
	return ballot
}

// taps says whether a question can be asked by something to tap at: clients show one list of so
// many options.
func (b *Bot) taps(p *voting.Poll) bool {
	return b.Native && !p.Terms.OnlySealed && len(tappable(p.Asked)) <= chat.MostOptions && (p.Asked.Kind != voting.KindSingly || len(p.Asked.Options) == 1)
}

// tappable are the choices of which each option of such a poll is one. Their numbers are those of
// the ballot.
func tappable(q voting.Question) []voting.Choice {
	names := q.Options
	if q.Kind == voting.KindSingly {
		names = q.Answers
	}
	all := make([]voting.Choice, 0, len(names)+1)
	for i := range names {
		all = append(all, voting.Choice{Options: []int{i}})
	}
	if q.Invalid {
		all = append(all, voting.Choice{Invalid: true})
	}
	return all
}

// composeNative asks in the way that clients have of their own, as long as the vote is open.
func (b *Bot) composeNative(t *page, p *voting.Poll) (chat.Content, error) {
	if p.State != voting.StateOpen {
		return chat.Content{}, chat.ErrObsolete
	}
	// All IDs are of one length, because that of the answer can be seen.
	t.add("ballot.native", "question", title(p.Asked))
	poll := &chat.Poll{Question: strings.Join(t.plain, "\n"), Most: p.Asked.Most}
	for i, choice := range tappable(p.Asked) {
		poll.Options = append(poll.Options, chat.Option{ID: fmt.Sprintf("%02d", i+1), Text: choiceIn(t.texts, p.Asked, choice)})
	}
	return chat.Content{Poll: poll}, nil
}

// tapped is what somebody chose by tapping, if that is clear.
func tapped(q voting.Question, ids []string) (voting.Choice, answer.Finding) {
	choices := tappable(q)
	var all voting.Choice
	for _, id := range ids {
		n, err := strconv.Atoi(id)
		if err != nil || n < 1 || n > len(choices) {
			return voting.Choice{}, answer.Unclear
		}
		all.Options = append(all.Options, choices[n-1].Options...)
		all.Invalid = all.Invalid || choices[n-1].Invalid
	}
	slices.Sort(all.Options)
	several := q.Kind == voting.KindSeveral
	switch n := len(ids); {
	case n == 0, all.Invalid && n > 1, len(slices.Compact(slices.Clone(all.Options))) < len(all.Options):
		return voting.Choice{}, answer.Unclear
	case all.Invalid:
		return all, answer.Clear
	case several && n > q.Most:
		return voting.Choice{}, answer.Many
	case several && n < q.Least:
		return voting.Choice{}, answer.Few
	case !several && n > 1:
		return voting.Choice{}, answer.Two
	}
	return all, answer.Clear
}

// read says what a message chooses in a poll, if that is clear.
func (b *Bot) read(m chat.Message, p *voting.Poll) (voting.Choice, answer.Finding) {
	if m.Kind == chat.Choice {
		return tapped(p.Asked, m.Choices)
	}
	return b.sheet(p).Read(m.Body)
}

// withNatives adds to ballots what can be tapped beside them, behind all of them: a ballot must
// not wait for what is only more convenient.
func (b *Bot) withNatives(p *voting.Poll, ballots []chat.Delivery) []chat.Delivery {
	if !b.taps(p) {
		return ballots
	}
	all := slices.Clone(ballots)
	for _, d := range ballots {
		all = append(all, native(d))
	}
	return all
}

// natives are the events of what somebody could tap at in a vote.
func (b *Bot) natives(ctx context.Context, id voting.ID, m voting.Member) ([]string, error) {
	keys, err := b.ballotKeys(ctx, id, m)
	if err != nil {
		return nil, err
	}
	var events []string
	for _, k := range keys {
		event, _, err := b.Line.Event(ctx, nativeKey(k))
		if err != nil {
			return nil, err
		}
		if event != "" {
			events = append(events, event)
		}
	}
	return events, nil
}

// ballotKeys are the keys of somebody's ballot and of its newest copy.
func (b *Bot) ballotKeys(ctx context.Context, id voting.ID, m voting.Member) ([]string, error) {
	keys := []string{ballotKey(id, m)}
	again, err := b.Store.Setting(ctx, inPoll(id, string(m)), settingAgain)
	if err != nil || again == "" {
		return keys, err
	}
	return append(keys, again), nil
}
