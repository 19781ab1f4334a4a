package keyholder

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stimmbote/chat"
	"stimmbote/keyholder/policy"
	"stimmbote/voting/belenios"
	"stimmbote/voting/parley"
)

// closed verifies the ballots that the bot closed a vote with, and keeps them.
func (k *Keyholder) closed(ctx context.Context, v *vote, r parley.Record, on time.Time) error {
	switch v.Step {
	case stepConfirmed:
	case stepClosed, stepReleased:
		if r.ClosedHash != v.seen.ClosedHash {
			return k.refuse(ctx, v, parley.Kept, policy.ClosedHash)
		}
		return nil
	default:
		return nil
	}
	v.seen.ClosedAt, v.seen.ClosedOn, v.seen.Number = k.Now(), on, cmp.Or(v.seen.Number, max(0, r.Number))
	audit, err := policy.Verify(policy.Ballots{Hash: r.ClosedHash, Voted: r.Voted, Archive: r.Archive}, v.watched())
	if err != nil {
		return k.refuse(ctx, v, parley.Kept, err)
	}
	k.Checkpoint("keyholder.verified")
	v.Step, v.Ballots, v.seen.ClosedHash = stepClosed, r.Archive, r.ClosedHash
	k.audits[r.ClosedHash] = audit
	return k.rejudge(ctx, v)
}

// botShare notes the bot's part, which may come before the ballots: keys of messages may be late. Whether it
// is right is looked at when the own one is due.
func (k *Keyholder) botShare(ctx context.Context, v *vote, r parley.Record) error {
	switch {
	case v.Step != stepConfirmed && v.Step != stepClosed:
		return nil
	case v.Step == stepClosed && r.ClosedHash != v.seen.ClosedHash, r.ClosedHash == v.seen.ShareOf, len(r.Body) > longestShare:
		return nil
	}
	v.seen.BotShare, v.seen.ShareOf = r.Body, r.ClosedHash
	if err := k.put(ctx, v); err != nil {
		return err
	}
	k.awake()
	return nil
}

// longestShare is how long a part may be that is kept.
const longestShare = 1 << 20

