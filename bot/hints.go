package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/voting"
)

// unclear deals with what is no clear answer. Thanks after a vote need none.
func (b *Bot) unclear(ctx context.Context, m chat.Message, p *voting.Poll, found answer.Finding) error {
	voted, err := b.hasVoted(ctx, m, p)
	if err != nil {
		return err
	}
	hello := b.words.is("ballot.words.hello", m.Body)
	switch {
	case voted && b.words.is("ballot.words.thanks", m.Body):
		return nil
	case voted && hello:
		return b.hint(ctx, m, of(p, say{Key: "ballot.kept", Room: string(p.Place), Notice: true}))
	case hello:
		return b.ballotAgain(ctx, m)
	case b.words.is("probe.words.here", m.Body):
		if done, err := b.onProbeAnswer(ctx, m); err != nil || done {
			return err
		}
	}
	return b.again(ctx, m, p, wrongAnswer[found])
}

// wrongAnswer says what is wrong with an answer.
var wrongAnswer = map[answer.Finding]string{
	answer.Unclear: "ballot.unclear", answer.Two: "ballot.two", answer.Many: "ballot.many", answer.Few: "ballot.few", answer.Gaps: "ballot.gaps",
}

// ballotAgain answers somebody who says hello with what is open for them.
func (b *Bot) ballotAgain(ctx context.Context, m chat.Message) error {
	if !b.may("hello "+m.Sender, 1, helloWithin) {
		return b.noted(ctx, m)
	}
	return b.Store.Tx(ctx, func(ctx context.Context) error {
		if _, err := b.reopen(ctx, m.Sender, "", m.ID); err != nil {
			return err
		}
		return b.done(ctx, m)
	})
}

// again says what is wrong, asks for the answer once more, and says that an earlier vote stays.
func (b *Bot) again(ctx context.Context, m chat.Message, p *voting.Poll, key string) error {
	voted, err := b.hasVoted(ctx, m, p)
	if err != nil {
		return err
	}
	if !b.may("hint "+m.Sender, mostHints, hintsWithin) {
		return b.noted(ctx, m)
	}
	said := b.to(m, "reply/"+m.ID, kindHint, hint{Poll: p.ID, Key: key, Kept: voted})
	return b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, said) })
}

// hasVoted says whether a ballot of the sender lies in the box.
func (b *Bot) hasVoted(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	return b.voted(ctx, p, voting.Member(m.Sender))
}

// voted says whether a ballot of somebody lies in the box. Whoever has a receipt is looked for there, because a ballot that
// was damaged is taken out.
func (b *Bot) voted(ctx context.Context, p *voting.Poll, m voting.Member) (bool, error) {
	_, known, err := b.Line.Event(ctx, receiptKey(p.ID, m, 1))
	if err != nil || !known {
		return false, err
	}
	_, lies, err := b.Polls.Receipt(ctx, p.ID, m)
	if errors.Is(err, voting.ErrNotOpen) {
		return true, nil // it has just ended
	}
	return lies, err
}

// hint says why something does not count, as often as may be. Only the sentence is rationed.
func (b *Bot) hint(ctx context.Context, m chat.Message, s say) error {
	if !b.may("hint "+m.Sender, mostHints, hintsWithin) {
		return b.noted(ctx, m)
	}
	return b.reply(ctx, m, s)
}

// noBallot answers somebody who is on the roll of no open vote: if it looks like a vote as a
// hint, else now and then.
func (b *Bot) noBallot(ctx context.Context, m chat.Message) error {
	clear, err := b.isAnswer(ctx, m)
	if err != nil {
		return err
	}
	hello := b.words.is("ballot.words.hello", m.Body)
	if s := b.onDoubt(m); s != nil {
		return b.hint(ctx, m, *s)
	}
	if !clear {
		if done, err := b.onProbeAnswer(ctx, m); err != nil || done {
			return err
		}
	}
	if !clear {
		greeted := hello && b.may("hello "+m.Sender, 1, helloWithin)
		if idle := b.may("idle "+m.Sender, 1, idleHint); !greeted && !idle {
			return nil
		}
	}
	why, err := b.whyNoBallot(ctx, m)
	if err == nil && clear && why.Key == "ballot.none" && m.Kind == chat.Text && !strings.ContainsFunc(m.Body, unicode.IsDigit) {
		// With no vote around, a yes is an answer to the probe.
		if done, err := b.onProbeAnswer(ctx, m); err != nil || done {
			return err
		}
	}
	switch {
	case err != nil:
		return err
	case clear:
		return b.hint(ctx, m, why)
	case why.Key == "ballot.not-on-roll":
		return b.reply(ctx, m, why)
	}
	return b.reply(ctx, m, say{Key: "help.direct", Notice: true})
}

// doubtHolds is how long a yes or no is the answer to whether it is right that somebody did not vote.
const doubtHolds = 24 * time.Hour

// doubt is that somebody is asked whether it is right that no vote was cast for them.
type doubt struct {
	at   time.Time
	poll *voting.Poll
}

// doubt notes it.
func (b *Bot) doubt(person string, p *voting.Poll) {
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.doubted, func(_ string, d doubt) bool { return b.Now().Sub(d.at) >= doubtHolds })
	b.doubted[person] = doubt{b.Now(), p}
}

