package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"stimmbote/bot/answer"
	"stimmbote/chat"
	"stimmbote/store"
	"stimmbote/voting"
)

const (
	// settingOver is which votes of somebody are over, so that what is meant for one of them counts for no other.
	settingOver = "over"
	// overKept is how long that is kept: so long no vote of theirs has the letter again.
	overKept = 7 * 24 * time.Hour
	// overNear is how long after the end of a vote somebody may still mean it without saying so.
	overNear = time.Hour
)

// over is a vote that takes no answers any more, as somebody knows it who was on its roll.
type over struct {
	Poll     voting.ID `json:"poll"`
	Question string    `json:"question"`
	Letter   string    `json:"letter"`
	Beside   bool      `json:"beside,omitempty"` // they may have read the letter
	Ended    time.Time `json:"ended"`

	With []voting.ID `json:"with,omitempty"` // what was open beside it then
}

// near says whether it ended so shortly ago that somebody may not know yet.
func (o over) near(now time.Time) bool { return now.Before(o.Ended.Add(overNear)) }

// noteOver notes for everybody on the roll of a vote that it takes no answers any more. It belongs into the
// transaction in which that becomes so.
func (b *Bot) noteOver(ctx context.Context, p *voting.Poll) error {
	letter, err := b.letter(ctx, p)
	if err != nil {
		return err
	}
	beside, err := b.Store.Setting(ctx, string(p.ID), settingBeside)
	if err != nil {
		return err
	}
	with, err := b.besides(ctx, p)
	if err != nil {
		return err
	}
	now := over{Poll: p.ID, Question: title(p.Asked), Letter: letter, Beside: beside != "", Ended: b.Now()}
	for _, other := range with {
		now.With = append(now.With, other.ID)
		b.forgetMeant(other.ID)
	}
	for _, m := range p.Roll {
		past, err := b.oversOf(ctx, string(m))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(past, func(o over) bool { return o.Poll == p.ID }) {
			continue // it was closed, and nothing comes of it now
		}
		if err := b.Store.PutSetting(ctx, string(m), settingOver, string(encode(append(past, now)))); err != nil {
			return err
		}
	}
	return nil
}

// oversOf are the votes of somebody that ended of late, the newest last.
func (b *Bot) oversOf(ctx context.Context, person string) ([]over, error) {
	value, err := b.Store.Setting(ctx, person, settingOver)
	if err != nil || value == "" {
		return nil, err
	}
	return b.recent(value)
}

// recent reads which votes of somebody are over, but for those of long ago.
func (b *Bot) recent(value string) ([]over, error) {
	var past []over
	if err := json.Unmarshal([]byte(value), &past); err != nil {
		return nil, fmt.Errorf("reading which votes are over: %w", err)
	}
	return slices.DeleteFunc(past, func(o over) bool { return !b.Now().Before(o.Ended.Add(overKept)) }), nil
}

// pruneOver forgets those of long ago, of everybody.
func (b *Bot) pruneOver(ctx context.Context) error {
	all, err := b.Store.SettingsNamed(ctx, settingOver)
	if err != nil {
		return err
	}
	var problems []error
	for person := range all {
		problems = append(problems, b.Store.Tx(ctx, func(ctx context.Context) error {
			past, err := b.oversOf(ctx, person)
			if err != nil {
				return err
			}
			value := ""
			if len(past) > 0 {
				value = string(encode(past))
			}
			return b.Store.PutSetting(ctx, person, settingOver, value)
		}))
	}
	return errors.Join(problems...)
}

// onOver deals with a message that is meant for a vote that is over, or may be while another one is open, and says
// whether it was one. Nothing is guessed: what is not named is asked for.
func (b *Bot) onOver(ctx context.Context, m chat.Message, open []*voting.Poll) (bool, error) {
	if m.Kind != chat.Text || len(open) == 0 {
		return false, nil
	}
	past, err := b.oversOf(ctx, m.Sender)
	if err != nil || len(past) == 0 {
		return false, err
	}
	for _, p := range open {
		if named, err := b.isNamed(ctx, m, p); err != nil || named {
			return false, err
		}
	}
	if o := b.namedOver(m, open, past); o != nil {
		return true, b.askWhich(ctx, m, whichOf{Lead: "ballot.over", Letter: o.Letter, Over: o.Question}, open)
	}
	if len(open) > 1 {
		return false, nil // it is asked which one is meant
	}
	p := open[0]
	word, acts, err := b.acts(ctx, m, p)
	if err != nil || !acts {
		return false, err
	}
	if err := b.elsewhere(ctx, m, open); err != nil {
		return false, nil // it is refused
	}
	o := b.mistakable(m, p, past)
	if o == nil {
		return false, nil
	}
	out, err := b.isOut(ctx, p, m.Sender)
	if err != nil {
		return false, err
	}
	if slices.Contains(o.With, p.ID) {
		return true, b.askWhich(ctx, m, whichOf{Lead: "ballot.just-over", Over: o.Question, Word: word}, open)
	}
	if out && !m.At.Before(o.Ended) {
		return false, nil
	}
	if out {
		return true, b.again(ctx, m, p, "ballot.late")
	}
	return true, b.hint(ctx, m, of(p, say{
		Key: "ballot.not-there", Args: []any{"over", o.Question, "question", title(p.Asked)}, Room: string(p.Place),
	}))
}

