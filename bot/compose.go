package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// Compose makes the words of a delivery, from what the store says at the moment of sending.
func (b *Bot) Compose(ctx context.Context, d chat.Delivery) (chat.Content, error) {
	switch d.Kind {
	case kindNote:
		return chat.Content{}, chat.ErrObsolete
	case kindSay:
		var s say
		if err := json.Unmarshal(d.Payload, &s); err != nil {
			return chat.Content{}, fmt.Errorf("reading what to say: %w", err)
		}
		t, err := b.page(ctx, d, s.Room)
		if err != nil {
			return chat.Content{}, err
		}
		t.say(s)
		return t.content(s.Notice), nil
	case kindShow:
		return b.composeShow(ctx, d)
	case chat.RefusalKind:
		t, err := b.page(ctx, d, "")
		if err != nil {
			return chat.Content{}, err
		}
		t.say(say{Key: "notice.refused"})
		return t.content(true), nil
	case kindCard, kindOlder, kindCardOver:
		return b.composeCall(ctx, d)
	case kindWhich:
		return b.composeWhich(ctx, d)
	case kindGreeting:
		return b.composeGreeting(ctx, d)
	case kindMeeting:
		return b.composeMeeting(ctx, d)
	case kindProbe, kindProbeCard, kindProbeList:
		return b.composeProbe(ctx, d)
	case kindTellers:
		return b.composeTellers(ctx, d)
	case kindVoid:
		return b.composeVoid(ctx, d)
	}
	var a about
	if err := json.Unmarshal(d.Payload, &a); err != nil {
		return chat.Content{}, fmt.Errorf("reading what to say about a poll: %w", err)
	}
	if d.Kind == kindFile {
		return b.composeFile(ctx, a.Poll)
	}
	p, err := b.Polls.Poll(ctx, a.Poll)
	if errors.Is(err, voting.ErrUnknown) {
		return chat.Content{}, chat.ErrObsolete
	}
	if err != nil {
		return chat.Content{}, err
	}
	if p.State.Ended() {
		return chat.Content{}, chat.ErrObsolete
	}
	return b.composePoll(ctx, d, a, p)
}

// composePoll makes the words of a delivery about a poll that has not ended.
func (b *Bot) composePoll(ctx context.Context, d chat.Delivery, a about, p *voting.Poll) (chat.Content, error) {
	t, err := b.page(ctx, d, string(p.Place))
	if err != nil {
		return chat.Content{}, err
	}
	if d.Kind != kindDraft && d.Kind != kindBallot { // they say it as their label
		t.addRehearsal(p)
	}
	switch d.Kind {
	case kindMissing:
		return b.composeMissing(ctx, t, p)
	case kindDraft:
		return b.composeDraft(ctx, t, p)
	case kindRoll:
		return b.composeRoll(ctx, t, p)
	case kindAnchors:
		t.addAnchors(p, b.boothHash(p))
		return t.content(true), nil
	case kindRollLines:
		return rollFile(p), nil
	case kindOpened:
		return b.composeOpened(ctx, t, p)
	case kindCount:
		return b.composeCount(ctx, t, a, p)
	case kindBallot:
		return b.composeBallot(ctx, t, d, p)
	case kindNative:
		return b.composeNative(t, p)
	case kindConfirm:
		return b.composeConfirm(ctx, t, d, a, p)
	case kindTest, kindTestOpened, kindTestFile:
		return b.composeTest(ctx, t, d, a, p)
	case kindHint:
		return b.composeHint(ctx, t, d, p)
	case kindReceipt:
		return b.composeReceipt(ctx, t, d, a, p)
	case kindLast:
		return b.composeLast(ctx, t, d, p)
	case kindRemind:
		return b.composeRemind(ctx, t, d, p)
	case kindExtended:
		return b.composeExtended(t, d, p)
	case kindRestart:
		return b.composeRestart(ctx, t, p)
	case kindClosed:
		return b.composeClosed(ctx, t, p)
	case kindResult:
		return b.composeResult(ctx, t, p)
	case kindArchive:
		c, err := b.composeFile(ctx, p.ID)
		if err != nil {
			return chat.Content{}, err
		}
		return withResult(c, p)
	case kindAsked:
		return b.composeAsked(ctx, t, p)
	case kindElection:
		return b.composeElectionPost(ctx, t, p)
	case kindBallotsFile:
		return b.composeBallotsFile(ctx, t, p)
	case kindOwnShare:
		return b.composeOwnShare(ctx, t, p)
	case kindOutcome:
		return b.composeOutcome(ctx, t, d, a, p)
	}
	return chat.Content{}, fmt.Errorf("there are no words for %q", d.Kind)
}

