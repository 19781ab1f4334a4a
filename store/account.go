package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const (
	getAccount = `SELECT user_id, device_id, token, recovery FROM account WHERE id=1`
	putAccount = `
		INSERT INTO account (id, user_id, device_id, token, recovery) VALUES (1, $1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET user_id=excluded.user_id, device_id=excluded.device_id,
			token=excluded.token, recovery=excluded.recovery
	`
)

// Account is who the bot is on its homeserver. There is one at most.
type Account struct {
	User, Device string
	Token        []byte // access token, sealed
	Recovery     []byte // recovery key of the secret storage, sealed; nil until there is one
}

// Account returns the stored account, or nil if the bot never logged in.
func (s *Store) Account(ctx context.Context) (*Account, error) {
	var a Account
	err := s.db.QueryRow(ctx, getAccount).Scan(&a.User, &a.Device, &a.Token, &a.Recovery)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the account: %w", err)
	}
	return &a, nil
}

// PutAccount stores the account in place of the one before.
func (s *Store) PutAccount(ctx context.Context, a Account) error {
	if _, err := s.db.Exec(ctx, putAccount, a.User, a.Device, a.Token, a.Recovery); err != nil {
		return fmt.Errorf("storing the account: %w", err)
	}
	return nil
}