// onDoubt is what to say to somebody who answers that, nil if a message does not.
func (b *Bot) onDoubt(m chat.Message) *say {
	b.mu.Lock()
	defer b.mu.Unlock()
	d, asked := b.doubted[m.Sender]
	if !asked || m.Kind != chat.Text || b.Now().Sub(d.at) >= doubtHolds {
		return nil
	}
	s := of(d.poll, say{Key: "ballot.not-cast.wrong", Room: string(d.poll.Place)})
	switch {
	case b.words.is("ballot.words.yes", m.Body):
		delete(b.doubted, m.Sender)
		s = of(d.poll, say{Key: "ballot.not-cast.right", Room: string(d.poll.Place)})
		return &s
	case b.words.is("ballot.words.no", m.Body):
		return &s
	}
	return nil
}

// whyNoBallot is what to say to a person who answers while no vote is open for them: theirs is over, or they are now a
// member of a group that votes without them, or nothing of that.
func (b *Bot) whyNoBallot(ctx context.Context, m chat.Message) (say, error) {
	past, err := b.oversOf(ctx, m.Sender)
	if err != nil {
		return say{}, err
	}
	letter, _ := letterOff(m.Body)
	for _, o := range slices.Backward(past) {
		if o.near(b.Now()) && letter == "" || o.Beside && o.Letter == letter {
			return say{Key: "ballot.closed", Args: []any{"question", o.Question}}, nil
		}
	}
	live, err := b.Polls.Live(ctx)
	if err != nil {
		return say{}, err
	}
	for _, p := range live {
		if (p.State == voting.StateClosed || p.State == voting.StateCounted) && slices.Contains(p.Roll, voting.Member(m.Sender)) {
			return closedAlready(p), nil
		}
	}
	for _, p := range live {
		if p.State != voting.StateOpen {
			continue
		}
		if in, err := b.isMember(ctx, p, m.Sender); err != nil || in {
			return say{Key: "ballot.not-on-roll"}, err
		}
	}
	return say{Key: "ballot.none"}, nil
}

// isMember asks the server whether somebody is in the group of a poll.
func (b *Bot) isMember(ctx context.Context, p *voting.Poll, user string) (bool, error) {
	members, err := b.Line.Members(ctx, string(p.Place))
	if err != nil {
		return false, fmt.Errorf("asking for the members of %s: %w", p.Place, err)
	}
	return slices.ContainsFunc(members, func(m chat.Member) bool { return m.ID == user }), nil
}

// stray answers what looks like a vote in a room that somebody else made for two: the bot asks
// only in the direct chats that it made itself.
func (b *Bot) stray(ctx context.Context, m chat.Message) error {
	if clear, err := b.isAnswer(ctx, m); err != nil || !clear {
		return err
	}
	members, err := b.Line.Members(ctx, m.Room)
	if err != nil {
		return fmt.Errorf("asking for the members of %s: %w", m.Room, err)
	}
	if len(members) > 2 {
		return nil
	}
	open, err := b.Polls.OpenTo(ctx, voting.Member(m.Sender))
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return b.hint(ctx, m, say{Key: "ballot.elsewhere"})
	}
	return b.hint(ctx, m, say{Key: "ballot.none"})
}

// exposed deals with an answer to an open vote that somebody gave in the group, where all can
// see it: it does not count, and the bot takes it away if it may.
func (b *Bot) exposed(ctx context.Context, m chat.Message) (bool, error) {
	if m.Kind != chat.Text || !strings.ContainsFunc(m.Body, unicode.IsDigit) {
		return false, nil
	}
	letter, text := letterOff(m.Body)
	if letter == "" {
		text = m.Body
	}
	var unread error
	p, err := b.find(ctx, m.Room, func(p *voting.Poll) bool {
		own, err := b.letter(ctx, p)
		unread = errors.Join(unread, err)
		return p.State == voting.StateOpen && slices.Contains(p.Roll, voting.Member(m.Sender)) && (letter == "" || letter == own)
	})
	if err := errors.Join(err, unread); err != nil || p == nil {
		return false, err
	}
	_, found := b.sheet(p).Read(text)
	if found != answer.Clear || p.Asked.Kind != voting.KindSingly && strings.ContainsFunc(text, unicode.IsLetter) {
		return false, nil
	}
	redacts, err := b.redacts(ctx, m.Room)
	if err != nil {
		return false, err
	}
	s := hint{Poll: p.ID, Key: "ballot.in-group-stays"}
	var said []chat.Delivery
	if redacts {
		s.Key = "ballot.in-group"
		said = append(said, chat.Delivery{Key: "redact/" + m.ID, Room: m.Room, Kind: kindRedact, Lane: chat.Redaction, Redacts: m.ID})
	}
	if b.may("hint "+m.Sender, mostHints, hintsWithin) {
		said = append(said, chat.Delivery{Key: "reply/" + m.ID, Person: m.Sender, Kind: kindHint, Payload: encode(s)})
	}
	return true, b.Store.Tx(ctx, func(ctx context.Context) error { return b.done(ctx, m, said...) })
}

// may says whether something may be said again: at most most times within a time.
func (b *Bot) may(what string, most int, within time.Duration) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.Now()
	if len(b.replies) > manyPeople {
		maps.DeleteFunc(b.replies, func(_ string, at []time.Time) bool { return len(at) == 0 || now.Sub(at[len(at)-1]) >= idleHint })
	}
	recent := slices.DeleteFunc(b.replies[what], func(at time.Time) bool { return now.Sub(at) >= within })
	if len(recent) >= most {
		b.replies[what] = recent
		return false
	}
	b.replies[what] = append(recent, now)
	return true
}
