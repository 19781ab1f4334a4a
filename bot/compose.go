package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
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
	case kindCard, kindOlder:
		return b.composeCall(ctx, d)
	case kindGreeting:
		return b.composeGreeting(ctx, d)
	case kindMeeting:
		return b.composeMeeting(ctx, d)
	case kindProbe, kindProbeCard, kindProbeList:
		return b.composeProbe(ctx, d)
	}
	var a about
	if err := json.Unmarshal(d.Payload, &a); err != nil {
		return chat.Content{}, fmt.Errorf("reading what to say about a poll: %w", err)
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
	switch d.Kind {
	case kindDraft:
		return b.composeDraft(ctx, t, p)
	case kindRoll:
		return b.composeRoll(ctx, t, p)
	case kindAnchors:
		t.add("poll.anchors", "fingerprint", p.Fingerprint, "roll", p.RollHash)
		return t.content(true), nil
	case kindOpened:
		t.add("poll.opened", "question", p.Question)
		return t.content(false), nil
	case kindCount:
		return b.composeCount(ctx, t, d, a)
	case kindBallot:
		return b.composeBallot(ctx, t, d, p)
	case kindReceipt:
		return b.composeReceipt(ctx, t, d, a, p)
	case kindLast:
		return b.composeLast(ctx, t, p)
	case kindClosed:
		t.add("poll.closed", "hash", p.ClosedHash)
		return t.content(false), nil
	case kindResult:
		return b.composeResult(t, p)
	case kindArchive:
		_, archive, err := b.Polls.Tally(ctx, p.ID, b.Now())
		if err != nil {
			return chat.Content{}, err
		}
		name := string(p.ID) + ".bel"
		return chat.Content{Plain: name, File: &chat.File{Name: name, Type: "application/x-tar", Data: archive}}, nil
	case kindOutcome:
		return b.composeOutcome(ctx, t, d, a, p)
	}
	return chat.Content{}, fmt.Errorf("there are no words for %q", d.Kind)
}

func (b *Bot) composeDraft(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	names, err := b.names(ctx, p)
	if err != nil {
		return chat.Content{}, err
	}
	roll := slices.Sorted(maps.Values(names))
	if len(roll) > mostNames {
		roll = append(roll[:mostNames], "…")
	}
	t.add("poll.draft.title", "question", p.Question)
	t.add("poll.draft.options", "options", options(t.texts, p.Answers, " · "))
	t.add("poll.label." + p.Level().String())
	t.add("poll.draft.rule")
	t.addCount("poll.draft.roll", len(p.Roll), "names", strings.Join(roll, ", "))
	if len(p.Roll) > mostNames {
		t.add("poll.draft.roll-file")
	}
	if n := b.unreached(ctx, p); n > 0 {
		t.addCount("poll.draft.unreached", n)
	}
	encrypted, err := b.Line.Encrypted(ctx, string(p.Place))
	if err != nil {
		return chat.Content{}, fmt.Errorf("asking whether %s is encrypted: %w", p.Place, err)
	}
	if !encrypted {
		t.add("poll.draft.unencrypted")
	}
	t.add("poll.draft.ask", "name", names[p.Asker])
	return t.content(false), nil
}

const (
	mostName  = 40              // the length of the longest name that is shown in full
	askTime   = 5 * time.Second // for asking who can be reached: some homeservers are slow
	mostNames = 60              // how many names a card shows: a message has room for a few hundred
)

