package keyholder

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"stimmbote/chat"
	"stimmbote/keyholder/policy"
	"stimmbote/store"
	"stimmbote/voting"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

// asked makes a key for a vote, if the rules allow it, and says its public part. The key is stored,
// sealed, in the same transaction.
func (k *Keyholder) asked(ctx context.Context, m chat.Message, r parley.Record) error {
	q := *r.Question
	known, err := k.vote(ctx, r.Poll)
	if err != nil {
		return err
	}
	if known != nil {
		if known.over() || reflect.DeepEqual(known.seen.Question, q) {
			return nil
		}
		return k.refuse(ctx, known, parley.Alarm, policy.Question)
	}
	v := &vote{
		Held: store.Held{Poll: string(r.Poll), Room: m.Room, Step: stepHeard},
		seen: seen{Question: q, AskedIn: m.ID, Keys: make(map[string]string)},
	}
	v.seen.Booths = k.boothsOf(v)
	return k.judge(ctx, v, nil)
}

// heals is how long an opening waits for what may heal, and again how often it looks.
const (
	heals = 45 * time.Second
	again = 3 * time.Second
)

// bears says whether something that speaks against an opening may still heal: then it is looked at again.
func (k *Keyholder) bears(v *vote, why error, next *time.Time) bool {
	rule, ok := errors.AsType[policy.Rule](why)
	if !ok || !rule.Heals() {
		return false
	}
	if v.seen.Since.IsZero() {
		v.seen.Since = k.Now()
	}
	if next != nil {
		*next = earlier(*next, k.Now().Add(again))
	}
	return k.Now().Before(v.seen.Since.Add(heals))
}

// judge makes a key for a vote that was asked for, if the rules allow it, once its ballot pages were looked at.
// What may heal, such as somebody on the roll whose joining is not known here yet, is looked at again for a while.
func (k *Keyholder) judge(ctx context.Context, v *vote, next *time.Time) error {
	q := v.seen.Question
	group, err := k.group(ctx, v.Room)
	if err != nil {
		return err
	}
	if err := policy.Ask(q, group, k.Now()); err != nil {
		if errors.Is(err, policy.NotMine) && q.Terms.Tellers.Owner(k.Line.Me()) == 0 {
			return nil // others hold the keys of this one
		}
		if k.bears(v, err, next) {
			if next == nil {
				k.awake()
			}
			return k.put(ctx, v)
		}
		return k.refuse(ctx, v, parley.Alarm, err)
	}
	had, err := k.pages(v)
	if err != nil {
		return k.refuse(ctx, v, parley.Alarm, err)
	}
	if !had {
		signal(k.glimpse)
		return k.put(ctx, v)
	}
	for _, t := range q.Terms.Tellers.All() {
		if public, known := k.tooEarly[t.Account][v.Poll]; known {
			v.seen.Keys[t.Account] = public
			delete(k.tooEarly[t.Account], v.Poll)
		}
	}
	v.Step, v.seen.Since = stepAsked, time.Time{}
	return k.makeKey(ctx, v)
}

// makeKey draws the key of a vote. A key file that is there was left by a try that was never committed.
func (k *Keyholder) makeKey(ctx context.Context, v *vote) error {
	name := keyName(v.Poll)
	if err := errors.Join(k.Vault.Remove(name), k.Vault.Create(name)); err != nil {
		return err
	}
	key, err := belenios.NewKey(k.Rand, v.seen.Question.Group)
	if err != nil {
		return fmt.Errorf("drawing the key of poll %s: %w", v.Poll, err)
	}
	defer key.Erase()
	public, err := key.Public(k.Rand)
	if err != nil {
		return fmt.Errorf("drawing the key of poll %s: %w", v.Poll, err)
	}
	plain := key.Bytes()
	defer clear(plain)
	if v.Secret, err = k.Vault.Seal(name, labelKey, plain); err != nil {
		return err
	}
	v.seen.Own = string(public)
	d, err := say(v, "key", "keyholder.key", parley.Record{Kind: parley.Key, Public: v.seen.Own})
	if err != nil {
		return err
	}
	err = k.Store.Tx(ctx, func(ctx context.Context) error {
		k.Checkpoint("keyholder.key")
		return errors.Join(k.put(ctx, v), k.Line.Queue(ctx, d))
	})
	k.Checkpoint("keyholder.key-stored")
	return err
}

