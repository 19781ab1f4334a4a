package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

// The tables of the encryption are mautrix': it makes them, and writes most of them.

// pickles are their columns that are sealed with the pickle key, each with what names a row of an account.
var pickles = []struct{ table, column, key string }{
	{"crypto_account", "account", "account_id"},
	{"crypto_olm_session", "session", "session_id"},
	{"crypto_megolm_inbound_session", "session", "session_id"},
	{"crypto_megolm_outbound_session", "session", "room_id"},
	{"crypto_secrets", "secret", "name"},
}

const (
	purgeKeys     = `DELETE FROM crypto_megolm_inbound_session WHERE sender_key=$1 AND received_at<$2`
	anyPickle     = `SELECT account FROM crypto_account`
	messageKey    = `SELECT session_id, "index" FROM crypto_message_index WHERE event_id=$1`
	handledDirect = `SELECT s.room_id, s.session_id, MAX(i."index") FROM crypto_megolm_inbound_session s
		JOIN direct d ON d.room=s.room_id JOIN crypto_message_index i ON i.session_id=s.session_id
		JOIN seen e ON e.event_id=i.event_id WHERE e.handled AND s.session IS NOT NULL GROUP BY s.room_id, s.session_id`
)

// PurgeKeys forgets what opens messages of a device that encrypted them with keys from before a time.
func (s *Store) PurgeKeys(ctx context.Context, device string, before time.Time) error {
	if _, err := s.db.Exec(ctx, purgeKeys, device, before.UTC()); err != nil {
		return fmt.Errorf("forgetting old keys: %w", err)
	}
	return nil
}

// Pickle returns something that is sealed with the pickle key, nil if there is nothing.
func (s *Store) Pickle(ctx context.Context) ([]byte, error) {
	var pickle []byte
	err := s.db.QueryRow(ctx, anyPickle).Scan(&pickle)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("reading the keys of the bot's device: %w", err)
	}
	return pickle, nil
}

// Repickle seals anew, in the transaction of ctx, all that is sealed with the pickle key.
func (s *Store) Repickle(ctx context.Context, reseal func(old []byte) (fresh []byte, err error)) error {
	type row struct {
		account, key string
		pickle       []byte
	}
	for _, p := range pickles {
		rows, err := s.db.Query(ctx, fmt.Sprintf(`SELECT account_id, %s, %s FROM %s WHERE %s IS NOT NULL`, p.key, p.column, p.table, p.column))
		all, err := dbutil.NewRowIterWithError(rows, func(scan dbutil.Scannable) (r row, err error) {
			err = scan.Scan(&r.account, &r.key, &r.pickle)
			return r, err
		}, err).AsList()
		if err != nil {
			return fmt.Errorf("reading %s: %w", p.table, err)
		}
		update := fmt.Sprintf(`UPDATE %s SET %s=$1 WHERE account_id=$2 AND %s=$3`, p.table, p.column, p.key)
		for _, r := range all {
			fresh, err := reseal(r.pickle)
			if err != nil {
				return fmt.Errorf("sealing a row of %s anew: %w", p.table, err)
			}
			if _, err := s.db.Exec(ctx, update, fresh, r.account, r.key); err != nil {
				return fmt.Errorf("writing %s: %w", p.table, err)
			}
		}
	}
	return nil
}

// Keyed names a Megolm session, and the place of a message in it.
type Keyed struct {
	Room, Session string
	Index         uint
}

// MessageKey returns with which session a message of the room was encrypted, false if none is known.
func (s *Store) MessageKey(ctx context.Context, room, event string) (Keyed, bool, error) {
	k := Keyed{Room: room}
	err := s.db.QueryRow(ctx, messageKey, event).Scan(&k.Session, &k.Index)
	if errors.Is(err, sql.ErrNoRows) {
		return Keyed{}, false, nil
	}
	if err != nil {
		return Keyed{}, false, fmt.Errorf("looking up the key of event %s: %w", event, err)
	}
	return k, true, nil
}

// HandledKeys lists the sessions of direct rooms, each with its last message that was dealt with.
func (s *Store) HandledKeys(ctx context.Context) ([]Keyed, error) {
	rows, err := s.db.Query(ctx, handledDirect)
	list, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (k Keyed, err error) {
		err = row.Scan(&k.Room, &k.Session, &k.Index)
		return k, err
	}, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing the keys of direct rooms: %w", err)
	}
	return list, nil
}
