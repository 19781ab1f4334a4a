package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"stimmbote/chat"
	"stimmbote/voting"
)

// mostPasted is how many bytes a ballot may have that is sent as a file. The mathematics refuses
// what is too long for its election.
const mostPasted = 1 << 20

// ballotBegins is how every sealed ballot begins.
const ballotBegins = `{"election_uuid":"`

// onPasted takes a sealed ballot that its voter sends in the direct chat, as a text or as a file,
// because the page did not reach the bot. It says whether a message was one.
func (b *Bot) onPasted(ctx context.Context, m chat.Message, open []*voting.Poll) (bool, error) {
	ballot, err := b.pasted(ctx, m, open)
	if err != nil || ballot == nil {
		return false, err
	}
	var about struct {
		Poll voting.ID `json:"election_uuid"`
	}
	if err := json.Unmarshal(ballot, &about); err != nil {
		return true, b.notTaken(ctx, m, voting.ErrMalformed)
	}
	envelope, err := b.Polls.Receive(ctx, about.Poll, ballot, b.writtenAt(m))
	if err != nil {
		return true, b.notTaken(ctx, m, err)
	}
	if envelope.Member() != voting.Member(m.Sender) {
		return true, b.notTaken(ctx, m, voting.ErrStranger)
	}
	r, err := b.castSealed(ctx, about.Poll, envelope, func(ctx context.Context) error { return b.done(ctx, m) })
	if err != nil {
		return true, b.notTaken(ctx, m, err)
	}
	if r.Again {
		return true, b.hint(ctx, m, say{Key: "ballot.sealed-again"})
	}
	return true, nil
}

// pasted is the ballot in a message, nil if there is none.
func (b *Bot) pasted(ctx context.Context, m chat.Message, open []*voting.Poll) ([]byte, error) {
	switch {
	case m.Kind == chat.Text:
		text := strings.Trim(m.Body, "` \t\r\n")
		text = strings.TrimSpace(strings.TrimPrefix(text, "json\n"))
		if strings.HasPrefix(text, ballotBegins) {
			return []byte(text), nil
		}
	case m.Kind == chat.Attachment && m.File != nil && len(open) > 0:
		data, err := b.Line.Fetch(ctx, *m.File, mostPasted)
		if errors.Is(err, chat.ErrFileGone) || errors.Is(err, chat.ErrFileLong) {
			return nil, nil
		}
		if data = bytes.TrimSpace(data); bytes.HasPrefix(data, []byte(ballotBegins)) {
			return data, err
		}
		return nil, err
	}
	return nil, nil
}

// notTaken says in the direct chat why a sealed ballot does not count, if that is what err is.
func (b *Bot) notTaken(ctx context.Context, m chat.Message, err error) error {
	why, ok := errors.AsType[*voting.Refusal](err)
	switch {
	case errors.Is(err, voting.ErrNotOpen), errors.Is(err, voting.ErrUnknown):
		why = voting.ErrOverdue
	case errors.Is(err, voting.ErrOverdue):
		why = &voting.Refusal{Key: refusalOverdue}
	case !ok:
		return err
	}
	return b.hint(ctx, m, say{Key: why.Key})
}
