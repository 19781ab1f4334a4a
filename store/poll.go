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
	pollColumns = `id, place, asker, question, answers, state, grp, fingerprint, roll_hash, closed_hash, opened, closed, result`

	putPollQuery = `
		INSERT INTO poll (` + pollColumns + `)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, fingerprint = excluded.fingerprint,
			roll_hash = excluded.roll_hash, closed_hash = excluded.closed_hash,
			opened = excluded.opened, closed = excluded.closed, result = excluded.result`
	pollQuery      = `SELECT ` + pollColumns + ` FROM poll WHERE id = $1`
	livePollsQuery = `SELECT ` + pollColumns + ` FROM poll WHERE state NOT IN ('done', 'cancelled') ORDER BY number DESC`
	openPollQuery  = `SELECT poll.id FROM roll JOIN poll ON poll.id = roll.poll WHERE roll.member = $1 AND poll.state = 'open'`
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
		p.Fingerprint, p.RollHash, p.ClosedHash, seconds(p.Opened), seconds(p.Closed), string(result))
	return err
}

// MovePoll gives a poll to another place.
func (s *Store) MovePoll(ctx context.Context, id voting.ID, to voting.Place) error {
	_, err := s.db.Exec(ctx, `UPDATE poll SET place=$2 WHERE id=$1`, id, to)
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

// OpenPollOf is the open poll on whose roll m is, or "".
func (s *Store) OpenPollOf(ctx context.Context, m voting.Member) (voting.ID, error) {
	var id voting.ID
	err := s.db.QueryRow(ctx, openPollQuery, m).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return id, err
}

func scanPoll(row dbutil.Scannable) (*voting.Poll, error) {
	var p voting.Poll
	var answers, result string
	var opened, closed int64
	err := row.Scan(&p.ID, &p.Place, &p.Asker, &p.Question, &answers, &p.State, &p.Group,
		&p.Fingerprint, &p.RollHash, &p.ClosedHash, &opened, &closed, &result)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(answers), &p.Answers); err != nil {
		return nil, fmt.Errorf("reading the answers of poll %s: %w", p.ID, err)
	}
	if err := json.Unmarshal([]byte(result), &p.Result); err != nil {
		return nil, fmt.Errorf("reading the result of poll %s: %w", p.ID, err)
	}
	p.Opened, p.Closed = moment(opened), moment(closed)
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
