package store

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

const (
	// A stranger can send what nobody can decrypt: there is room for so many and no more.
	putLate = `INSERT INTO late (event_id, room, session, raw, day) SELECT $1, $2, $3, $4, $5
		WHERE (SELECT COUNT(*) FROM late) < 5000 ON CONFLICT (event_id) DO NOTHING`
	listLate    = `SELECT event_id, room, session, raw FROM late`
	sessionLate = listLate + ` WHERE room=$1 AND session=$2`
	dropLate    = `DELETE FROM late WHERE event_id=$1`
	purgeLate   = `DELETE FROM late WHERE day<$1`
)

// Late is an event that waits for the key it was encrypted with.
type Late struct {
	Event, Room, Session string
	Raw                  []byte // as the homeserver gave it, still encrypted
}

// PutLate keeps an event until its key arrives.
func (s *Store) PutLate(ctx context.Context, l Late) error {
	if _, err := s.db.Exec(ctx, putLate, l.Event, l.Room, l.Session, l.Raw, day(time.Now())); err != nil {
		return fmt.Errorf("keeping undecryptable event %s: %w", l.Event, err)
	}
	return nil
}

// Late lists every event that waits for a key.
func (s *Store) Late(ctx context.Context) ([]Late, error) { return s.lates(ctx, listLate) }

// LateBySession lists the events of a room that wait for one key.
func (s *Store) LateBySession(ctx context.Context, room, session string) ([]Late, error) {
	return s.lates(ctx, sessionLate, room, session)
}

func (s *Store) lates(ctx context.Context, query string, args ...any) ([]Late, error) {
	rows, err := s.db.Query(ctx, query, args...)
	list, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (l Late, err error) {
		err = row.Scan(&l.Event, &l.Room, &l.Session, &l.Raw)
		return l, err
	}, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing undecryptable events: %w", err)
	}
	return list, nil
}

// DropLate forgets an event that waits no more.
func (s *Store) DropLate(ctx context.Context, event string) error {
	if _, err := s.db.Exec(ctx, dropLate, event); err != nil {
		return fmt.Errorf("dropping undecryptable event %s: %w", event, err)
	}
	return nil
}

// PurgeLate forgets events that have waited since before a day.
func (s *Store) PurgeLate(ctx context.Context, before time.Time) error {
	if _, err := s.db.Exec(ctx, purgeLate, day(before)); err != nil {
		return fmt.Errorf("forgetting old undecryptable events: %w", err)
	}
	return nil
}
