package bot

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
)

const (
	// settingPending is an answer that cannot be mended later and waits for its OK, sealed.
	settingPending = "pending"
	// askAgain is how long after the question whoever did not confirm is asked once more.
	askAgain = 60 * time.Second
)

// pending is such an answer.
type pending struct {
	Choice voting.Choice `json:"choice"`
	Event  string        `json:"event"` // that it was written in
	At     time.Time     `json:"at"`
	Again  bool          `json:"again,omitempty"` // somebody was asked once more
}

// about a member and a vote at once.
func inPoll(id voting.ID, member string) string { return string(id) + "/" + member }

// waits is the answer of somebody that waits for its OK, nil if there is none.
func (b *Bot) waits(ctx context.Context, id voting.ID, member string) (*pending, error) {
	value, err := b.Store.Setting(ctx, inPoll(id, member), settingPending)
	if err != nil || value == "" {
		return nil, err
	}
	return b.openPending(ctx, id, member, value)
}

func (b *Bot) openPending(ctx context.Context, id voting.ID, member, value string) (*pending, error) {
	sealed, err := base64.RawStdEncoding.DecodeString(value)
	if err != nil {
		return nil, fmt.Errorf("reading an answer to poll %s: %w", id, err)
	}
	plain, err := b.Polls.Unseal(ctx, id, settingPending+"/"+member, sealed)
	if err != nil {
		return nil, err
	}
	defer clear(plain)
	var p pending
	if err := json.Unmarshal(plain, &p); err != nil {
		return nil, fmt.Errorf("reading an answer to poll %s: %w", id, err)
	}
	return &p, nil
}

func (b *Bot) putPending(ctx context.Context, id voting.ID, member string, p pending) error {
	sealed, err := b.seal(ctx, id, settingPending+"/"+member, p)
	if err != nil {
		return err
	}
	return b.Store.PutSetting(ctx, inPoll(id, member), settingPending, base64.RawStdEncoding.EncodeToString(sealed))
}

// confirm asks whether an answer that cannot be mended later is the right one.
func (b *Bot) confirm(ctx context.Context, m chat.Message, p *voting.Poll, choice voting.Choice) error {
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if err := b.putPending(ctx, p.ID, m.Sender, pending{Choice: choice, Event: m.ID, At: b.Now()}); err != nil {
			return err
		}
		asked, err := b.question(ctx, p, m.Sender, "confirm/"+m.ID, choice)
		if err != nil {
			return err
		}
		if err := b.Line.Burn(ctx, m); err != nil {
			return err
		}
		return b.done(ctx, m, asked)
	})
}

// question is the delivery that shows an answer and asks for an OK.
func (b *Bot) question(ctx context.Context, p *voting.Poll, member, what string, choice voting.Choice) (chat.Delivery, error) {
	return b.secret(ctx, inDirect(p, voting.Member(member), key(p.ID, what), kindConfirm), chat.Receipt, receipt{Choice: choice})
}

// composeConfirm shows an answer and asks for an OK, as long as it waits for one.
func (b *Bot) composeConfirm(ctx context.Context, t *page, d chat.Delivery, a about, p *voting.Poll) (chat.Content, error) {
	waits, err := b.waits(ctx, p.ID, d.Person)
	if err != nil {
		return chat.Content{}, err
	}
	if waits == nil || p.State != voting.StateOpen {
		return chat.Content{}, chat.ErrObsolete
	}
	var r receipt
	if err := b.unseal(ctx, d, a, &r); err != nil {
		return chat.Content{}, err
	}
	c, err := b.called(ctx, d.Person, p)
	if err != nil {
		return chat.Content{}, err
	}
	t.addCalled(c)
	t.add("ballot.confirm", "answer", choiceIn(t.texts, p.Asked, r.Choice), "letter", c.front())
	return t.content(false), nil
}

// onConfirm casts an answer that waited for its OK, and says whether there was one.
func (b *Bot) onConfirm(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	if !p.Terms.NoRevote || !b.words.is(wordsOK, m.Body) {
		return false, nil
	}
	waits, err := b.waits(ctx, p.ID, m.Sender)
	if err != nil || waits == nil {
		return false, err
	}
	if err := b.mayAnswer(ctx, m, p); err != nil {
		return true, err
	}
	return true, b.cast(ctx, m, p, waits.Choice)
}

// unconfirmed asks those once more who did not confirm for a while.
func (b *Bot) unconfirmed(ctx context.Context, p *voting.Poll, next *time.Time) error {
	if !p.Terms.NoRevote {
		return nil
	}
	all, err := b.pendingOf(ctx, p.ID)
	if err != nil {
		return err
	}
	var problems []error
	for member, waits := range all {
		at := waits.At.Add(askAgain)
		switch {
		case waits.Again:
		case at.After(b.Now()):
			*next = earlier(*next, at)
		default:
			waits.Again = true
			problems = append(problems, b.Store.Tx(ctx, func(ctx context.Context) error {
				if err := b.putPending(ctx, p.ID, member, *waits); err != nil {
					return err
				}
				asked, err := b.question(ctx, p, member, "confirm/"+waits.Event+"/again", waits.Choice)
				if err != nil {
					return err
				}
				return b.Line.Queue(ctx, asked)
			}))
		}
	}
	return errors.Join(problems...)
}

// pendingOf are the answers to a poll that wait for their OK, by member.
func (b *Bot) pendingOf(ctx context.Context, id voting.ID) (map[string]*pending, error) {
	values, err := b.Store.SettingsNamed(ctx, settingPending)
	if err != nil {
		return nil, err
	}
	all := make(map[string]*pending)
	for scope, value := range values {
		member, ok := strings.CutPrefix(scope, inPoll(id, ""))
		if !ok {
			continue
		}
		if all[member], err = b.openPending(ctx, id, member, value); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// tellUnconfirmed tells at the close whoever never confirmed that no vote of theirs counts. It
// belongs into the transaction of the close.
func (b *Bot) tellUnconfirmed(ctx context.Context, p *voting.Poll) error {
	if !p.Terms.NoRevote {
		return nil
	}
	values, err := b.Store.SettingsNamed(ctx, settingPending)
	if err != nil {
		return err
	}
	for scope := range values {
		member, ok := strings.CutPrefix(scope, inPoll(p.ID, ""))
		if !ok {
			continue
		}
		if err := b.Store.PutSetting(ctx, scope, settingPending, ""); err != nil {
			return err
		}
		d := inDirect(p, voting.Member(member), key(p.ID, "unconfirmed/"+member), kindSay)
		d.Payload = encode(of(p, say{Key: "ballot.unconfirmed", Args: []any{"question", p.Question}, Room: string(p.Place)}))
		if err := b.Line.Queue(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// unset drops what is noted about a poll and its members beside it. It belongs into the
// transaction of its end.
func (b *Bot) unset(ctx context.Context, p *voting.Poll) error {
	var problems []error
	for _, name := range []string{settingLetter, settingBeside, settingEarly, settingStays, settingMended, settingInCall, settingHalts, settingWaits, settingAlarms} {
		problems = append(problems, b.Store.PutSetting(ctx, string(p.ID), name, ""))
	}
	for _, m := range p.Roll {
		for _, name := range []string{settingPending, settingAgain, settingTest} {
			problems = append(problems, b.Store.PutSetting(ctx, inPoll(p.ID, string(m)), name, ""))
		}
	}
	return errors.Join(problems...)
}
