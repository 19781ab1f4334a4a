package keyholder

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"stimmbote/keyholder/policy"
	"stimmbote/voting"
	"stimmbote/voting/parley"
)

// waits is what a part waits for, and because of whom.
type waits struct {
	Rule policy.Rule `json:"rule,omitempty"`
	Who  string      `json:"who,omitempty"`
}

// slow is how long the machine bears with what may heal by itself, before it says that it waits.
const slow = 10 * time.Second

// stoppers are the tellers who halted a vote, or whose machines raised an alarm.
func (v *vote) stoppers(halted bool) []string {
	var who []string
	for _, s := range v.seen.Stops {
		if (s.Rule == policy.Halted) == halted && !slices.Contains(who, string(s.Owner)) {
			who = append(who, string(s.Owner))
		}
	}
	return who
}

// teller says whether somebody is a teller of a vote.
func (v *vote) teller(owner voting.Member) bool {
	return slices.ContainsFunc(v.seen.Question.Terms.Tellers.All(), func(t voting.Teller) bool { return t.Owner == owner })
}

// stop notes a stop, once.
func (k *Keyholder) stop(ctx context.Context, v *vote, s stop) error {
	if slices.Contains(v.seen.Stops, s) {
		return nil
	}
	v.seen.Stops = append(v.seen.Stops, s)
	return k.rejudge(ctx, v)
}

// otherAlarm notes that another machine raised the alarm. Its owner lets the vote go on, if anything can.
func (k *Keyholder) otherAlarm(ctx context.Context, v *vote, account string, final bool) error {
	for _, t := range v.seen.Question.Terms.Tellers.All() {
		if t.Account == account && account != k.Line.Me() {
			return k.stop(ctx, v, stop{Owner: t.Owner, Rule: policy.Alarmed, Final: final})
		}
	}
	return nil
}

// alarm says while people vote that something is wrong, and gives no part until its owner, who was to look
// into it, lets it go on.
func (k *Keyholder) alarm(ctx context.Context, v *vote, rule policy.Rule) error {
	s := stop{Owner: voting.Member(k.Config.Owner), Rule: rule}
	if slices.Contains(v.seen.Stops, s) {
		return nil
	}
	v.seen.Stops = append(v.seen.Stops, s)
	v.seen.Waits = waits{Rule: policy.Alarmed, Who: k.Config.Owner} // which is said herewith
	return k.speak(ctx, v, "keyholder.alarm.open", parley.Record{Kind: parley.Alarm, Fingerprint: v.seen.Fingerprint, Rule: string(rule)}, k.Config.Owner)
}

// waiting is what the part of a vote waits for now.
func (k *Keyholder) waiting(v *vote) (waits, error) {
	w := v.watched()
	err := error(nil)
	switch {
	case w.Alarmed:
		err = policy.Alarmed
	case w.Halted:
		err = policy.Halted
	case w.Objected:
		err = policy.Objected
	case v.seen.Move != nil:
		rule, who := v.seen.Move.waits()
		return waits{rule, strings.Join(who, ", ")}, nil
	case v.Step == stepConfirmed && w.Moved:
		err = policy.Extended
	case v.Step == stepClosed:
		audit, auditErr := k.audit(v)
		if auditErr != nil {
			return waits{}, auditErr
		}
		err = policy.Waits(audit, w)
	}
	rule, _ := errors.AsType[policy.Rule](err)
	var who []string
	switch rule {
	case policy.Alarmed:
		who = v.stoppers(false)
	case policy.Halted:
		who = v.stoppers(true)
	case policy.Objected:
		who = v.seen.Objected
	}
	return waits{rule, strings.Join(who, ", ")}, nil
}

// rejudge weighs a vote after something new was read, and has the machine look for what is due by that.
func (k *Keyholder) rejudge(ctx context.Context, v *vote) error {
	defer k.awake()
	return k.weigh(ctx, v)
}

// weigh writes a vote down, and says in the group what its part waits for, or that it waits for nothing any more, if
// that is news.
func (k *Keyholder) weigh(ctx context.Context, v *vote) error {
	now, err := k.waiting(v)
	switch {
	case err != nil:
		return k.refuse(ctx, v, parley.Kept, err)
	case v.Step == stepReleased, v.Step == stepRefused, now == v.seen.Waits, k.borne(v, now.Rule).After(k.Now()):
		err = k.put(ctx, v)
	case now.Rule == "":
		v.seen.Waits = now
		err = k.speak(ctx, v, "keyholder.goes-on", parley.Record{Kind: parley.GoesOn}, "")
	default:
		v.seen.Waits = now
		err = k.speak(ctx, v, "keyholder.waits", parley.Record{Kind: parley.Waits, Rule: string(now.Rule)}, now.Who)
	}
	return err
}

// borne is until when the machine bears with a reason that may heal by itself: what somebody said may be read
// after what the bot did by it.
func (k *Keyholder) borne(v *vote, rule policy.Rule) time.Time {
	switch rule {
	case policy.Early, policy.Late:
		return v.seen.ClosedAt.Add(slow)
	case policy.Extended:
		return v.seen.MovedAt.Add(slow)
	case policy.Moved:
		if len(v.seen.Move.Missing) == 0 { // who is missing could not be asked yet
			return k.Now().Add(slow)
		}
		return v.seen.Move.Since.Add(slow)
	}
	return time.Time{}
}

// tellMoved says while people vote that the end was moved and nobody with the right said so.
func (k *Keyholder) tellMoved(ctx context.Context, v *vote, next *time.Time) error {
	if !v.moved() || v.seen.Waits.Rule != "" {
		return nil
	}
	if until := k.borne(v, policy.Extended); until.After(k.Now()) {
		*next = earlier(*next, until)
		return nil
	}
	return k.rejudge(ctx, v)
}

// speak writes a vote down and says something about it that may be said again later.
func (k *Keyholder) speak(ctx context.Context, v *vote, key string, r parley.Record, who string) error {
	v.seen.Spoken++
	d, err := say(v, "spoken/"+strconv.Itoa(v.seen.Spoken), key, r, "who", who, "owner", k.Config.Owner)
	if err != nil {
		return err
	}
	return k.Store.Tx(ctx, func(ctx context.Context) error {
		k.Checkpoint("keyholder.spoken")
		return errors.Join(k.put(ctx, v), k.Line.Queue(ctx, d))
	})
}

// tooLate says that a part was given before somebody halted the vote.
func (k *Keyholder) tooLate(ctx context.Context, v *vote) error {
	return k.speak(ctx, v, "keyholder.too-late", parley.Record{}, "")
}
