package chat

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/ssss"
	"maunium.net/go/mautrix/crypto/utils"

	"stimmbote/store"
)

// errSigned tells the operator what to do about an account that somebody else has signed.
var errSigned = fmt.Errorf("%w: its account has cross-signing keys already and their recovery key is not in this store; "+
	"use an account of the bot's own, set matrix.recovery_key, or reset the account's cross-signing identity", ErrLogin)

// crossSign makes sure that the bot's device is signed by its owner: clients hide what other
// devices say. Keys are made only where the server has none, and never again: a second time would
// overwrite the secret storage and lose the first.
func (l *Line) crossSign(ctx context.Context, mach *crypto.OlmMachine, account *store.Account) error {
	me := mach.Client.UserID
	keys, err := mach.Client.QueryKeys(ctx, &mautrix.ReqQueryKeys{DeviceKeys: mautrix.DeviceKeysRequest{me: {}}})
	if err != nil {
		return fmt.Errorf("asking for the bot's own keys: %w", err)
	}
	if _, ok := keys.MasterKeys[me]; !ok {
		if err := l.firstSign(ctx, mach, account); err != nil {
			return fmt.Errorf("cross-signing the bot: %w", err)
		}
		return nil
	}
	_, verified, err := mach.GetOwnVerificationStatus(ctx)
	if err != nil {
		return fmt.Errorf("asking whether the bot is cross-signed: %w", err)
	}
	if verified {
		return nil
	}
	if account.Recovery == nil {
		return errSigned
	}
	recovery, err := l.vault.Open(accountKey, recoveryLabel, account.Recovery)
	if err != nil {
		return fmt.Errorf("the recovery key cannot be opened, restore the folder of key files: %w", err)
	}
	if err := mach.VerifyWithRecoveryKey(ctx, string(recovery)); err != nil {
		return fmt.Errorf("cross-signing the bot with its recovery key: %w", err)
	}
	return nil
}

// firstSign makes the keys. The recovery key is stored before the server hears of anything, and
// the public keys come last: interrupted anywhere, the next start finishes.
func (l *Line) firstSign(ctx context.Context, mach *crypto.OlmMachine, account *store.Account) error {
	key, err := l.storageKey(ctx, account)
	if err != nil {
		return err
	}
	keys, err := mach.GenerateCrossSigningKeys()
	if err != nil {
		return fmt.Errorf("making the keys: %w", err)
	}
	if err := mach.SSSS.SetKeyData(ctx, key.ID, key.Metadata); err != nil {
		return fmt.Errorf("describing the secret storage: %w", err)
	}
	if err := mach.UploadCrossSigningKeysToSSSS(ctx, key, keys); err != nil {
		return fmt.Errorf("filling the secret storage: %w", err)
	}
	if err := mach.SSSS.SetDefaultKeyID(ctx, key.ID); err != nil {
		return fmt.Errorf("naming the secret storage: %w", err)
	}
	if err := mach.PublishCrossSigningKeys(ctx, keys, l.askedForPassword); err != nil {
		return fmt.Errorf("publishing the keys: %w", err)
	}
	if err := mach.SignOwnDevice(ctx, mach.OwnIdentity()); err != nil {
		return fmt.Errorf("signing the device: %w", err)
	}
	if err := mach.SignOwnMasterKey(ctx); err != nil {
		return fmt.Errorf("signing the master key: %w", err)
	}
	return nil
}

// storageKey is the key of the secret storage: the stored one, or a new one that is stored first.
func (l *Line) storageKey(ctx context.Context, account *store.Account) (*ssss.Key, error) {
	if account.Recovery != nil {
		recovery, err := l.vault.Open(accountKey, recoveryLabel, account.Recovery)
		if err != nil {
			return nil, fmt.Errorf("the recovery key cannot be opened, restore the folder of key files: %w", err)
		}
		return ssss.WrapKey(utils.DecodeBase58RecoveryKey(string(recovery)), nil)
	}
	key, err := ssss.NewKey("")
	if err != nil {
		return nil, fmt.Errorf("making a recovery key: %w", err)
	}
	if account.Recovery, err = l.vault.Seal(accountKey, recoveryLabel, []byte(key.RecoveryKey())); err != nil {
		return nil, fmt.Errorf("sealing the recovery key: %w", err)
	}
	return key, l.store.PutAccount(ctx, *account)
}

// askedForPassword answers a server that wants the password before it takes keys.
func (l *Line) askedForPassword(asked *mautrix.RespUserInteractive) any {
	return &mautrix.ReqUIAuthLogin{
		BaseAuthData: mautrix.BaseAuthData{Type: mautrix.AuthTypePassword, Session: asked.Session},
		User:         l.cfg.User,
		Password:     l.cfg.Password,
	}
}

// Recovery is the recovery key of the account that a store knows: with it a new device goes on as the account's own.
func Recovery(ctx context.Context, st *store.Store, vault interface {
	Open(name, label string, sealed []byte) ([]byte, error)
},
) (string, error) {
	account, err := st.Account(ctx)
	if err != nil {
		return "", err
	}
	if account == nil || account.Recovery == nil {
		return "", errors.New("the account has no recovery key: it has not logged in yet")
	}
	recovery, err := vault.Open(accountKey, recoveryLabel, account.Recovery)
	if err != nil {
		return "", fmt.Errorf("the recovery key cannot be opened, restore the folder of key files: %w", err)
	}
	return string(recovery), nil
}
