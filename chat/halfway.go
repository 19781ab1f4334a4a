package chat

import (
	"context"
	"fmt"

	"go.mau.fi/util/dbutil"
	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
)

// finishUpload finishes what an earlier start began: the device's keys were stored here and arrived
// at the homeserver, but its answer was lost. They count as uploaded if they are the same; without
// that the device could never be used again.
func (l *Line) finishUpload(ctx context.Context, client *mautrix.Client, pickle []byte) error {
	keep := crypto.NewSQLCryptoStore(l.store.DB(), dbutil.ZeroLogger(*l.quiet()), "", client.DeviceID, pickle)
	if err := keep.DB.Upgrade(ctx); err != nil {
		return fmt.Errorf("bringing the tables of the encryption up to date: %w", err)
	}
	account, err := keep.GetAccount(ctx)
	if err != nil {
		return fmt.Errorf("reading the keys of the bot's device: %w", err)
	}
	if account == nil || account.Shared {
		return nil
	}
	there, err := client.QueryKeys(ctx, &mautrix.ReqQueryKeys{
		DeviceKeys: mautrix.DeviceKeysRequest{client.UserID: {client.DeviceID}},
	})
	if err != nil {
		return fmt.Errorf("asking for the bot's own keys: %w", err)
	}
	device := there.DeviceKeys[client.UserID][client.DeviceID]
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
