package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"go.mau.fi/util/dbutil"

	"stimmbote/voting"
)

const (
	earlierPollsQuery = `SELECT ` + pollColumns + ` FROM poll
		WHERE place = $1 AND turn > 0 AND state IN ('counted', 'done', 'cancelled') ORDER BY number DESC LIMIT $2`
	pollNumberedQuery = `SELECT ` + pollColumns + ` FROM poll WHERE place = $1 AND turn = $2 ORDER BY number DESC LIMIT 1`
	openedPollsQuery  = `SELECT ` + pollColumns + ` FROM poll
		WHERE state IN ('open', 'closed', 'counted', 'done') ORDER BY number DESC`
	retiredPollsQuery = `SELECT id FROM poll
		WHERE state IN ('done', 'cancelled') AND opened < $1 AND closed < $1
		AND NOT EXISTS (SELECT 1 FROM paper WHERE paper.poll = poll.id AND paper.name = 'objections')`
	dropPapersQuery = `DELETE FROM paper WHERE poll = $1`
	dropPollQuery   = `DELETE FROM poll WHERE id = $1`
)

// EarlierPolls are the last polls of a place that were opened and are over, at most n, newest first.
func (s *Store) EarlierPolls(ctx context.Context, place voting.Place, n int) ([]*voting.Poll, error) {
	rows, err := s.db.Query(ctx, earlierPollsQuery, place, n)
	return dbutil.NewRowIterWithError(rows, scanPoll, err).AsList()
}

// PollNumbered is the poll of a place with a number, nil if there is none.
func (s *Store) PollNumbered(ctx context.Context, place voting.Place, number int) (*voting.Poll, error) {
	p, err := scanPoll(s.db.QueryRow(ctx, pollNumberedQuery, place, number))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return p, err
}

// OpenedPolls are all polls that were opened and not cancelled, newest first.
func (s *Store) OpenedPolls(ctx context.Context) ([]*voting.Poll, error) {
	rows, err := s.db.Query(ctx, openedPollsQuery)
	return dbutil.NewRowIterWithError(rows, scanPoll, err).AsList()
}

// RetiredPolls are the polls that are over since before then and to which nobody objected.
func (s *Store) RetiredPolls(ctx context.Context, before time.Time) ([]voting.ID, error) {
	rows, err := s.db.Query(ctx, retiredPollsQuery, before.Unix())
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[voting.ID], err).AsList()
}

// DropPoll deletes a poll that is over, its papers, and what is noted beside it.
func (s *Store) DropPoll(ctx context.Context, id voting.ID) error {
	if _, err := s.db.Exec(ctx, dropPapersQuery, id); err != nil {
		return err
	}
	if _, err := s.db.Exec(ctx, dropSettings, id); err != nil {
		return err
	}
	_, err := s.db.Exec(ctx, dropPollQuery, id)
	return err
}
