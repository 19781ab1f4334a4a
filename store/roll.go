package store

import (
	"context"

	"go.mau.fi/util/dbutil"
)

const (
	putRollQuery  = `INSERT INTO roll (poll, member) VALUES ($1, $2)`
	rollQuery     = `SELECT member FROM roll WHERE poll = $1 ORDER BY member`
	dropRollQuery = `DELETE FROM roll WHERE poll = $1`
)

// PutRoll writes down who may vote in a poll.
func (s *Store) PutRoll(ctx context.Context, poll string, members []string) error {
	for _, m := range members {
		if _, err := s.db.Exec(ctx, putRollQuery, poll, m); err != nil {
			return err
		}
	}
	return nil
}

// Roll is who may vote in a poll, sorted by bytes.
func (s *Store) Roll(ctx context.Context, poll string) ([]string, error) {
	rows, err := s.db.Query(ctx, rollQuery, poll)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
}

// DropRoll deletes the roll of a poll, and its tokens.
func (s *Store) DropRoll(ctx context.Context, poll string) error {
	if _, err := s.db.Exec(ctx, dropTokensQuery, poll); err != nil {
		return err
	}
	_, err := s.db.Exec(ctx, dropRollQuery, poll)
	return err
}