// due gives the machine's part of a closed vote when nothing speaks against it any more, and notes when to
// look again.
func (k *Keyholder) due(ctx context.Context, v *vote, next *time.Time) error {
	now, err := k.waiting(v)
	if err != nil {
		return k.refuse(ctx, v, parley.Kept, err)
	}
	if now.Rule != "" {
		if until := k.borne(v, now.Rule); now != v.seen.Waits && until.After(k.Now()) {
			*next = earlier(*next, until)
			return nil
		}
		if now == v.seen.Waits {
			return nil
		}
		return k.rejudge(ctx, v)
	}
	if v.seen.BotShare == "" || v.seen.ShareOf != v.seen.ClosedHash {
		return nil
	}
	if opens := policy.Opens(v.watched()); opens.After(k.Now()) {
		*next = earlier(*next, opens)
		return nil
	}
	return k.release(ctx, v)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// audit is the verification of the ballots of a closed vote, which is done again after a restart.
func (k *Keyholder) audit(v *vote) (*belenios.Audit, error) {
	if audit := k.audits[v.seen.ClosedHash]; audit != nil {
		return audit, nil
	}
	audit, err := belenios.AuditBallots(v.Ballots)
	if err != nil {
		return nil, policy.Archive
	}
	if audit.Report().ClosedHash != v.seen.ClosedHash {
		return nil, policy.ClosedHash
	}
	k.audits[v.seen.ClosedHash] = audit
	return audit, nil
}

// release gives the machine's part of the decryption, or says why not. It is stored before it is said,
// in the transaction that makes sure that there is never another one.
func (k *Keyholder) release(ctx context.Context, v *vote) error {
	audit, err := k.audit(v)
	if err != nil {
		return k.refuse(ctx, v, parley.Kept, err)
	}
	if err := k.follow(ctx, v); err != nil {
		return err
	}
	if v.seen.Move != nil { // perhaps its part stands in the newer room
		return k.rejudge(ctx, v)
	}
	given, err := k.given(ctx, v)
	if err != nil {
		return k.refuse(ctx, v, parley.Kept, err)
	}
	if given {
		return k.givenBefore(ctx, v)
	}
	if err := policy.Release(audit, v.seen.BotShare); err != nil {
		return k.refuse(ctx, v, parley.Kept, err)
	}
	plain, err := k.Vault.Open(keyName(v.Poll), labelKey, v.Secret)
	if lost(err) {
		return k.refuse(ctx, v, parley.Kept, policy.KeyLost)
	}
	if err != nil {
		return fmt.Errorf("unsealing the key: %w", err)
	}
	defer clear(plain)
	key, err := belenios.ParseKey(v.seen.Question.Group, plain)
	if err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	defer key.Erase()
	share, err := audit.Election().Decrypt(k.Rand, audit.Sum(), key)
	if err != nil {
		return err
	}
	v.Step, v.Share = stepReleased, share.Body
	d, err := say(v, "share", "keyholder.share", parley.Record{Kind: parley.Share, ClosedHash: v.seen.ClosedHash, Body: string(share.Body)},
		"n", audit.Sum().Counted)
	if err != nil {
		return err
	}
	err = k.Store.Tx(ctx, func(ctx context.Context) error {
		k.Checkpoint("keyholder.share")
		return errors.Join(k.put(ctx, v), k.Line.Queue(ctx, d))
	})
	k.Checkpoint("keyholder.share-stored")
	return err
}

// given says whether the part stands in the group already, whatever the machine remembers: it may have been
// started from a backup. What it cannot be certain of is a rule, and it gives nothing.
func (k *Keyholder) given(ctx context.Context, v *vote) (bool, error) {
	given, err := k.Line.Sent(ctx, slices.Insert(slices.Clone(v.seen.Rooms), 0, v.Room), saidKey(v, "share"), v.seen.AskedIn)
	switch {
	case errors.Is(err, chat.ErrHistoryLong):
		return false, policy.HistoryLong
	case errors.Is(err, chat.ErrHistoryErased):
		return false, policy.HistoryErased
	case errors.Is(err, chat.ErrHistoryGone):
		return false, policy.HistoryGone
	}
	if err != nil {
		return false, fmt.Errorf("looking whether the part was given: %w", err)
	}
	return given, nil
}

// givenBefore notes that the part stands in the group already although the machine does not know it: it was
// started from a backup. There is never a second one. So that people read that now, it speaks to everybody afresh.
func (k *Keyholder) givenBefore(ctx context.Context, v *vote) error {
	v.Step, v.Share = stepReleased, []byte("given before, by a machine that this one is a backup of")
	k.Line.Afresh()
	return k.speak(ctx, v, "keyholder.restored", parley.Record{}, "")
}

// result counts the whole vote again. When everything is right the key is deleted.
func (k *Keyholder) result(ctx context.Context, v *vote, r parley.Record) error {
	if v.Step != stepReleased {
		return nil // a result without this machine's part is none, and nothing of it is believed
	}
	audit, err := k.audit(v)
	if err != nil {
		return k.refuse(ctx, v, parley.Kept, err)
	}
	report, err := policy.Recount(audit, r.Archive, v.seen.ClosedHash, v.watched())
	if err != nil {
		return k.refuse(ctx, v, parley.Kept, err)
	}
	d, err := say(v, "recounted", "keyholder.recounted", parley.Record{}, "n", report.Counted)
	if err != nil {
		return err
	}
	err = k.Store.Tx(ctx, func(ctx context.Context) error {
		return errors.Join(k.end(ctx, v, stepDone), k.Line.Queue(ctx, d))
	})
	if err != nil {
		return err
	}
	k.Checkpoint("keyholder.before-erase")
	return k.Vault.Remove(keyName(v.Poll))
}
