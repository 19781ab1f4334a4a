package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"go.mau.fi/util/dbutil"
)

const (
	selectCall = `SELECT room, name, title, door, key, card, shown FROM call `
	putCall    = `
		INSERT INTO call (room, name, title, door, key, card, shown) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (room) DO UPDATE
			SET name=excluded.name, title=excluded.title, door=excluded.door, key=excluded.key, card=excluded.card,
				shown=excluded.shown
	`
	moveCall = `UPDATE call SET room=$2, key=$3, card=$4, shown=$5 WHERE room=$1`
)

// Call is the one lasting call of a group.
type Call struct {
	Room  string // the group's Matrix room
	Name  string // in the link, and the name of the media room
	Title string // the group's name when the call was last asked for
	Door  []byte // hash of the value that opens the door
	Key   []byte // the link's key, sealed
	Card  string // delivery key of the newest card in the group
	Shown int    // how many people that card says are in
}

// CallByName returns the call with this name in its link, nil if there is none.
func (s *Store) CallByName(ctx context.Context, name string) (*Call, error) {
	return s.call(ctx, `WHERE name=$1`, name)
}

// CallByRoom returns the call of this Matrix room, nil if there is none.
func (s *Store) CallByRoom(ctx context.Context, room string) (*Call, error) {
	return s.call(ctx, `WHERE room=$1`, room)
}

// PutCall writes the call of its room, a new one or in the place of the old.
func (s *Store) PutCall(ctx context.Context, c Call) error {
	if _, err := s.db.Exec(ctx, putCall, c.Room, c.Name, c.Title, c.Door, c.Key, c.Card, c.Shown); err != nil {
		return fmt.Errorf("writing call of %s: %w", c.Room, err)
	}
	return nil
}

// MoveCall writes the call of a room as the one of another room.
func (s *Store) MoveCall(ctx context.Context, from string, c Call) error {
	if _, err := s.db.Exec(ctx, moveCall, from, c.Room, c.Key, c.Card, c.Shown); err != nil {
		return fmt.Errorf("moving the call of %s: %w", from, err)
	}
	return nil
}

// Calls returns all calls, by name.
func (s *Store) Calls(ctx context.Context) ([]Call, error) {
	rows, err := s.db.Query(ctx, selectCall+`ORDER BY name`)
	calls, err := dbutil.NewRowIterWithError(rows, scanCall, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing calls: %w", err)
	}
	return calls, nil
}

func (s *Store) call(ctx context.Context, where, value string) (*Call, error) {
	c, err := scanCall(s.db.QueryRow(ctx, selectCall+where, value))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading call: %w", err)
	}
	return &c, nil
}

func scanCall(row dbutil.Scannable) (c Call, err error) {
	err = row.Scan(&c.Room, &c.Name, &c.Title, &c.Door, &c.Key, &c.Card, &c.Shown)
	return c, err
}
