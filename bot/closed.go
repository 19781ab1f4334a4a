package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"stimmbote/chat"
	"stimmbote/voting"
)

// addAnchors says what fixes a vote before anybody votes, and the hash of the ballot page, if there is one.
func (t *page) addAnchors(p *voting.Poll, booth string) {
	if p.Fingerprint == "" {
		t.add("poll.anchors.open", "roll", p.RollHash)
		return
	}
	t.add("poll.anchors", "fingerprint", p.Fingerprint, "roll", p.RollHash)
	if booth != "" {
		t.add("poll.anchors.booth", "hash", booth)
	}
}

// rollFile has the lines of the roll, the very bytes that are hashed.
func rollFile(p *voting.Poll) chat.Content {
	var lines strings.Builder
	for _, m := range p.Roll {
		lines.WriteString(string(m) + "\n")
	}
	name := "roll-" + string(p.ID) + ".txt"
	return chat.Content{Plain: name, Notice: true, File: &chat.File{Name: name, Type: "text/plain", Data: []byte(lines.String())}}
}

// composeClosed says that no vote comes in any more, who has voted and what fixes the ballots.
func (b *Bot) composeClosed(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	b.Checkpoint("close.before-hash")
	voted, err := b.Polls.Voted(ctx, p.ID)
	mismatch := errors.Is(err, voting.ErrNumbers)
	if err != nil && !mismatch && !errors.Is(err, voting.ErrNotClosed) && !errors.Is(err, voting.ErrChanged) && !errors.Is(err, voting.ErrKeyLost) {
		return chat.Content{}, err
	}
	t.add("poll.closed", "question", p.Question)
	switch {
	case mismatch:
		t.add("poll.closed.mismatch")
	case err != nil:
	case p.Terms.HideVoters:
		t.addCount("poll.closed.number", len(voted), "of", len(p.Roll))
	default:
		names, err := b.namesOf(ctx, p, voted)
		if err != nil {
			return chat.Content{}, err
		}
		t.addCount("poll.closed.voted", len(voted), "of", len(p.Roll), "names", strings.Join(names, ", "))
	}
	if p.ClosedHash != "" {
		t.add("poll.closed.hash", "hash", p.ClosedHash)
	}
	switch {
	case p.Held():
		names, err := b.objectors(ctx, p)
		if err != nil {
			return chat.Content{}, err
		}
		t.add("poll.closed.held", "names", strings.Join(names, ", "))
	case p.Terms.Objection > 0 && p.State == voting.StateClosed:
		t.add("poll.closed.objection", "time", b.deadlineIn(t.texts, p.OpensAt()))
	}
	return t.content(false), nil
}

// mostVoters is how many names a message can bear.
const mostVoters = 500

// namesOf are the names of some of the roll, sorted.
func (b *Bot) namesOf(ctx context.Context, p *voting.Poll, some []voting.Member) ([]string, error) {
	names, err := b.names(ctx, p)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, m := range some {
		all = append(all, names[m])
	}
	slices.Sort(all)
	if len(all) > mostVoters {
		all = append(all[:mostVoters], "…")
	}
	return all, nil
}

// outcome is what a member is told after the close. It is stored sealed until it is sent.
type outcome struct {
	Code    string `json:"code"`
	Tracker string `json:"tracker,omitempty"`
	Counted bool   `json:"counted"`
}

// outcomes tell each member after the close whether a vote of theirs is among the ballots, looked
// up in the bytes that the group has the hash of.
func (b *Bot) outcomes(ctx context.Context, p *voting.Poll) ([]chat.Delivery, error) {
	var all []chat.Delivery
	for _, m := range p.Roll {
		r, counted, err := b.Polls.Receipt(ctx, p.ID, m)
		if err != nil {
			return nil, err
		}
		told, err := b.secret(ctx, inDirect(p, m, key(p.ID, "outcome/"+string(m)), kindOutcome), chat.Counted,
			outcome{Code: r.Code, Tracker: r.Tracker, Counted: counted})
		if err != nil {
			return nil, err
		}
		all = append(all, told)
	}
	return all, nil
}

// archived says whether a vote leaves a file for recounting.
func archived(p *voting.Poll) bool { return p.Level() != voting.Open && !p.Terms.Rehearsal }

// published is all that is said after the count: the result with its archive to the group. The
// receipts, and what could be tapped at, are taken back.
func (b *Bot) published(ctx context.Context, p *voting.Poll) ([]chat.Delivery, error) {
	all := []chat.Delivery{later(p, "result", kindResult)}
	if archived(p) {
		all = append(all, lasting(p, "archive", kindArchive))
	}
	for _, m := range p.Roll {
		after, err := b.next(ctx, p.ID, m)
		if err != nil {
			return nil, err
		}
		for n := 1; n < after; n++ {
			receipt := receiptKey(p.ID, m, n)
			gone := inDirect(p, m, receipt+"/redact", kindRedact)
			gone.Redacts, gone.Lane = chat.ByKey(receipt), chat.Redaction
			all = append(all, gone)
		}
		tapped, err := b.natives(ctx, p.ID, m)
		if err != nil {
			return nil, err
		}
		for _, event := range tapped {
			all = append(all, takenBack(m, event))
		}
	}
	return all, nil
}
