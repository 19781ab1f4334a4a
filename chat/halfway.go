package chat

import (
	"context"
	"fmt"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
)

// finishUpload brings into agreement what is stored here and what the homeserver has of the device's keys;
// without that the device could never be used again. An earlier start may have uploaded them although the
// answer was lost: they count as uploaded if they are the same. Somebody may have ended all sessions of the
// account, which deletes its devices: then they are to be uploaded again.
func (l *Line) finishUpload(ctx context.Context, client *mautrix.Client, pickle []byte) error {
	keep := crypto.NewSQLCryptoStore(l.store.DB(), dbutil.ZeroLogger(*l.quiet()), "", client.DeviceID, pickle)
	if err := keep.DB.Upgrade(ctx); err != nil {
		return fmt.Errorf("bringing the tables of the encryption up to date: %w", err)
	}
	account, err := keep.GetAccount(ctx)
	if err != nil {
		return fmt.Errorf("reading the keys of the bot's device: %w", err)
	}
	if account == nil {
		return nil
	}
	there, err := client.QueryKeys(ctx, &mautrix.ReqQueryKeys{
		DeviceKeys: mautrix.DeviceKeysRequest{client.UserID: {client.DeviceID}},
	})
	if err != nil {
		return fmt.Errorf("asking for the bot's own keys: %w", err)
	}
	device := there.DeviceKeys[client.UserID][client.DeviceID]
	if account.Shared {
		if len(device.Keys) > 0 {
			return nil
		}
		if err := l.vanished(ctx, keep, account, client.UserID); err != nil {
			return fmt.Errorf("storing that the keys of the bot's device are gone: %w", err)
		}
		l.log.Warn().Msg("The homeserver has deleted the bot's device; it is made again with the same keys")
		return nil
	}
	if device.Keys.GetEd25519(client.DeviceID) != account.SigningKey() || device.Keys.GetCurve25519(client.DeviceID) != account.IdentityKey() {
		return nil
	}
	account.Internal.MarkKeysAsPublished()
	account.Shared = true
	if err := keep.PutAccount(ctx, account); err != nil {
		return fmt.Errorf("storing that the keys of the bot's device are known: %w", err)
	}
	return nil
}

// vanished notes that the homeserver has neither the device's keys nor the signature on them.
func (l *Line) vanished(ctx context.Context, keep *crypto.SQLCryptoStore, account *crypto.OlmAccount, me id.UserID) error {
	return l.store.Tx(ctx, func(ctx context.Context) error {
		signing, err := keep.GetCrossSigningKeys(ctx, me)
		if err != nil {
			return err
		}
		if _, err := keep.DropSignaturesByKey(ctx, me, signing[id.XSUsageSelfSigning].Key); err != nil {
			return err
		}
		account.Shared = false
		return keep.PutAccount(ctx, account)
	})
}
