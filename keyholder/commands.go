package keyholder

import (
	"context"
	"fmt"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/keyholder/policy"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// moderator is the power that whoever closes a vote must have who did not begin it.
const moderator = 50

// command does what somebody says that the bot is not to be trusted to pass on.
func (k *Keyholder) command(ctx context.Context, m chat.Message) error {
	deed := parley.Read(m.Body)
	if deed == "" || m.Sender == k.Config.Bot { // which has power, but no say
		return nil
	}
	known, err := k.known(ctx)
	if err != nil {
		return err
	}
	all := slices.DeleteFunc(known, func(v *vote) bool { return v.past() || !v.hears(m.Room, deed) })
	switch deed {
	case parley.Close:
		return k.closeSaid(ctx, m, named(m.Body, all))
	case parley.Halt:
		return k.halt(ctx, m, all)
	case parley.Resume:
		return k.resume(ctx, m, all)
	case parley.Extend:
		return k.extendSaid(ctx, m, all)
	case parley.Object:
		return k.object(ctx, m, all)
	}
	return nil
}

// leads says whether somebody may close a vote: whoever began it, and moderators of the room.
func (k *Keyholder) leads(ctx context.Context, m chat.Message, v *vote) (bool, error) {
	if m.Sender == string(v.seen.Question.Asker) {
		return true, nil
	}
	power, err := k.Line.Power(ctx, m.Room, m.Sender)
	if err != nil {
		return false, fmt.Errorf("asking for the power in %s: %w", m.Room, err)
	}
	return power >= moderator, nil
}

// named are those of some votes that a word may be about, by what the bot said that people call them. Of a name that is
// not known here the word is about none.
func named(body string, all []*vote) []*vote {
	return slices.DeleteFunc(slices.Clone(all), func(v *vote) bool {
		return !parley.Means(parley.Name(body), v.seen.Number, v.called())
	})
}

// called is the letter of a vote as long as it is open. Another one may have it later.
func (v *vote) called() string {
	if v.Step != stepConfirmed {
		return ""
	}
	return v.seen.Letter
}

// opened notes what people call a vote.
func (k *Keyholder) opened(ctx context.Context, v *vote, r parley.Record) error {
	if v.Step != stepConfirmed || v.seen.Number > 0 || v.seen.Letter != "" {
		return nil
	}
	v.seen.Number, v.seen.Letter = max(0, r.Number), r.Letter
	return k.put(ctx, v)
}

// closeSaid notes that somebody with the right said that a vote be closed, if only one of those that are meant is open.
// Where none is, all closed ones that waited for a word go on in spite of objections; and one that
// was not closed at its time was closed with that right, if it is the only one.
func (k *Keyholder) closeSaid(ctx context.Context, m chat.Message, all []*vote) error {
	open := slices.DeleteFunc(slices.Clone(all), func(v *vote) bool { return v.Step != stepConfirmed })
	untimely := slices.DeleteFunc(slices.Clone(all), func(v *vote) bool { return v.Step != stepClosed || !k.untimely(v) })
	objected := slices.DeleteFunc(slices.Clone(all), func(v *vote) bool {
		return v.Step != stepClosed || len(v.seen.Objected) == 0 || slices.Contains(untimely, v)
	})
	meant := untimely
	if len(open) > 0 {
		meant, objected = open, nil
	}
	if len(meant) > 1 {
		meant = nil // nobody could be sure which
	}
	for _, v := range slices.Concat(meant, objected) {
		leads, err := k.leads(ctx, m, v)
		if err != nil {
			return err
		}
		if !leads || v.seen.CloseBy == m.ID {
			continue
		}
		v.seen.CloseBy = m.ID
		if slices.Contains(objected, v) {
			v.seen.Objected = nil
		} else {
			v.seen.CloseSaid, v.seen.CloseOn = k.Now(), m.At
		}
		if err := k.rejudge(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// untimely says whether a closed vote was not closed at its time and nobody with the right said so.
func (k *Keyholder) untimely(v *vote) bool {
	audit, err := k.audit(v)
	w := v.watched()
	w.Alarmed, w.Halted, w.Objected = false, false, false
	return err == nil && policy.Waits(audit, w) != nil
}

// extendSaid notes that somebody with the right said that the end of a vote be moved. Whether the bot did by it, and
// takes it for a word at all, is seen from the new end.
func (k *Keyholder) extendSaid(ctx context.Context, m chat.Message, all []*vote) error {
	v := extends(m, all)
	if v == nil || slices.Contains(v.seen.ExtendSaid, m.ID) {
		return nil
	}
	leads, err := k.leads(ctx, m, v)
	if err != nil || !leads {
		return err
	}
	late := v.moved()
	v.seen.ExtendSaid, v.seen.ExtendAt = append(v.seen.ExtendSaid, m.ID), k.Now()
	if late {
		v.goesOn()
	}
	return k.rejudge(ctx, v)
}

// extends is the vote whose end a word moves, as the bot understands it: the open one that it names, or the only one. A
// closed one is meant only if its end was moved without a word, and this one was said before the close and is read late.
func extends(m chat.Message, all []*vote) *vote {
	var open, late []*vote
	for _, v := range all {
		this, nameless := parley.NamesEnd(m.Body, v.seen.Number, v.called())
		switch {
		case v.Step != stepConfirmed && (v.Step != stepClosed || !v.moved() || m.At.After(v.seen.ClosedOn)):
		case this:
			return v
		case !nameless:
		case v.Step == stepConfirmed:
			open = append(open, v)
		default:
			late = append(late, v)
		}
	}
	if len(open) == 0 {
		open = late
	}
	if len(open) != 1 {
		return nil // nobody could be sure which
	}
	return open[0]
}

// extended notes that the bot moved the end of a vote. The same end may be said once more by another word; said again
// without one it is nothing new.
func (k *Keyholder) extended(ctx context.Context, v *vote, r parley.Record) error {
	known := slices.ContainsFunc(v.seen.Extended, r.Ends.Equal) && len(v.seen.Extended) >= len(v.seen.ExtendSaid)
	if v.Step != stepConfirmed && v.Step != stepClosed || known {
		return nil
	}
	v.seen.Extended, v.seen.MovedAt = append(v.seen.Extended, r.Ends), k.Now()
	v.goesOn()
	return k.rejudge(ctx, v)
}

// goesOn takes back that an open vote be closed, if somebody with the right said after that that its end be moved.
func (v *vote) goesOn() {
	if v.Step == stepConfirmed && !v.moved() && !v.seen.CloseSaid.After(v.seen.ExtendAt) {
		v.seen.CloseSaid = time.Time{}
	}
}

// halt stops all votes whose teller somebody is.
func (k *Keyholder) halt(ctx context.Context, m chat.Message, all []*vote) error {
	owner := voting.Member(m.Sender)
	for _, v := range all {
		if !v.teller(owner) {
			continue
		}
		if v.Step == stepReleased {
			if err := k.tooLate(ctx, v); err != nil {
				return err
			}
			continue
		}
		if err := k.stop(ctx, v, stop{Owner: owner, Rule: policy.Halted}); err != nil {
			return err
		}
	}
	return nil
}

// resume takes back what a teller, or their machine, stopped.
func (k *Keyholder) resume(ctx context.Context, m chat.Message, all []*vote) error {
	for _, v := range all {
		before := len(v.seen.Stops)
		v.seen.Stops = slices.DeleteFunc(v.seen.Stops, func(s stop) bool { return s.Owner == voting.Member(m.Sender) && !s.Final })
		if len(v.seen.Stops) == before {
			continue
		}
		if err := k.rejudge(ctx, v); err != nil {
			return err
		}
	}
	return nil
}

// object notes that somebody on the roll, or who asked, has something against a vote.
func (k *Keyholder) object(ctx context.Context, m chat.Message, all []*vote) error {
	for _, v := range all {
		q := v.seen.Question
		entitled := slices.Contains(q.Roll, m.Sender) || m.Sender == string(q.Asker)
		if !entitled || v.Step == stepReleased || slices.Contains(v.seen.Objected, m.Sender) {
			continue
		}
		v.seen.Objected = append(v.seen.Objected, m.Sender)
		if err := k.rejudge(ctx, v); err != nil {
			return err
		}
	}
	return nil
}
