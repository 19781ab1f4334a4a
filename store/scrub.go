package store

import (
	"context"
	"errors"
	"fmt"
)

// errBusy tells that somebody was reading or writing all the time.
var errBusy = errors.New("the database was in use")

// Scrub brings everything that was committed into the database and empties its write-ahead log,
// so that what was deleted, and in which order what was written, is in neither. It fails
// inside of a transaction, and when others use the database all the time.
func (s *Store) Scrub(ctx context.Context) error {
	var busy, frames, moved int
	if err := s.db.QueryRow(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved); err != nil {
		return fmt.Errorf("emptying the write-ahead log: %w", err)
	}
	if busy != 0 {
		return fmt.Errorf("emptying the write-ahead log: %w", errBusy)
	}
	return nil
}
