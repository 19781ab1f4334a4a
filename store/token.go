package store

import (
	"context"
	"database/sql"
	"errors"
)

const (
	putTokensQuery  = `INSERT INTO token (poll, sealed) VALUES ($1, $2)`
	tokensQuery     = `SELECT sealed FROM token WHERE poll = $1`
	dropTokensQuery = `DELETE FROM token WHERE poll = $1`
)

// PutTokens keeps the tokens of a poll, all in one sealed piece.
func (s *Store) PutTokens(ctx context.Context, poll string, sealed []byte) error {
	_, err := s.db.Exec(ctx, putTokensQuery, poll, sealed)
	return err
}

// Tokens are the sealed tokens of a poll, nil if there are none.
func (s *Store) Tokens(ctx context.Context, poll string) ([]byte, error) {
	var sealed []byte
	err := s.db.QueryRow(ctx, tokensQuery, poll).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return sealed, err
}
