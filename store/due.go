package store

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

const duePersons = `SELECT DISTINCT person FROM outbox WHERE state=0 AND person<>'' AND next_try<=$1 LIMIT $2`

// DuePersons lists people, at most so many, to whom something is to be said now.
func (s *Store) DuePersons(ctx context.Context, now time.Time, most int) ([]string, error) {
	rows, err := s.db.Query(ctx, duePersons, millis(now), most)
	list, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing to whom something is to be said: %w", err)
	}
	return list, nil
}
