package store

import (
	"context"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

const (
	allPaces = `SELECT kind, until, gap, burst FROM pace`
	putPace  = `INSERT INTO pace (kind, until, gap, burst) VALUES ($1, $2, $3, $4)
		ON CONFLICT (kind) DO UPDATE SET until=excluded.until, gap=excluded.gap, burst=excluded.burst`
	dropPace = `DELETE FROM pace WHERE kind=$1`
)

// Pace is how fast the homeserver lets the bot do something.
type Pace struct {
	Kind  string
	Until time.Time     // not before
	Gap   time.Duration // between two, once Burst were done in a row
	Burst int
}

// Paces lists all that is known.
func (s *Store) Paces(ctx context.Context) ([]Pace, error) {
	rows, err := s.db.Query(ctx, allPaces)
	list, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (p Pace, err error) {
		var until, gap int64
		err = row.Scan(&p.Kind, &until, &gap, &p.Burst)
		p.Until, p.Gap = time.UnixMilli(until), time.Duration(gap)*time.Millisecond
		return p, err
	}, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("reading the homeserver's pace: %w", err)
	}
	return list, nil
}

// PutPace stores the pace of something.
func (s *Store) PutPace(ctx context.Context, p Pace) error {
	if _, err := s.db.Exec(ctx, putPace, p.Kind, millis(p.Until), p.Gap.Milliseconds(), p.Burst); err != nil {
		return fmt.Errorf("storing the homeserver's pace: %w", err)
	}
	return nil
}

// DropPace forgets the pace of something: it is not limited.
func (s *Store) DropPace(ctx context.Context, kind string) error {
	if _, err := s.db.Exec(ctx, dropPace, kind); err != nil {
		return fmt.Errorf("storing the homeserver's pace: %w", err)
	}
	return nil
}
