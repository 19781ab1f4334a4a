package bot

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
	"stimmbote/voting"
)

// Who of the members is in the call is read off the identities in it: that of a member carries a mark, which only the
// bot can make and only it can tell whose it is. It follows from the account and the link, so that it is the same after
// a restart, and another one after a new link. Nothing of it is stored.

// inCallNow stands for those who are in the group's call.
const inCallNow = "call:"

// marker makes the marks of a call's members.
func (b *Bot) marker(c *store.Call) (func(person string) string, error) {
	key, err := b.Vault.Key(callKeys)
	if err != nil {
		return nil, fmt.Errorf("reading the key of the calls: %w", err)
	}
	defer clear(key)
	own, err := hkdf.Key(sha256.New, key, nil, "stimmbote call mark v1", sha256.Size)
	if err != nil {
		return nil, fmt.Errorf("making the key of marks: %w", err)
	}
	return func(person string) string {
		m := hmac.New(sha256.New, own)
		m.Write([]byte(hex.EncodeToString(c.Door) + " " + person))
		return base32.StdEncoding.EncodeToString(m.Sum(nil)[:10])
	}, nil
}

// attending are those who may vote and are in their group's call by a link of their own, and the names of those who
// are in it without one: it cannot be known whether they are members.
func (b *Bot) attending(ctx context.Context, room string) (with []voting.Member, without []string, err error) {
	c, err := b.Store.CallByRoom(ctx, room)
	if err != nil || c == nil {
		return nil, nil, err
	}
	people := b.inCall(c.MediaRoom())
	if len(people) == 0 {
		return nil, nil, nil
	}
	mark, err := b.marker(c)
	if err != nil {
		return nil, nil, err
	}
	roll, err := b.roll(ctx, room)
	if err != nil {
		return nil, nil, err
	}
	marks := make(map[string]voting.Member, len(roll))
	for _, m := range roll {
		marks[mark(string(m))] = m
	}
	standing := b.Standing(ctx, *c, people)
	for _, p := range people {
		if m, is := marks[media.MarkOf(p.Identity)]; is {
			with = append(with, m)
		} else if standing[p.Identity] == media.Guest {
			without = append(without, i18n.Name(p.Name, mostName))
		}
	}
	slices.Sort(with)
	slices.Sort(without)
	return slices.Compact(with), without, nil
}

// attendance is needed by a vote that is about those who are in the call: somebody has to be in it.
func (b *Bot) attendance(ctx context.Context, room string, r voting.Rule) error {
	if r.Basis() != voting.BasePresent {
		return nil
	}
	with, _, err := b.attending(ctx, room)
	if err == nil && len(with) == 0 {
		return refuse("refusal.of-present")
	}
	return err
}

// addAttendance says on a draft who is in the call, where its roll or its rule is about those, and names those of whom
// it cannot be known whether they are members.
func (b *Bot) addAttendance(ctx context.Context, t *page, p *voting.Poll, encrypted bool) error {
	present := p.Rule.Basis() == voting.BasePresent
	if !p.Terms.InCall && !present {
		return nil
	}
	with, without, err := b.attending(ctx, string(p.Place))
	if err != nil {
		return err
	}
	if present {
		t.addCount("poll.draft.present", len(with))
	}
	switch {
	case len(without) == 0:
	case encrypted:
		t.addCount("poll.draft.no-badge", len(without), "names", strings.Join(without[:min(len(without), mostInCall)], ", "))
	default:
		t.addCount("poll.draft.no-badge-count", len(without))
	}
	return nil
}

// joined is the roll of a draft with those members who have come into the call since, where it is about those. Who has
// gone out stays on it: connections break.
func (b *Bot) joined(ctx context.Context, p *voting.Poll, roll []voting.Member) ([]voting.Member, error) {
	if !p.Terms.InCall {
		return roll, nil
	}
	with, _, err := b.attending(ctx, string(p.Place))
	if err != nil {
		return nil, err
	}
	roll = append(slices.Clone(roll), with...)
	slices.Sort(roll)
	return slices.Compact(roll), nil
}

// rollChanged says why a draft is shown anew at its start.
func rollChanged(p *voting.Poll) string {
	if p.Terms.InCall {
		return "poll.call-changed"
	}
	return "poll.roll-changed"
}

// setUp prepares the opening of a vote, and notes who is present where its rule is about those.
func (b *Bot) setUp(ctx context.Context, p *voting.Poll) (*voting.Setup, error) {
	if err := b.attendance(ctx, string(p.Place), p.Rule); err != nil {
		return nil, err
	}
	setup, err := b.Polls.Prepare(ctx, p.ID)
	if err != nil || p.Rule.Basis() != voting.BasePresent {
		return setup, err
	}
	with, _, err := b.attending(ctx, string(p.Place))
	if err != nil {
		return nil, err
	}
	setup.Attend(with)
	return setup, nil
}

// addPresent says how many were present at the opening of a vote whose rule is about those.
func (b *Bot) addPresent(ctx context.Context, t *page, p *voting.Poll) error {
	if p.Rule.Basis() != voting.BasePresent {
		return nil
	}
	there, err := b.Polls.Attended(ctx, p.ID)
	if err != nil {
		return err
	}
	t.addCount("poll.opened.present", len(there))
	return nil
}
