package store

import (
	"context"
	"fmt"
	"time"
)

// The tables of the encryption are mautrix': it makes them, and writes most of them.

const purgeKeys = `DELETE FROM crypto_megolm_inbound_session WHERE sender_key=$1 AND received_at<$2`

// PurgeKeys forgets what opens messages of a device that encrypted them with keys from before a time.
func (s *Store) PurgeKeys(ctx context.Context, device string, before time.Time) error {
	if _, err := s.db.Exec(ctx, purgeKeys, device, before.UTC()); err != nil {
		return fmt.Errorf("forgetting old keys: %w", err)
	}
	return nil
}