// isNamed says whether a message says by a reply or by the letter in front that it is about an open vote.
func (b *Bot) isNamed(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	about, err := b.repliesTo(ctx, m, p)
	if err != nil || about {
		return about, err
	}
	letter, err := b.letter(ctx, p)
	_, found := behindLetter(m.Body, letter)
	return found, err
}

// namedOver is the vote that is over to which a message is an answer, by the letter that it begins with; nil if it is
// none, or means something else as a whole.
func (b *Bot) namedOver(m chat.Message, open []*voting.Poll, past []over) *over {
	letter, rest := letterOff(m.Body)
	if letter == "" || slices.ContainsFunc(open, func(p *voting.Poll) bool { _, found := b.sheet(p).Read(m.Body); return found != answer.Unclear }) {
		return nil
	}
	_, clear := b.motion.Read(rest)
	reads := func(p *voting.Poll) bool { _, found := b.sheet(p).Read(rest); return found != answer.Unclear }
	word := func(key string) bool { return b.words.is(key, rest) }
	if clear == answer.Unclear && !slices.ContainsFunc(open, reads) &&
		!slices.ContainsFunc([]string{wordsOK, wordsResend, wordsTest, wordsOpen}, word) {
		return nil
	}
	for _, o := range slices.Backward(past) {
		if o.Beside && o.Letter == letter {
			return &o
		}
	}
	return nil
}

// acts says whether a message without a letter does something in a vote: it is an answer, or lets one count or open
// that waits, by the word of a key.
func (b *Bot) acts(ctx context.Context, m chat.Message, p *voting.Poll) (word string, acts bool, err error) {
	if p.Terms.OnlySealed {
		return "", false, nil
	}
	if _, found := b.read(m, p); found == answer.Clear {
		return "", true, nil
	}
	acts, err = b.settles(ctx, m, p)
	return b.words.which(m, wordsOK, wordsOpen), acts, err
}

// settles says whether a message lets an answer count or open that waits for that.
func (b *Bot) settles(ctx context.Context, m chat.Message, p *voting.Poll) (bool, error) {
	ok := b.words.is(wordsOK, m.Body)
	if m.Kind != chat.Text || !ok && !b.words.is(wordsOpen, m.Body) {
		return false, nil
	}
	t, err := b.tested(ctx, p.ID, m.Sender)
	if err != nil || t != nil && t.Trial != nil {
		return t != nil, err
	}
	waits, err := b.waits(ctx, p.ID, m.Sender)
	return ok && waits != nil, err
}

// mistakable is the newest vote that ended so shortly ago, or after a message was written, that the message may be
// meant for it, unless its sender has named the open one since; nil if there is none.
func (b *Bot) mistakable(m chat.Message, p *voting.Poll, past []over) *over {
	b.mu.Lock()
	known := b.meant[p.ID][m.Sender]
	b.mu.Unlock()
	if known {
		return nil
	}
	for _, o := range slices.Backward(past) {
		if o.near(b.Now()) || m.At.Before(o.Ended.Add(skew)) {
			return &o
		}
	}
	return nil
}

// means remembers that somebody named a vote: until another one ends they know which one is open.
func (b *Bot) means(m chat.Message, p *voting.Poll) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.meant[p.ID] == nil {
		b.meant[p.ID] = make(map[string]bool)
	}
	b.meant[p.ID][m.Sender] = true
}

// forgetMeant forgets who named a vote.
func (b *Bot) forgetMeant(id voting.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.meant, id)
}

// isOut says whether somebody was sent a ballot.
func (b *Bot) isOut(ctx context.Context, p *voting.Poll, person string) (bool, error) {
	o, err := b.Store.Outgoing(ctx, ballotKey(p.ID, voting.Member(person)))
	return o != nil && o.State != store.OutgoingWaiting, err
}