// composeCount says how many votes there are, and how many are missing.
func (b *Bot) composeCount(ctx context.Context, t *page, a about, p *voting.Poll) (chat.Content, error) {
	cast, entitled, err := b.Polls.Turnout(ctx, a.Poll)
	if err != nil {
		return chat.Content{}, err
	}
	if err := b.addAbout(ctx, t, p); err != nil {
		return chat.Content{}, err
	}
	way := "poll.on-the-way"
	if p.State == voting.StateOpen {
		t.addCount("poll.count", cast, "of", entitled, "open", entitled-cast)
		if err := b.addProgress(ctx, t, p); err != nil {
			return chat.Content{}, err
		}
	} else {
		t.addCount("poll.over", cast, "of", entitled)
		way = "poll.over-on-the-way"
	}
	on, err := b.onTheWay(ctx, a.Poll)
	if err != nil {
		return chat.Content{}, err
	}
	if on.ETA >= longWay {
		t.addCount(way, on.Waiting)
		t.eta(on.ETA)
	}
	return t.content(true), nil
}

// addProgress says how many have their ballot, as long as somebody has not, and when the vote ends.
func (b *Bot) addProgress(ctx context.Context, t *page, p *voting.Poll) error {
	given, err := b.given(ctx, p)
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.lacking[p.ID] = given < len(p.Roll)
	b.mu.Unlock()
	if given < len(p.Roll) {
		t.addCount("poll.given", given, "of", len(p.Roll))
	}
	b.addEnd(t, p)
	return nil
}

// composeOpened says that a vote is open; to the machines of its tellers, what people call it.
func (b *Bot) composeOpened(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	t.add("poll.opened", "question", title(p.Asked))
	b.addEnd(t, p)
	if err := errors.Join(b.addNumber(ctx, t, p), b.addPresent(ctx, t, p)); err != nil {
		return chat.Content{}, err
	}
	if p.Terms.Tellers == "" {
		return t.content(false), nil
	}
	letter, err := b.letter(ctx, p)
	if err != nil {
		return chat.Content{}, err
	}
	c, err := recorded(t.content(false), parley.Record{Kind: parley.Opened, Poll: p.ID, Number: p.Number, Letter: letter})
	c.Notice = false
	return c, err
}

// addEnd says when a vote ends, if somebody said so.
func (b *Bot) addEnd(t *page, p *voting.Poll) {
	if hasEnd(p) {
		t.add("poll.opened.until", "time", b.deadlineIn(t.texts, p.Ends))
	}
}

// hasEnd says whether somebody said when a vote ends, in the draft or since: else it is open as long as one may be.
func hasEnd(p *voting.Poll) bool {
	return p.Terms.Lasts > 0 || !p.Terms.Until.IsZero() || p.Ends.Before(p.Opened.Add(voting.MaxOpen).Truncate(time.Second))
}

// given is how many of the roll have their ballot.
func (b *Bot) given(ctx context.Context, p *voting.Poll) (n int, err error) {
	for _, m := range p.Roll {
		ballot, _, err := b.Line.Event(ctx, ballotKey(p.ID, m))
		if err != nil {
			return 0, err
		}
		if ballot != "" {
			n++
		}
	}
	return n, nil
}

// addAbout says which vote a notice is about, where its group has several at once.
func (b *Bot) addAbout(ctx context.Context, t *page, p *voting.Poll) error {
	several, err := b.several(ctx, p)
	if several {
		t.add("poll.about", "question", title(p.Asked))
	}
	return err
}

// several says whether others than this vote are open in its group.
func (b *Bot) several(ctx context.Context, p *voting.Poll) (bool, error) {
	all, err := b.Polls.InPlace(ctx, p.Place)
	if err != nil {
		return false, fmt.Errorf("looking for the polls of %s: %w", p.Place, err)
	}
	return slices.ContainsFunc(all, func(other *voting.Poll) bool {
		return other.State == voting.StateOpen && other.ID != p.ID
	}), nil
}
