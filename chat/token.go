package chat

import (
	"context"
	"errors"
	"fmt"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// loginAnew logs in with what the configuration says: a token if there is one, else the password.
func (l *Line) loginAnew(ctx context.Context, client *mautrix.Client, account store.Account) (*store.Account, error) {
	if l.cfg.AccessToken != "" {
		return l.loginByToken(ctx, client, account)
	}
	return l.loginByPassword(ctx, client, account)
}

// loginByToken takes the access token of the configuration. It must belong to the device that the
// store knows, or at the first start to one that has never encrypted.
func (l *Line) loginByToken(ctx context.Context, client *mautrix.Client, account store.Account) (*store.Account, error) {
	client.AccessToken = l.cfg.AccessToken
	fresh, err := freshDevice(ctx, client)
	switch {
	case errors.Is(err, mautrix.MUnknownToken):
		return nil, fmt.Errorf("%w: %s does not know the access token; set matrix.access_token to a new one", ErrLogin, l.cfg.Homeserver)
	case err != nil:
		return nil, err
	case !sameUser(client.UserID.String(), l.cfg.User):
		return nil, fmt.Errorf("%w: the access token belongs to %s and not to %s; check matrix.user and matrix.access_token", ErrLogin, client.UserID, l.cfg.User)
	case client.DeviceID == "":
		return nil, fmt.Errorf("%w: the access token belongs to no device, and without one nothing can be encrypted; make one by logging in", ErrLogin)
	case account.Device != "" && client.DeviceID != id.DeviceID(account.Device):
		return nil, fmt.Errorf("%w: the access token belongs to device %s, but this store to %s; make a token for that device, or name another store.dir", ErrLogin, client.DeviceID, account.Device)
	case account.Device == "" && !fresh:
		return nil, fmt.Errorf("%w: device %s of the access token encrypts elsewhere already; make a token with a device of its own", ErrLogin, client.DeviceID)
	}
	account.User, account.Device = client.UserID.String(), client.DeviceID.String()
	if account.Token, err = l.vault.Seal(accountKey, tokenLabel, []byte(l.cfg.AccessToken)); err != nil {
		return nil, fmt.Errorf("sealing the access token: %w", err)
	}
	return &account, l.store.PutAccount(ctx, account)
}
