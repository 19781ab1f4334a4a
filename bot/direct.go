package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/voting"
)

// How often a person is told what they did not ask for: somebody who fumbles needs an answer
// each time, another bot would be answered for ever.
const (
	mostHints   = 10
	hintsWithin = 10 * time.Minute
	idleHint    = time.Hour
	helloWithin = time.Minute
	manyPeople  = 1000 // from here on those are forgotten who were quiet for long
)

// direct deals with a plain message in the direct chat: an answer to one of the member's ballots.
func (b *Bot) direct(ctx context.Context, m chat.Message) error {
	open, err := b.openTo(ctx, m.Sender)
	if err != nil {
		return err
	}
	if done, err := b.onPasted(ctx, m, open); err != nil || done {
		return err
	}
	if done, err := b.onAsk(ctx, m, open); err != nil || done {
		return err
	}
	if len(open) == 0 {
		return b.noBallot(ctx, m)
	}
	if done, err := b.onOver(ctx, m, open); err != nil || done {
		return err
	}
	p, said, err := b.which(ctx, m, open)
	if err != nil && len(open) == 1 {
		return b.doesNotCount(ctx, m, open[0], err)
	}
	if err != nil {
		return err
	}
	if p == nil {
		return b.anyOf(ctx, m, open)
	}
	return b.ballotAnswer(ctx, m, said, p)
}

// What people say about a ballot that is no answer to it.
const (
	wordsOK     = "answer.words.ok"
	wordsResend = "ballot.words.resend"
	wordsTest   = "ballot.words.test"
	wordsOpen   = "ballot.words.test-open"
)

// anyOf deals with a message that may be about each of several votes.
func (b *Bot) anyOf(ctx context.Context, m chat.Message, open []*voting.Poll) error {
	thanks := b.words.is("ballot.words.thanks", m.Body)
	switch word := b.words.which(m, wordsOK, wordsOpen, wordsTest, wordsResend); word {
	case wordsResend:
		return b.resend(ctx, m, open)
	case wordsTest:
		could := slices.DeleteFunc(slices.Clone(open), func(p *voting.Poll) bool { return !testable(p) })
		if len(could) > 0 {
			return b.askWhich(ctx, m, whichOf{Lead: "ballot.which", Word: word}, could)
		}
	case wordsOK, wordsOpen:
		waiting, err := b.waitingIn(ctx, m, open)
		if err != nil {
			return err
		}
		if done, err := b.settle(ctx, m, waiting); err != nil || done {
			return err
		}
		if len(waiting) > 0 {
			return b.askWhich(ctx, m, whichOf{Lead: "ballot.which", Word: word}, waiting)
		}
	}
	for _, p := range open {
		voted, err := b.hasVoted(ctx, m, p)
		if err != nil || voted && thanks {
			return err
		}
	}
	if thanks || b.words.is("ballot.words.hello", m.Body) {
		return b.unclear(ctx, m, open[len(open)-1], answer.Unclear)
	}
	for _, p := range open {
		letter, err := b.letter(ctx, p)
		if err != nil {
			return err
		}
		if m.Kind == chat.Text && strings.EqualFold(strings.Trim(m.Body, " .!)"), letter) {
			return b.again(ctx, m, p, "ballot.letter-alone")
		}
	}
	return b.askWhich(ctx, m, whichOf{Lead: "ballot.which"}, open)
}

// waitingIn are those votes in which something waits for what a message says: an OK, or to be opened.
func (b *Bot) waitingIn(ctx context.Context, m chat.Message, open []*voting.Poll) ([]*voting.Poll, error) {
	var waiting []*voting.Poll
	for _, p := range open {
		settles, err := b.settles(ctx, m, p)
		if err != nil {
			return nil, err
		}
		if settles {
			waiting = append(waiting, p)
		}
	}
	return waiting, nil
}

// settle lets happen what waits for a word in one vote only, if the word cannot be meant for one that is just over. As a
// reply to something else it is refused.
func (b *Bot) settle(ctx context.Context, m chat.Message, waiting []*voting.Poll) (bool, error) {
	if len(waiting) != 1 {
		return false, nil
	}
	p := waiting[0]
	if err := b.elsewhere(ctx, m, waiting); err != nil {
		return true, err
	}
	past, err := b.oversOf(ctx, m.Sender)
	if err != nil || b.mistakable(m, p, past) != nil {
		return false, err
	}
	return true, b.ballotAnswer(ctx, m, m, p)
}

// ballotAnswer deals with what somebody says about a vote: said is the message without its letter.
func (b *Bot) ballotAnswer(ctx context.Context, m, said chat.Message, p *voting.Poll) error {
	if m.Kind != chat.Text && m.Kind != chat.Choice {
		return b.again(ctx, m, p, "ballot.not-text")
	}
	if said.Kind == chat.Text && b.words.is(wordsResend, said.Body) {
		return b.resend(ctx, m, []*voting.Poll{p})
	}
	if done, err := b.onTest(ctx, m, said, p); err != nil || done {
		return b.doesNotCount(ctx, m, p, err)
	}
	if done, err := b.onConfirm(ctx, said, p); err != nil || done {
		return b.doesNotCount(ctx, m, p, err)
	}
	choice, found := b.read(said, p)
	if found != answer.Clear {
		return b.unclear(ctx, m, p, found)
	}
	if p.Terms.OnlySealed {
		return b.onlyByLink(ctx, m, p)
	}
	if err := b.mayAnswer(ctx, m, p); err != nil {
		return b.doesNotCount(ctx, m, p, err)
	}
	voted, err := b.hasVoted(ctx, m, p)
	switch {
	case err != nil:
		return err
	case !p.Terms.NoRevote:
		return b.doesNotCount(ctx, m, p, b.cast(ctx, m, p, choice))
	case voted:
		return b.doesNotCount(ctx, m, p, voting.ErrVoted)
	default:
		return b.confirm(ctx, m, p, choice)
	}
}