// group is what the machine sees of a group itself.
func (k *Keyholder) group(ctx context.Context, room string) (policy.Group, error) {
	members, err := k.Line.Members(ctx, room)
	if err != nil {
		return policy.Group{}, fmt.Errorf("asking for the members of %s: %w", room, err)
	}
	g := policy.Group{Bot: k.Config.Bot, Self: k.Line.Me(), Owner: voting.Member(k.Config.Owner), Least: k.Config.MinBallots}
	for _, m := range members {
		g.Members = append(g.Members, m.ID)
	}
	return g, nil
}

// otherKey notes the key that another machine published.
func (k *Keyholder) otherKey(ctx context.Context, v *vote, account, public string) error {
	old := v.seen.Keys[account]
	if old == public || account == k.Line.Me() {
		return nil
	}
	if old != "" {
		return k.refuse(ctx, v, parley.Alarm, policy.KeyChanged)
	}
	v.seen.Keys[account] = public
	defer k.awake()
	return k.compare(ctx, v)
}

// otherFound notes which election another machine found right. If it is another one than the own, the
// bot has shown different ones.
func (k *Keyholder) otherFound(ctx context.Context, v *vote, account, what string) error {
	if v.seen.Found == nil {
		v.seen.Found = make(map[string]string)
	}
	v.seen.Found[account] = what
	if v.seen.Fingerprint == "" || found(v.seen.Fingerprint, v.seen.Credentials) == what {
		return k.put(ctx, v)
	}
	return k.refuse(ctx, v, parley.Alarm, policy.Differs)
}

// found is what a machine found right, as one text.
func found(fingerprint, credentials string) string { return fingerprint + " " + credentials }

// election compares the election that the bot posted, once all keys are known.
func (k *Keyholder) election(ctx context.Context, v *vote, r parley.Record) error {
	switch v.Step {
	case stepAsked:
		v.seen.Setup = r.Setup
		defer k.awake()
		return k.compare(ctx, v)
	case stepConfirmed:
		if r.Fingerprint != v.seen.Fingerprint {
			return k.refuse(ctx, v, parley.Alarm, policy.OtherVote)
		}
	}
	return nil
}

// compareAgain compares an election again that was posted, as long as what speaks against it may heal: a
// clock that is a little behind.
func (k *Keyholder) compareAgain(ctx context.Context, v *vote, next *time.Time) error {
	if v.seen.Setup == nil || v.seen.Since.IsZero() {
		return nil
	}
	*next = earlier(*next, k.Now().Add(again))
	return k.compare(ctx, v)
}

func (k *Keyholder) compare(ctx context.Context, v *vote) error {
	others := len(v.seen.Question.Terms.Tellers.All()) - 1
	if v.Step != stepAsked || v.seen.Setup == nil || len(v.seen.Keys) < others {
		return k.put(ctx, v)
	}
	right, err := policy.Compare(*v.seen.Setup, v.agreed(), k.Line.Me(), k.Now())
	if err != nil && k.bears(v, err, nil) {
		return k.put(ctx, v)
	}
	if err != nil {
		return k.refuse(ctx, v, parley.Alarm, err)
	}
	for _, other := range v.seen.Found {
		if other != found(right.Fingerprint, right.Credentials) {
			return k.refuse(ctx, v, parley.Alarm, policy.Differs)
		}
	}
	signal(k.glimpse) // whose time begins
	v.Step, v.seen.Ends, v.seen.Setup, v.seen.Since = stepConfirmed, v.seen.Setup.Ends, nil, time.Time{}
	v.seen.Fingerprint, v.seen.Credentials = right.Fingerprint, right.Credentials
	d, err := say(v, "confirmed", "keyholder.confirmed",
		parley.Record{Kind: parley.Confirmed, Fingerprint: right.Fingerprint, Credentials: right.Credentials},
		"words", voting.Said(right.Fingerprint, k.Texts.Language()), "asker", v.seen.Question.Asker)
	if err != nil {
		return err
	}
	err = k.Store.Tx(ctx, func(ctx context.Context) error {
		k.Checkpoint("keyholder.confirmed")
		return errors.Join(k.put(ctx, v), k.Line.Queue(ctx, d))
	})
	k.Checkpoint("keyholder.confirmed-stored")
	return err
}
