package chat

import (
	"context"

	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/id"
)

// inTurn uses the pickle key in a transaction of its own, or in the one of ctx. Since there is only one at a
// time, and the key is changed in one as well, what is written is always sealed with the key that will open it.
func (s *cryptoStore) inTurn(ctx context.Context, do func(context.Context) error) error {
	return s.tx(ctx, func(ctx context.Context) error {
		s.key.RLock()
		defer s.key.RUnlock()
		return do(ctx)
	})
}

// setPickleKey changes the key, within the transaction that has sealed everything with it.
func (s *cryptoStore) setPickleKey(key []byte) {
	s.key.Lock()
	defer s.key.Unlock()
	s.PickleKey = key
}

// PutAccount stores the keys of the bot's device.
func (s *cryptoStore) PutAccount(ctx context.Context, account *crypto.OlmAccount) error {
	return s.inTurn(ctx, func(ctx context.Context) error { return s.SQLCryptoStore.PutAccount(ctx, account) })
}

// GetAccount returns the keys of the bot's device, nil if there are none.
func (s *cryptoStore) GetAccount(ctx context.Context) (account *crypto.OlmAccount, err error) {
	err = s.inTurn(ctx, func(ctx context.Context) (err error) {
		account, err = s.SQLCryptoStore.GetAccount(ctx)
		return err
	})
	return account, err
}

// GetSessions returns the sessions with a device.
func (s *cryptoStore) GetSessions(ctx context.Context, device id.SenderKey) (list crypto.OlmSessionList, err error) {
	err = s.inTurn(ctx, func(ctx context.Context) (err error) {
		list, err = s.SQLCryptoStore.GetSessions(ctx, device)
		return err
	})
	return list, err
}

// AddSession stores a new session with a device.
func (s *cryptoStore) AddSession(ctx context.Context, device id.SenderKey, session *crypto.OlmSession) error {
	return s.inTurn(ctx, func(ctx context.Context) error { return s.SQLCryptoStore.AddSession(ctx, device, session) })
}

// UpdateSession stores how far a session with a device has come.
func (s *cryptoStore) UpdateSession(ctx context.Context, device id.SenderKey, session *crypto.OlmSession) error {
	return s.inTurn(ctx, func(ctx context.Context) error { return s.SQLCryptoStore.UpdateSession(ctx, device, session) })
}

// PutSecret stores a secret of the account.
func (s *cryptoStore) PutSecret(ctx context.Context, name id.Secret, value string) error {
	return s.inTurn(ctx, func(ctx context.Context) error { return s.SQLCryptoStore.PutSecret(ctx, name, value) })
}

// GetSecret returns a secret of the account, empty if it is not there.
func (s *cryptoStore) GetSecret(ctx context.Context, name id.Secret) (value string, err error) {
	err = s.inTurn(ctx, func(ctx context.Context) (err error) {
		value, err = s.SQLCryptoStore.GetSecret(ctx, name)
		return err
	})
	return value, err
}
