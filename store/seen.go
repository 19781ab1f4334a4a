package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	getSeen  = `SELECT handled FROM seen WHERE event_id=$1`
	markSeen = `INSERT INTO seen (event_id, handled, attempts, day) VALUES ($1, true, 0, $2)
		ON CONFLICT (event_id) DO UPDATE SET handled=true`
	trySeen = `INSERT INTO seen (event_id, handled, attempts, day) VALUES ($1, false, 1, $2)
		ON CONFLICT (event_id) DO UPDATE SET attempts=seen.attempts+1 RETURNING attempts`
	untrySeen = `UPDATE seen SET attempts=attempts-1 WHERE event_id=$1 AND attempts>0`
	purgeSeen = `DELETE FROM seen WHERE day<$1`
)

// Handled says whether what an event asks for was done.
func (s *Store) Handled(ctx context.Context, event string) (bool, error) {
	var handled bool
	err := s.db.QueryRow(ctx, getSeen, event).Scan(&handled)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("looking up event %s: %w", event, err)
	}
	return handled, nil
}

// MarkHandled notes that what an event asks for was done.
func (s *Store) MarkHandled(ctx context.Context, event string) error {
	if _, err := s.db.Exec(ctx, markSeen, event, day(time.Now())); err != nil {
		return fmt.Errorf("marking event %s: %w", event, err)
	}
	return nil
}

// TryEvent counts one attempt to handle an event and returns how many there were, this one included.
func (s *Store) TryEvent(ctx context.Context, event string) (int, error) {
	var n int
	if err := s.db.QueryRow(ctx, trySeen, event, day(time.Now())).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting an attempt at event %s: %w", event, err)
	}
	return n, nil
}

// UntryEvent takes back an attempt that was interrupted by an orderly stop.
func (s *Store) UntryEvent(ctx context.Context, event string) error {
	if _, err := s.db.Exec(ctx, untrySeen, event); err != nil {
		return fmt.Errorf("taking back an attempt at event %s: %w", event, err)
	}
	return nil
}

// PurgeSeen forgets events that were first seen before a day.
func (s *Store) PurgeSeen(ctx context.Context, before time.Time) error {
	if _, err := s.db.Exec(ctx, purgeSeen, day(before)); err != nil {
		return fmt.Errorf("forgetting old events: %w", err)
	}
	return nil
}

// day is the only time that these tables know: coarse enough to tell nothing about a person.
func day(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }
