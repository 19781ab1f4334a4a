package chat

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"maunium.net/go/mautrix"
	"maunium.net/go/mautrix/crypto"
	"maunium.net/go/mautrix/crypto/cryptohelper"
	"maunium.net/go/mautrix/id"

	"stimmbote/store"
)

// The key files: one seals the account's token and recovery key, the other the crypto store.
const (
	accountKey = "account"
	pickleKey  = "pickle"

	tokenLabel    = "token"
	recoveryLabel = "recovery"
)

// deviceName is what the bot's device is called in the account's list of devices.
const deviceName = "Stimmbote"

// connect logs in and cross-signs, and keeps trying while the homeserver does not answer.
func (l *Line) connect(ctx context.Context) error {
	ctx = mautrix.WithMaxRetries(ctx, 0)
	for n := 0; ; n++ {
		err := l.connectOnce(ctx)
		kind, wait := judge(err)
		switch {
		case err == nil:
			if n > 0 {
				l.log.Info().Str("homeserver", l.cfg.Homeserver).Msg("The homeserver answers")
			}
			l.log.Info().Stringer("user_id", l.me).Msg("Logged in")
			close(l.connected)
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case kind == failurePermanent, kind == failureOdd && !answered(err):
			return err
		case n == 0:
			l.log.Warn().AnErr("reason", plain(err)).Str("homeserver", l.cfg.Homeserver).
				Msg("The homeserver does not answer; trying again until it does")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(wait, l.backoff(n, 30))):
		}
	}
}

func (l *Line) connectOnce(ctx context.Context) error {
	client, err := mautrix.NewClient(l.cfg.Homeserver, "", "")
	if err != nil {
		return fmt.Errorf("homeserver %s: %w", l.cfg.Homeserver, err)
	}
	l.listening.RoundTripper, l.listening.own = http.DefaultTransport, http.DefaultTransport.(*http.Transport).Clone()
	l.listening.own.Protocols = new(http.Protocols)
	l.listening.own.Protocols.SetHTTP1(true) // of HTTP/2 a connection lives on when a request over it is given up
	l.clock.RoundTripper = &l.listening
	client.Client = &http.Client{Transport: &l.clock, Timeout: client.Client.Timeout}
	client.Log = *l.quiet()
	client.UserAgent = "stimmbote"
	client.DefaultHTTPRetries, client.DefaultHTTPBackoff, client.MaxHTTPBackoff = 4, 500*time.Millisecond, time.Minute
	account, err := l.login(ctx, client)
	if err != nil {
		return err
	}
	pickle, err := l.settledKey(ctx)
	if err != nil {
		return fmt.Errorf("the key file of the encryption is missing, restore the folder of key files: %w", err)
	}
	client.Syncer = &ackSyncer{DefaultSyncer: mautrix.NewDefaultSyncer(), line: l}
	client.Syncer.(*ackSyncer).FilterJSON = syncFilter()
	helper, err := cryptohelper.NewCryptoHelper(client, pickle, l.store.DB())
	if err != nil {
		return fmt.Errorf("preparing the encryption: %w", err)
	}
	if err := l.finishUpload(ctx, client, pickle); err != nil {
		return err
	}
	if err := helper.Init(ctx); err != nil {
		return fmt.Errorf("preparing the encryption: %w", err)
	}
	client.Crypto = helper
	client.Store = &ackStore{SyncStore: client.Store} // after Init, which sets it
	mach := helper.Machine()
	l.keys = l.newCryptoStore(mach.CryptoStore.(*crypto.SQLCryptoStore), mach.OwnIdentity().IdentityKey)
	mach.CryptoStore = l.keys
	mach.DisableRatchetTracking = true // it writes keys back, and forgets too late: see cryptoStore
	mach.SendKeysMinTrust = strictTrust
	mach.SessionReceived = func(_ context.Context, room id.RoomID, sess id.SessionID, _ uint32) {
		l.arrived.add(session{room: room, id: sess})
	}
	if err := l.crossSign(ctx, mach, account); err != nil {
		return err
	}
	l.counters.signed.Store(true)
	l.client, l.helper, l.me = client, helper, client.UserID
	return nil
}

// login sets the client's credentials: the stored ones, or new ones for what the configuration says
// if there are none or the server does not know them any more.
func (l *Line) login(ctx context.Context, client *mautrix.Client) (*store.Account, error) {
	account, err := l.store.Account(ctx)
	if err != nil {
		return nil, err
	}
	if account == nil {
		if err := errors.Join(l.vault.Ensure(accountKey), l.vault.Ensure(pickleKey)); err != nil {
			return nil, err
		}
		var fresh store.Account
		if l.cfg.RecoveryKey != "" { // the account was signed from another machine
			if fresh.Recovery, err = l.vault.Seal(accountKey, recoveryLabel, []byte(l.cfg.RecoveryKey)); err != nil {
				return nil, fmt.Errorf("sealing the recovery key: %w", err)
			}
		}
		return l.loginAnew(ctx, client, fresh)
	}
	if !sameUser(account.User, l.cfg.User) {
		return nil, fmt.Errorf("%w: this store belongs to %s and not to %s; set matrix.user back, or name another store.dir", ErrLogin, account.User, l.cfg.User)
	}
	token, err := l.vault.Open(accountKey, tokenLabel, account.Token)
	if err != nil {
		return nil, fmt.Errorf("the access token cannot be opened, restore the folder of key files: %w", err)
	}
	client.UserID, client.DeviceID, client.AccessToken = id.UserID(account.User), id.DeviceID(account.Device), string(token)
	_, err = client.Whoami(ctx)
	if errors.Is(err, mautrix.MUnknownToken) {
		client.AccessToken = ""
		return l.loginAnew(ctx, client, *account)
	}
	if err != nil {
		return nil, fmt.Errorf("asking the homeserver who the bot is: %w", err)
	}
	return account, nil
}

func (l *Line) loginByPassword(ctx context.Context, client *mautrix.Client, account store.Account) (*store.Account, error) {
	if l.cfg.Password == "" {
		return nil, fmt.Errorf("%w: set matrix.password or matrix.access_token, one is needed to log in", ErrLogin)
	}
	resp, err := client.Login(ctx, &mautrix.ReqLogin{
		Type:                     mautrix.AuthTypePassword,
		Identifier:               mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: l.cfg.User},
		Password:                 l.cfg.Password,
		DeviceID:                 id.DeviceID(account.Device),
		InitialDeviceDisplayName: deviceName,
		StoreCredentials:         true,
	})
	if kind, _ := judge(err); kind == failurePermanent {
		return nil, fmt.Errorf("%w: %s refuses user %s with this password (%v); check matrix.user and matrix.password", ErrLogin, l.cfg.Homeserver, l.cfg.User, plain(err))
	}
	if err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	account.User, account.Device = resp.UserID.String(), resp.DeviceID.String()
	if account.Token, err = l.vault.Seal(accountKey, tokenLabel, []byte(resp.AccessToken)); err != nil {
		return nil, fmt.Errorf("sealing the access token: %w", err)
	}
	return &account, l.store.PutAccount(ctx, account)
}

// sameUser compares a full user ID with what the configuration says, a full ID or a name.
func sameUser(full, configured string) bool {
	if strings.HasPrefix(configured, "@") {
		return full == configured
	}
	return strings.HasPrefix(full, "@"+configured+":")
}
