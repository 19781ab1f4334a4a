package store

import (
	"context"
	"database/sql"
	"errors"

	"go.mau.fi/util/dbutil"

	"stimmbote/voting/box"
)

const (
	// A place that is written over with the same number of bytes stays where it is in the file.
	putPlaceQuery = `
		INSERT INTO ballot (poll, credential, ballot) VALUES ($1, $2, $3)
		ON CONFLICT (poll, credential) DO UPDATE SET ballot = excluded.ballot`
	placeQuery        = `SELECT credential, ballot FROM ballot WHERE poll = $1 AND credential = $2`
	placesQuery       = `SELECT credential, ballot FROM ballot WHERE poll = $1 ORDER BY credential`
	countBallotsQuery = `SELECT count(*) FROM ballot WHERE poll = $1 AND substr(ballot, 1, 1) <> $2`
	dropPlacesQuery   = `DELETE FROM ballot WHERE poll = $1`
)

// PutPlace writes a place of the ballot box, new or over what lay in it.
func (s *Store) PutPlace(ctx context.Context, poll string, p box.Place) error {
	_, err := s.db.Exec(ctx, putPlaceQuery, poll, p.Credential, p.Ballot)
	return err
}

// Place is the place of a credential, if it has one.
func (s *Store) Place(ctx context.Context, poll, credential string) (box.Place, bool, error) {
	p, err := scanPlace(s.db.QueryRow(ctx, placeQuery, poll, credential))
	if errors.Is(err, sql.ErrNoRows) {
		return box.Place{}, false, nil
	}
	return p, err == nil, err
}

// Places are all places of a poll, in the order of the credentials.
func (s *Store) Places(ctx context.Context, poll string) ([]box.Place, error) {
	rows, err := s.db.Query(ctx, placesQuery, poll)
	return dbutil.NewRowIterWithError(rows, scanPlace, err).AsList()
}

// CountBallots is how many places of a poll have a ballot in them.
func (s *Store) CountBallots(ctx context.Context, poll string) (int, error) {
	var n int
	err := s.db.QueryRow(ctx, countBallotsQuery, poll, []byte{0}).Scan(&n)
	return n, err
}

// DropPlaces deletes the places of a poll.
func (s *Store) DropPlaces(ctx context.Context, poll string) error {
	_, err := s.db.Exec(ctx, dropPlacesQuery, poll)
	return err
}

func scanPlace(row dbutil.Scannable) (p box.Place, err error) {
	err = row.Scan(&p.Credential, &p.Ballot)
	return p, err
}
