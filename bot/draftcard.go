package bot

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"stimmbote/chat"
	"stimmbote/i18n"
	"stimmbote/voting"
)

// composeDraft shows what would be asked, of whom, and by which rule.
func (b *Bot) composeDraft(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	names, err := b.names(ctx, p)
	if err != nil {
		return chat.Content{}, err
	}
	roll := slices.Sorted(maps.Values(names))
	if len(roll) > mostNames {
		roll = append(roll[:mostNames], "…")
	}
	t.add("poll.draft.title", "question", title(p.Asked))
	t.addOptions(p.Asked)
	t.addLabel(p)
	if err := errors.Join(b.addTogether(ctx, t, p), b.addWhyShared(ctx, t, p)); err != nil {
		return chat.Content{}, err
	}
	t.gap()
	t.addRule(p.Asked, p.Rule)
	t.addQuorum(p.Rule, len(p.Roll))
	b.addTerms(t, p)
	t.gap()
	if err := b.addNumber(ctx, t, p); err != nil {
		return chat.Content{}, err
	}
	t.addCount("poll.draft.roll", len(p.Roll), "names", strings.Join(roll, ", "))
	if len(p.Roll) > mostNames {
		t.add("poll.draft.roll-file")
	}
	_, out, err := b.sift(ctx, string(p.Place))
	if err != nil {
		return chat.Content{}, err
	}
	switch {
	case p.Terms.InCall:
		t.add("poll.draft.in-call")
	case p.Terms.Picked:
		t.add("poll.draft.picked")
	case len(out) > 0:
		t.add("poll.draft.left-out", "names", strings.Join(out[:min(len(out), mostNames)], ", "))
	}
	encrypted, err := b.Line.Encrypted(ctx, string(p.Place))
	if err != nil {
		return chat.Content{}, fmt.Errorf("asking whether %s is encrypted: %w", p.Place, err)
	}
	if err := b.addAttendance(ctx, t, p, encrypted); err != nil {
		return chat.Content{}, err
	}
	if p.Terms.Tellers != "" {
		tellers, err := b.tellerNames(ctx, string(p.Place), p.Terms.Tellers.All(), true)
		if err != nil {
			return chat.Content{}, err
		}
		t.add("poll.draft.tellers", "names", tellers)
		open, err := b.unconfirmedOwners(ctx, p)
		if err != nil {
			return chat.Content{}, err
		}
		if len(open) > 0 {
			names, err := b.tellerNames(ctx, string(p.Place), open, false)
			if err != nil {
				return chat.Content{}, err
			}
			t.add("poll.draft.unconfirmed", "names", names)
		}
		if err := b.addCandidates(ctx, t, p); err != nil {
			return chat.Content{}, err
		}
	}
	if missing := b.unreached(ctx, p); len(missing) > 0 {
		t.addCount("poll.draft.unreached", len(missing))
	}
	if len(p.Roll) < fewPeople && p.Level() == voting.Confidential && !p.Terms.Rehearsal {
		t.add("poll.draft.few", "min", p.Least)
	}
	if !encrypted {
		t.add("poll.draft.unencrypted")
	}
	t.gap()
	asker := names[p.Asker]
	if asker == "" { // who asks need not be on a roll that was picked
		if asker, err = b.nameIn(ctx, string(p.Place), string(p.Asker)); err != nil {
			return chat.Content{}, err
		}
	}
	t.add("poll.draft.ask", "name", asker)
	if !encrypted {
		return t.content(false), nil
	}
	return b.askThere(t.content(false), p)
}

// settingPolls is how many votes were opened in a group. The store counts them.
const settingPolls = "polls"

// addNumber says which number a vote has, or will have if no other is opened before.
func (b *Bot) addNumber(ctx context.Context, t *page, p *voting.Poll) error {
	number := p.Number
	if p.State == voting.StateDraft && !p.Terms.Rehearsal {
		opened, err := b.Store.Setting(ctx, string(p.Place), settingPolls)
		if err != nil {
			return err
		}
		before, _ := strconv.Atoi(opened) // there may be none
		number = before + 1
	}
	if number > 0 {
		t.add("poll.number", "number", number)
	}
	return nil
}

// addOptions shows the options and, where several may be chosen, how many.
func (t *page) addOptions(q voting.Question) {
	options := numbered(t.texts, q)
	if q.Kind == voting.KindMotion {
		t.add("poll.draft.options", "options", strings.Join(options, " · "))
		return
	}
	t.gap()
	t.addNumbered(q)
	switch {
	case q.Kind == voting.KindSingly:
		t.addCount("poll.draft.each", len(q.Options))
	case q.Kind == voting.KindSeveral && q.Least == q.Most:
		t.addCount("poll.draft.exactly", q.Most)
	case q.Kind == voting.KindSeveral:
		t.addCount("poll.draft.choose", q.Most, "least", q.Least)
	}
	t.gap()
}

// addTerms says how long a vote is open, and what else is agreed on.
func (b *Bot) addTerms(t *page, p *voting.Poll) {
	switch terms := p.Terms; {
	case terms.Lasts > 0:
		t.add("poll.draft.lasts", "time", lasts(t.texts, terms.Lasts))
	case !terms.Until.IsZero():
		t.add("poll.draft.until", "time", b.deadlineIn(t.texts, terms.Until))
	default:
		t.add("poll.draft.until-close")
	}
	if p.Terms.NoRevote {
		t.add("poll.draft.final")
	}
	b.addWay(t, p)
	switch {
	case p.Level() == voting.Open:
	case p.Terms.HideVoters:
		t.add("poll.draft.hidden")
	default:
		t.add("poll.draft.published")
	}
	if p.Terms.Objection > 0 {
		t.add("poll.draft.objection", "time", lasts(t.texts, p.Terms.Objection))
	}
}

// fewPeople is below how many on the roll the numbers may tell what each of them chose.
const fewPeople = 8

const (
	mostName  = 40              // the length of the longest name that is shown in full
	askTime   = 5 * time.Second // for asking who can be reached: some homeservers are slow
	mostNames = 60              // how many names a card shows: a message has room for a few hundred
)

// unreached are those of a small roll who could not be given a ballot now, as far as can be known
// before: whoever was never written to is not among them. A homeserver that does not say holds up
// no draft.
func (b *Bot) unreached(ctx context.Context, p *voting.Poll) []voting.Member {
	if len(p.Roll) > mostNames {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	var missing []voting.Member
	for _, m := range p.Roll {
		reach, err := b.Line.Reach(ctx, string(m))
		if err != nil {
			b.Log.Warn().Err(err).Msg("The draft does not say who can be reached")
			return nil
		}
		if reach != chat.NotMet && reach != chat.Reachable {
			missing = append(missing, m)
		}
	}
	return missing
}

// composeMissing names to whoever asked, and to nobody else, who cannot be reached.
func (b *Bot) composeMissing(ctx context.Context, t *page, p *voting.Poll) (chat.Content, error) {
	missing := b.unreached(ctx, p)
	if p.State == voting.StateOpen {
		missing = nil
		for _, m := range p.Roll {
			ballot, known, err := b.Line.Event(ctx, ballotKey(p.ID, m))
			if err != nil {
				return chat.Content{}, err
			}
			if known && ballot == "" {
				missing = append(missing, m)
			}
		}
	}
	if len(missing) == 0 {
		return chat.Content{}, chat.ErrObsolete
	}
	names, err := b.namesOf(ctx, p, missing)
	if err != nil {
		return chat.Content{}, err
	}
	t.add("poll.missing", "question", title(p.Asked), "names", strings.Join(names, ", "))
	return t.content(true), nil
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