// mayAnswer says why an answer does not count, as a refusal: it is not encrypted, not from a device
// that its owner signed, not from a member any more, too late, or written after the vote's time.
func (b *Bot) mayAnswer(ctx context.Context, m chat.Message, p *voting.Poll) error {
	switch stays, err := b.isMember(ctx, p, m.Sender); {
	case err != nil:
		return err
	case !m.Encrypted:
		return refuse("ballot.unencrypted")
	case !m.Trusted:
		return refuse("ballot.untrusted")
	case !stays:
		return refuse("ballot.left")
	}
	late, err := b.cameLate(ctx, m, p)
	switch {
	case err != nil:
		return err
	case late:
		return refuse("ballot.late")
	case p.Ends.IsZero() || b.writtenAt(m).Before(p.Ends):
		return nil
	}
	_, waits, err := b.few(ctx, p.ID)
	switch {
	case err != nil:
		return err
	case waits:
		return refuse(refusalOverdue)
	}
	return fmt.Errorf("poll %s is about to close: %w", p.ID, voting.ErrNotOpen)
}

// doesNotCount says in the direct chat why an answer does not count, if that is what err is.
func (b *Bot) doesNotCount(ctx context.Context, m chat.Message, p *voting.Poll, err error) error {
	why, ok := errors.AsType[*voting.Refusal](err)
	switch {
	case errors.Is(err, voting.ErrNotOpen):
		return b.hint(ctx, m, of(p, closedAlready(p)))
	case errors.Is(err, voting.ErrVoted):
		return b.hintAbout(ctx, m, p, say{Key: "ballot.voted", Room: string(p.Place)})
	case !ok:
		return err
	case why.Key == "ballot.late":
		return b.again(ctx, m, p, why.Key)
	}
	help, err := b.helps(ctx, string(p.Place))
	if err != nil {
		return err
	}
	s := say{Key: why.Key, Args: why.Args, Room: string(p.Place), More: help}
	if why.Key == "ballot.tapped-elsewhere" || why.Key == "ballot.letter-over" { // it is not about this one
		return b.hint(ctx, m, of(p, s))
	}
	return b.hintAbout(ctx, m, p, s)
}

// closedAlready says that a vote takes no answers any more.
func closedAlready(p *voting.Poll) say {
	return say{Key: "ballot.closed", Args: []any{"question", title(p.Asked)}, Room: string(p.Place)}
}

// edited deals with a message whose sender changed it: only what is written anew counts.
func (b *Bot) edited(ctx context.Context, m chat.Message) error {
	open, err := b.Polls.OpenTo(ctx, voting.Member(m.Sender))
	if err != nil {
		return err
	}
	p, err := b.readAny(ctx, m, open)
	if err != nil {
		return err
	}
	if !m.Direct || p == nil {
		return b.noted(ctx, m)
	}
	voted, err := b.hasVoted(ctx, m, p)
	if err != nil {
		return err
	}
	key := "ballot.edited"
	if voted {
		key = "ballot.edited-kept"
	}
	return b.hint(ctx, m, of(p, say{Key: key, Room: string(p.Place)}))
}

// counted is the edit of the count for the number of votes that there are now.
func (b *Bot) counted(ctx context.Context, p *voting.Poll) (chat.Delivery, error) {
	n, _, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return chat.Delivery{}, err
	}
	edits := countIn(p)
	_, moved, err := b.Line.Event(ctx, edits)
	if err != nil {
		return chat.Delivery{}, err
	}
	if !moved {
		edits = key(p.ID, "count")
	}
	d := inGroup(p, fmt.Sprintf("count/%d", n), kindCount)
	d.Payload, d.Edits, d.Lane = encode(about{Poll: p.ID, N: n}), edits, chat.Status
	return d, nil
}

// seal keeps v under the poll's key, bound to the delivery that says it.
func (b *Bot) seal(ctx context.Context, id voting.ID, key string, v any) ([]byte, error) {
	return b.Polls.Seal(ctx, id, key, encode(v))
}

// secret gives a delivery about a poll what it says, sealed until it is sent.
func (b *Bot) secret(ctx context.Context, d chat.Delivery, lane chat.Lane, says any) (chat.Delivery, error) {
	id := voting.ID(d.Group)
	sealed, err := b.seal(ctx, id, d.Key, says)
	if err != nil {
		return d, err
	}
	d.Payload, d.Secret, d.Lane = encode(about{Poll: id, Sealed: sealed}), true, lane
	return d, nil
}

// unseal opens what seal kept.
func (b *Bot) unseal(ctx context.Context, d chat.Delivery, a about, v any) error {
	plain, err := b.Polls.Unseal(ctx, a.Poll, d.Key, a.Sealed)
	if err != nil {
		return err
	}
	defer clear(plain)
	return json.Unmarshal(plain, v)
}
