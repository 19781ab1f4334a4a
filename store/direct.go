package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

const (
	getDirect = `SELECT person, room, invited FROM direct WHERE person=$1`
	putDirect = `INSERT INTO direct (person, room, invited) VALUES ($1, $2, $3)
		ON CONFLICT (person) DO UPDATE SET room=excluded.room, invited=excluded.invited`
	inviteDirect = `UPDATE direct SET invited=true WHERE person=$1 AND room=$2`
)

// Direct is the lasting direct room of one person with the bot.
type Direct struct {
	Person, Room string
	Invited      bool // the person was invited and the room is in the bot's list of direct rooms
}

// Direct returns the direct room of a person, or nil if there is none yet.
func (s *Store) Direct(ctx context.Context, person string) (*Direct, error) {
	var d Direct
	err := s.db.QueryRow(ctx, getDirect, person).Scan(&d.Person, &d.Room, &d.Invited)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a direct room: %w", err)
	}
	return &d, nil
}

// PutDirect stores a person's direct room in place of the one before.
func (s *Store) PutDirect(ctx context.Context, d Direct) error {
	if _, err := s.db.Exec(ctx, putDirect, d.Person, d.Room, d.Invited); err != nil {
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
