package store

import (
	"context"
	"fmt"
)

// Writable says whether the database can be written just now. What it writes changes nothing.
func (s *Store) Writable(ctx context.Context) error {
	err := s.Tx(ctx, func(ctx context.Context) error {
		_, err := s.db.Exec(ctx, `UPDATE version SET version = version`)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing to the database: %w", err)
	}
	return nil
}