// unreached is how many of a small roll could not be given a ballot now, as far as can be known
// before: whoever was never written to is not counted. A homeserver that does not say holds up
// no draft.
func (b *Bot) unreached(ctx context.Context, p *voting.Poll) int {
	if len(p.Roll) > mostNames {
		return 0
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	n := 0
	for _, m := range p.Roll {
		reach, err := b.Line.Reach(ctx, string(m))
		if err != nil {
			b.Log.Warn().Err(err).Msg("The draft does not say who can be reached")
			return 0
		}
		if reach != chat.NotMet && reach != chat.Reachable {
			n++
		}
	}
	return n
}

// composeRoll is a file with everybody on the roll, for a card that has no room for them.
func (b *Bot) composeRoll(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	names, err := b.names(ctx, p)
	if err != nil {
		return chat.Content{}, err
	}
	var lines strings.Builder
	for _, m := range p.Roll {
		lines.WriteString(string(m) + "\t" + names[m] + "\n")
	}
	name := t.texts.Text("poll.roll.name")
	return chat.Content{Plain: name, File: &chat.File{Name: name, Type: "text/plain", Data: []byte(lines.String())}}, nil
}

// names are the names of the roll as the group knows them. Where two have the same, or one has
// none, it is the Matrix ID.
func (b *Bot) names(ctx context.Context, p *voting.Poll) (map[voting.Member]string, error) {
	members, err := b.Line.Members(ctx, string(p.Place))
	if err != nil {
		return nil, fmt.Errorf("asking for the members of %s: %w", p.Place, err)
	}
	times := make(map[string]int)
	shown := make(map[voting.Member]string)
	for _, m := range members {
		name := i18n.Name(m.Name, mostName)
		shown[voting.Member(m.ID)] = name
		times[strings.ToLower(name)]++
	}
	names := make(map[voting.Member]string, len(p.Roll))
	for _, m := range p.Roll {
		name := shown[m]
		switch {
		case name == "":
			name = string(m)
		case times[strings.ToLower(name)] > 1:
			name += " (" + string(m) + ")"
		}
		names[m] = name
	}
	return names, nil
}

// composeCount says how many votes there are, unless a later count waits already.
func (b *Bot) composeCount(ctx context.Context, t *page, d chat.Delivery, a about) (chat.Content, error) {
	cast, entitled, err := b.Polls.Turnout(ctx, a.Poll)
	if err != nil {
		return chat.Content{}, err
	}
	if d.Edits != "" && a.N < cast {
		return chat.Content{}, chat.ErrObsolete
	}
	t.addCount("poll.count", cast, "of", entitled)
	on, err := b.onTheWay(ctx, a.Poll)
	if err != nil {
		return chat.Content{}, err
	}
	if on.ETA >= longWay {
		t.addCount("poll.on-the-way", on.Waiting)
		t.age("eta", on.ETA)
	}
	return t.content(true), nil
}

// composeLast says that a vote closes soon, if it is still open.
func (b *Bot) composeLast(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	if p.State != voting.StateOpen {
		return chat.Content{}, chat.ErrObsolete
	}
	cast, _, err := b.Polls.Turnout(ctx, p.ID)
	if err != nil {
		return chat.Content{}, err
	}
	t.addCount("poll.last", cast, "seconds", int(grace/time.Second))
	return t.content(true), nil
}

func (b *Bot) composeBallot(ctx context.Context, t *page, d chat.Delivery, p *voting.Poll) (chat.Content, error) {
	if p.State != voting.StateOpen {
		return chat.Content{}, chat.ErrObsolete
	}
	token, err := b.Polls.Token(ctx, p.ID, voting.Member(d.Person))
	if err != nil {
		return chat.Content{}, err
	}
	t.add("ballot.title", "question", p.Question)
	for i, answer := range p.Answers {
		t.add("ballot.option", "number", i+1, "answer", answerIn(t.texts, answer))
	}
	t.add("ballot.how")
	t.add("poll.label." + p.Level().String())
	t.add("ballot.token", "token", token)
	return t.content(false), nil
}

func (b *Bot) composeReceipt(ctx context.Context, t *page, d chat.Delivery, a about, p *voting.Poll) (chat.Content, error) {
	var r receipt
	if err := b.unseal(ctx, d, a, &r); err != nil {
		return chat.Content{}, err
	}
	if r.Answer < 0 || r.Answer >= len(p.Answers) {
		return chat.Content{}, fmt.Errorf("a receipt of poll %s: %w", p.ID, voting.ErrAnswer)
	}
	b.Checkpoint("cast.after-durable")
	t.add("ballot.receipt", "answer", answerIn(t.texts, p.Answers[r.Answer]), "code", r.Code)
	if r.Replaced {
		t.add("ballot.replaced")
	}
	return t.content(false), nil
}

func (b *Bot) composeResult(t *page, p *voting.Poll) (chat.Content, error) {
	r := p.Result
	if r == nil || len(r.Sums) != len(p.Answers) {
		return chat.Content{}, fmt.Errorf("poll %s has no result to show", p.ID)
	}
	verdict := "poll.result.rejected"
	if r.Adopted {
		verdict = "poll.result.adopted"
	}
	t.add(verdict)
	t.add("poll.result.numbers", "question", p.Question, "entitled", r.Entitled, "cast", r.Counted,
		"yes", r.Sums[voting.Yes], "no", r.Sums[voting.No], "abstain", r.Sums[voting.Abstain])
	t.add("poll.result.rule")
	t.add("poll.result.file")
	return t.content(false), nil
}

func (b *Bot) composeOutcome(ctx context.Context, t *page, d chat.Delivery, a about, p *voting.Poll) (chat.Content, error) {
	var o outcome
	if err := b.unseal(ctx, d, a, &o); err != nil {
		return chat.Content{}, err
	}
	if o.Counted {
		t.add("ballot.counted", "question", p.Question, "code", o.Code)
	} else {
		t.add("ballot.not-cast", "question", p.Question)
	}
	return t.content(false), nil
}
