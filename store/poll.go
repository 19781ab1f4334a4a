package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"

	"stimmbote/voting"
)

const (
	pollColumns = `id, place, asker, question, answers, state, grp, fingerprint, roll_hash, closed_hash, turn, opened, ends, closed, result`

	putPollQuery = `
		INSERT INTO poll (` + pollColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (id) DO UPDATE SET question = excluded.question, answers = excluded.answers,
			state = excluded.state, fingerprint = excluded.fingerprint,
			roll_hash = excluded.roll_hash, closed_hash = excluded.closed_hash, turn = excluded.turn,
			opened = excluded.opened, ends = excluded.ends, closed = excluded.closed, result = excluded.result`
	pollQuery      = `SELECT ` + pollColumns + ` FROM poll WHERE id = $1`
	livePollsQuery = `SELECT ` + pollColumns + ` FROM poll WHERE state NOT IN ('done', 'cancelled') ORDER BY number DESC`
	openPollsQuery = `
		SELECT poll.id FROM roll JOIN poll ON poll.id = roll.poll
		WHERE roll.member = $1 AND poll.state = 'open' ORDER BY poll.opened, poll.number`
	// A setting, so that numbers go on where the group goes and are not given again when old polls are deleted.
	nextNumberQuery = `
		INSERT INTO setting (scope, name, value) VALUES ($1, 'polls', '1')
		ON CONFLICT (scope, name) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)
		RETURNING CAST(value AS INTEGER)`
)

// PutPoll writes a poll down, new or over what was known of it. Its roll is not part of it.
func (s *Store) PutPoll(ctx context.Context, p *voting.Poll) error {
	answers, err := json.Marshal(p.Answers)
	if err != nil {
		return fmt.Errorf("writing the answers: %w", err)
	}
	result, err := json.Marshal(p.Result)
	if err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	_, err = s.db.Exec(ctx, putPollQuery, p.ID, p.Place, p.Asker, p.Question, string(answers), p.State, p.Group,
		p.Fingerprint, p.RollHash, p.ClosedHash, p.Number, seconds(p.Opened), seconds(p.Ends), seconds(p.Closed), string(result))
	return err
}

// MovePolls gives the polls of a place to another one.
func (s *Store) MovePolls(ctx context.Context, from, to voting.Place) error {
	_, err := s.db.Exec(ctx, `UPDATE poll SET place=$2 WHERE place=$1`, from, to)
	return err
}

// Poll is a poll without its roll, nil if there is none.
func (s *Store) Poll(ctx context.Context, id voting.ID) (*voting.Poll, error) {
	p, err := scanPoll(s.db.QueryRow(ctx, pollQuery, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return p, err
}

// LivePolls are all polls that have not ended, newest first, without their rolls.
func (s *Store) LivePolls(ctx context.Context) ([]*voting.Poll, error) {
	rows, err := s.db.Query(ctx, livePollsQuery)
	return dbutil.NewRowIterWithError(rows, scanPoll, err).AsList()
}

// OpenPollsOf are the open polls on whose roll m is, the one that was opened first before the others.
func (s *Store) OpenPollsOf(ctx context.Context, m voting.Member) ([]voting.ID, error) {
	rows, err := s.db.Query(ctx, openPollsQuery, m)
	return dbutil.NewRowIterWithError(rows, dbutil.ScanSingleColumn[voting.ID], err).AsList()
}

// NextNumber counts the polls that are opened in a place: 1, 2, 3 …
func (s *Store) NextNumber(ctx context.Context, place voting.Place) (n int, err error) {
	err = s.db.QueryRow(ctx, nextNumberQuery, place).Scan(&n)
	return n, err
}

func scanPoll(row dbutil.Scannable) (*voting.Poll, error) {
	var p voting.Poll
	var answers, result string
	var opened, ends, closed int64
	err := row.Scan(&p.ID, &p.Place, &p.Asker, &p.Question, &answers, &p.State, &p.Group,
		&p.Fingerprint, &p.RollHash, &p.ClosedHash, &p.Number, &opened, &ends, &closed, &result)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(answers), &p.Answers); err != nil {
		return nil, fmt.Errorf("reading the answers of poll %s: %w", p.ID, err)
	}
	if err := json.Unmarshal([]byte(result), &p.Result); err != nil {
		return nil, fmt.Errorf("reading the result of poll %s: %w", p.ID, err)
	}
	p.Opened, p.Ends, p.Closed = moment(opened), moment(ends), moment(closed)
	return &p, nil
}

// seconds is a moment as it is kept, 0 for none.
func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func moment(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}
