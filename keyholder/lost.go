package keyholder

import (
	"context"
	"errors"

	"stimmbote/keyholder/policy"
	"stimmbote/store"
	"stimmbote/voting/parley"
)

// lost says whether an error in unsealing means that the key is gone for good.
func lost(err error) bool { return errors.Is(err, store.ErrNoKey) || errors.Is(err, store.ErrSealed) }

// lookForKey looks whether the key of a vote is still there. If it is gone the vote cannot be counted, and
// the earlier the group knows the better.
func (k *Keyholder) lookForKey(ctx context.Context, v *vote) error {
	if v.Secret == nil || v.Share != nil || v.Step == stepRefused {
		return nil
	}
	plain, err := k.Vault.Open(keyName(v.Poll), labelKey, v.Secret)
	clear(plain)
	if !lost(err) {
		return nil // what else is wrong may be mended, and is said when the key is needed
	}
	kind := parley.Alarm
	if v.Step == stepClosed {
		kind = parley.Kept
	}
	return k.refuse(ctx, v, kind, policy.KeyLost)
}
