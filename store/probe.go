package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"go.mau.fi/util/dbutil"
)

const (
	selectProbe = `SELECT room, id, asker, until FROM probe `
	insertProbe = `INSERT INTO probe (room, id, asker, until) VALUES ($1, $2, $3, $4)`
	insertAsked = `INSERT INTO probed (probe, person, state) VALUES ($1, $2, 0)`
	selectAsked = `SELECT person, state FROM probed WHERE probe=$1 ORDER BY person`
	probesOf    = selectProbe + `WHERE id IN (SELECT probe FROM probed WHERE person=$1) ORDER BY id`
	// Whoever answered well once is reachable.
	answerProbe = `UPDATE probed SET state=$3 WHERE probe=$1 AND person=$2 AND state<>1 AND state<>$3`
	expireProbe = `UPDATE probe SET until=$2 WHERE id=$1`
	moveProbe   = `UPDATE probe SET room=$2 WHERE room=$1 AND NOT EXISTS (SELECT 1 FROM probe WHERE room=$2)`
	dropAsked   = `DELETE FROM probed WHERE probe=$1`
	dropProbe   = `DELETE FROM probe WHERE id=$1`
)

// ProbeState says how far somebody is in a probe.
type ProbeState int

// The states of somebody who was asked.
const (
	ProbeAsked ProbeState = iota
	ProbeAnswered
	ProbeUnsigned    // answered with a device that its owner did not sign
	ProbeUnencrypted // answered without encryption
)

// Probe asks everybody in a group for one harmless word. A group has at most one.
type Probe struct {
	Room  string
	ID    string
	Asker string
	Until time.Time
}

// Asked is one person in a probe.
type Asked struct {
	Person string
	State  ProbeState
}

// AddProbe begins a probe of the given people.
func (s *Store) AddProbe(ctx context.Context, p Probe, people []string) error {
	if _, err := s.db.Exec(ctx, insertProbe, p.Room, p.ID, p.Asker, millis(p.Until)); err != nil {
		return fmt.Errorf("writing a probe: %w", err)
	}
	for _, person := range people {
		if _, err := s.db.Exec(ctx, insertAsked, p.ID, person); err != nil {
			return fmt.Errorf("writing who is asked in a probe: %w", err)
		}
	}
	return nil
}

// ProbeIn returns the probe of a group, nil if none runs.
func (s *Store) ProbeIn(ctx context.Context, room string) (*Probe, error) {
	return s.probe(ctx, `WHERE room=$1`, room)
}

// Probe returns a running probe, nil if there is none.
func (s *Store) Probe(ctx context.Context, id string) (*Probe, error) {
	return s.probe(ctx, `WHERE id=$1`, id)
}

func (s *Store) probe(ctx context.Context, where, value string) (*Probe, error) {
	p, err := scanProbe(s.db.QueryRow(ctx, selectProbe+where, value))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a probe: %w", err)
	}
	return &p, nil
}

// Probes returns all running probes.
func (s *Store) Probes(ctx context.Context) ([]Probe, error) {
	rows, err := s.db.Query(ctx, selectProbe+`ORDER BY id`)
	return listProbes(rows, err)
}

// ProbesOf returns the running probes in which somebody was asked.
func (s *Store) ProbesOf(ctx context.Context, person string) ([]Probe, error) {
	rows, err := s.db.Query(ctx, probesOf, person)
	return listProbes(rows, err)
}

func listProbes(rows dbutil.Rows, err error) ([]Probe, error) {
	all, err := dbutil.NewRowIterWithError(rows, scanProbe, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing probes: %w", err)
	}
	return all, nil
}

// Asked returns who was asked in a probe, by name.
func (s *Store) Asked(ctx context.Context, id string) ([]Asked, error) {
	rows, err := s.db.Query(ctx, selectAsked, id)
	all, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (a Asked, err error) {
		return a, row.Scan(&a.Person, &a.State)
	}, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing who was asked in a probe: %w", err)
	}
	return all, nil
}

// AnswerProbe notes an answer, and says whether it is news.
func (s *Store) AnswerProbe(ctx context.Context, id, person string, state ProbeState) (news bool, err error) {
	res, err := s.db.Exec(ctx, answerProbe, id, person, state)
	if err != nil {
		return false, fmt.Errorf("noting an answer to a probe: %w", err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// ExpireProbe lets a probe end at a time.
func (s *Store) ExpireProbe(ctx context.Context, id string, at time.Time) error {
	if _, err := s.db.Exec(ctx, expireProbe, id, millis(at)); err != nil {
		return fmt.Errorf("ending a probe: %w", err)
	}
	return nil
}

// MoveProbe takes a running probe along into another room.
func (s *Store) MoveProbe(ctx context.Context, from, to string) error {
	if _, err := s.db.Exec(ctx, moveProbe, from, to); err != nil {
		return fmt.Errorf("moving a probe: %w", err)
	}
	return nil
}

// DropProbe ends a probe. It belongs into a transaction.
func (s *Store) DropProbe(ctx context.Context, id string) error {
	if _, err := s.db.Exec(ctx, dropAsked, id); err != nil {
		return fmt.Errorf("ending a probe: %w", err)
	}
	if _, err := s.db.Exec(ctx, dropProbe, id); err != nil {
		return fmt.Errorf("ending a probe: %w", err)
	}
	return nil
}

func scanProbe(row dbutil.Scannable) (p Probe, err error) {
	var until int64
	err = row.Scan(&p.Room, &p.ID, &p.Asker, &until)
	p.Until = time.UnixMilli(until)
	return p, err
}
