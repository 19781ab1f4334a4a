package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"go.mau.fi/util/dbutil"
)

const (
	getDirect = `SELECT person, room, invited, session FROM direct WHERE person=$1 AND room<>''`
	putDirect = `INSERT INTO direct (person, room, invited, session) VALUES ($1, $2, $3, $4)
		ON CONFLICT (person) DO UPDATE SET room=excluded.room, invited=excluded.invited, session=excluded.session`
	sessionDirect = `UPDATE direct SET session=$2 WHERE room=$1 AND session<>$2`
	getBegun      = `SELECT COUNT(*) FROM direct WHERE person=$1 AND room=''`
	endDirect     = `DELETE FROM direct WHERE person=$1 AND room=''`
	directRooms   = `SELECT room FROM direct WHERE room<>''`
	inviteDirect  = `UPDATE direct SET invited=true WHERE person=$1 AND room=$2`
)

// Direct is the lasting direct room of one person with the bot.
type Direct struct {
	Person, Room string
	Invited      bool   // the person was invited and the room is in the bot's list of direct rooms
	Session      string // names the key with which the bot last encrypted there
}

// Direct returns the direct room of a person, or nil if there is none yet.
func (s *Store) Direct(ctx context.Context, person string) (*Direct, error) {
	var d Direct
	err := s.db.QueryRow(ctx, getDirect, person).Scan(&d.Person, &d.Room, &d.Invited, &d.Session)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a direct room: %w", err)
	}
	return &d, nil
}

// BeginDirect notes that a direct room is about to be made for a person, in place of one that they may
// have, and says whether that was noted before and nothing came of it yet.
func (s *Store) BeginDirect(ctx context.Context, person string) (before bool, err error) {
	var n int
	if err := s.db.QueryRow(ctx, getBegun, person).Scan(&n); err != nil {
		return false, fmt.Errorf("reading a direct room: %w", err)
	}
	if n > 0 {
		return true, nil
	}
	return false, s.PutDirect(ctx, Direct{Person: person})
}

// EndDirect notes that no direct room was made.
func (s *Store) EndDirect(ctx context.Context, person string) error {
	if _, err := s.db.Exec(ctx, endDirect, person); err != nil {
		return fmt.Errorf("forgetting a direct room: %w", err)
	}
	return nil
}

// DirectRooms lists all direct rooms.
func (s *Store) DirectRooms(ctx context.Context) ([]string, error) {
	rows, err := s.db.Query(ctx, directRooms)
	list, err := dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[string], err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing direct rooms: %w", err)
	}
	return list, nil
}

// PutDirect stores a person's direct room in place of the one before.
func (s *Store) PutDirect(ctx context.Context, d Direct) error {
	if _, err := s.db.Exec(ctx, putDirect, d.Person, d.Room, d.Invited, d.Session); err != nil {
		return fmt.Errorf("storing a direct room: %w", err)
	}
	return nil
}

// InvitedDirect notes that the person was invited into this room.
func (s *Store) InvitedDirect(ctx context.Context, person, room string) error {
	if _, err := s.db.Exec(ctx, inviteDirect, person, room); err != nil {
		return fmt.Errorf("noting an invitation: %w", err)
	}
	return nil
}

// EncryptedDirect notes with which key the bot last encrypted in a direct room.
func (s *Store) EncryptedDirect(ctx context.Context, room, session string) error {
	if _, err := s.db.Exec(ctx, sessionDirect, room, session); err != nil {
		return fmt.Errorf("noting the key of a direct room: %w", err)
	}
	return nil
}
