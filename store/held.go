package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"go.mau.fi/util/dbutil"
)

const (
	selectHeld = `SELECT poll, room, step, view, secret, ballots, share FROM held `
	putHeld    = `
		INSERT INTO held (poll, room, step, view, secret, ballots, share) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (poll) DO UPDATE SET room=excluded.room, step=excluded.step, view=excluded.view, secret=excluded.secret,
			ballots=excluded.ballots, share=excluded.share`
)

// Held is what a teller's machine knows of a vote, and its part in it.
type Held struct {
	Poll    string
	Room    string
	Step    string // how far it has come
	View    []byte // what was seen of it in the group
	Secret  []byte // the key, sealed; nil once the result is verified or nothing comes of it
	Ballots []byte // the archive up to the end of the ballots, until then too
	Share   []byte // the part of the decryption that was given
}

// PutHeld writes down what is known of a vote, new or over what was known.
func (s *Store) PutHeld(ctx context.Context, h Held) error {
	if _, err := s.db.Exec(ctx, putHeld, h.Poll, h.Room, h.Step, h.View, h.Secret, h.Ballots, h.Share); err != nil {
		return fmt.Errorf("writing what is held of poll %s: %w", h.Poll, err)
	}
	return nil
}

// Held is what is known of a vote, nil if nothing is.
func (s *Store) Held(ctx context.Context, poll string) (*Held, error) {
	h, err := scanHeld(s.db.QueryRow(ctx, selectHeld+`WHERE poll=$1`, poll))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what is held of poll %s: %w", poll, err)
	}
	return h, nil
}

// HeldAll are all votes that something is known of, by name.
func (s *Store) HeldAll(ctx context.Context) ([]*Held, error) {
	rows, err := s.db.Query(ctx, selectHeld+`ORDER BY poll`)
	all, err := dbutil.NewRowIterWithError(rows, scanHeld, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing what is held: %w", err)
	}
	return all, nil
}

func scanHeld(row dbutil.Scannable) (*Held, error) {
	var h Held
	err := row.Scan(&h.Poll, &h.Room, &h.Step, &h.View, &h.Secret, &h.Ballots, &h.Share)
	return &h, err
}
