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
	insertOutgoing = `
		INSERT INTO outbox (key, grp, lane, room, person, kind, payload, secret, lasting, thread, edits, redacts,
			state, seq, next_try, tries, failures, event_id, day)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0,
			(SELECT COALESCE(MAX(seq), 0)+1 FROM outbox WHERE state=0), 0, 0, 0, '', 0)
		ON CONFLICT (key) DO NOTHING
	`
	selectOutgoing = `
		SELECT key, grp, lane, room, person, kind, payload, secret, lasting, thread, edits, redacts,
			state, tries, failures, event_id FROM outbox o
	`
	outgoingByKey = selectOutgoing + `WHERE key=$1`
	// Only the first of each lane is sent: what comes after it waits for it. A lasting one that failed
	// some times holds back nothing: it may take for ever.
	firstOutgoing = `state=0 AND NOT EXISTS (
		SELECT 1 FROM outbox p WHERE p.state=0 AND p.lane=o.lane AND p.seq<o.seq AND NOT (p.lasting AND p.failures>=4)
	)`
	dueOutgoing   = selectOutgoing + `WHERE next_try<=$1 AND ` + firstOutgoing + ` ORDER BY seq LIMIT $2`
	nextOutgoing  = `SELECT MIN(next_try) FROM outbox o WHERE ` + firstOutgoing
	tryOutgoing   = `UPDATE outbox SET tries=tries+1 WHERE key=$1`
	delayOutgoing = `UPDATE outbox SET next_try=$2, failures=failures+$3 WHERE key=$1 AND state=0`
	failOutgoing  = `UPDATE outbox SET failures=failures+1, next_try=CASE WHEN key=$1 THEN $2 ELSE next_try END
		WHERE state=0 AND lane=(SELECT lane FROM outbox WHERE key=$1)`
	hurryOutgoing = `UPDATE outbox SET next_try=0 WHERE lane=$1 AND state=0 AND failures>0`
	rearOutgoing  = `UPDATE outbox SET next_try=$2, seq=(SELECT COALESCE(MAX(seq), 0)+1 FROM outbox WHERE state=0)
		WHERE key=$1 AND state=0`
	settleOutgoing = `UPDATE outbox SET state=$2, room=$3, event_id=$4, day=$5, payload=NULL, seq=0, next_try=0
		WHERE key=$1`
	countOutgoing  = `SELECT COUNT(*) FROM outbox WHERE grp=$1 AND state=0`
	forgetOutgoing = `DELETE FROM outbox WHERE grp=$1`
	purgeOutgoing  = `DELETE FROM outbox WHERE grp='' AND state<>0 AND day<$1`
)

// OutgoingState says how far an outgoing message is.
type OutgoingState int

// The states of an outgoing message.
const (
	OutgoingWaiting OutgoingState = iota
	OutgoingSent
	OutgoingDropped // obsolete, or it could not be delivered
)

// Outgoing is something that must be said once: stored first, then sent, then marked.
type Outgoing struct {
	Key     string // unique
	Group   string // rows of a group are counted and forgotten together
	Lane    string // order is kept within a lane
	Room    string // where to; once it was sent: where it is
	Person  string // instead of Room: into this person's direct room
	Kind    string
	Payload []byte // only while it waits
	Secret  bool
	Lasting bool // never given up: after four failures it holds back no others
	Thread  string
	Edits   string
	Redacts string
	State   OutgoingState

	Tries    int // begun, the last one perhaps without an answer
	Failures int
	Event    string // once it was sent
}

// PutOutgoing stores a message that waits. If there is one with its key already, nothing changes.
func (s *Store) PutOutgoing(ctx context.Context, o Outgoing) error {
	_, err := s.db.Exec(ctx, insertOutgoing, o.Key, o.Group, o.Lane, o.Room, o.Person, o.Kind, o.Payload,
		o.Secret, o.Lasting, o.Thread, o.Edits, o.Redacts)
	if err != nil {
		return fmt.Errorf("queueing %s: %w", o.Kind, err)
	}
	return nil
}

// Outgoing returns a message by its key, nil if there is none.
func (s *Store) Outgoing(ctx context.Context, key string) (*Outgoing, error) {
	o, err := scanOutgoing(s.db.QueryRow(ctx, outgoingByKey, key))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading an outgoing message: %w", err)
	}
	return &o, nil
}

// DueOutgoing lists at most limit messages to be sent now, one of each lane, oldest first.
func (s *Store) DueOutgoing(ctx context.Context, now time.Time, limit int) ([]Outgoing, error) {
	rows, err := s.db.Query(ctx, dueOutgoing, millis(now), limit)
	list, err := dbutil.NewRowIterWithError(rows, scanOutgoing, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("listing outgoing messages: %w", err)
	}
	return list, nil
}

// NextOutgoing returns when the next message may be sent, perhaps in the past, or false if none waits.
func (s *Store) NextOutgoing(ctx context.Context) (time.Time, bool, error) {
	var at sql.NullInt64
	if err := s.db.QueryRow(ctx, nextOutgoing).Scan(&at); err != nil {
		return time.Time{}, false, fmt.Errorf("looking for the next outgoing message: %w", err)
	}
	return time.UnixMilli(at.Int64), at.Valid, nil
}

// TryOutgoing counts a try before it begins.
func (s *Store) TryOutgoing(ctx context.Context, key string) error {
	return s.outgoing(ctx, "counting a try", tryOutgoing, key)
}

// DelayOutgoing lets a message wait until a time; a failed one is counted.
func (s *Store) DelayOutgoing(ctx context.Context, key string, until time.Time, failed bool) error {
	n := 0
	if failed {
		n = 1
	}
	return s.outgoing(ctx, "delaying", delayOutgoing, key, millis(until), n)
}

// FailOutgoing lets a message wait until a time and counts a failure of all that waits in its lane.
func (s *Store) FailOutgoing(ctx context.Context, key string, until time.Time) error {
	return s.outgoing(ctx, "delaying", failOutgoing, key, millis(until))
}

// HurryOutgoing lets whatever failed in a lane be tried now.
func (s *Store) HurryOutgoing(ctx context.Context, lane string) error {
	return s.outgoing(ctx, "hurrying", hurryOutgoing, lane)
}

// RearOutgoing puts a message behind all others and lets it wait until a time.
func (s *Store) RearOutgoing(ctx context.Context, key string, until time.Time) error {
	return s.outgoing(ctx, "putting back", rearOutgoing, key, millis(until))
}

// SettleOutgoing marks a message as sent, with its room and event, or as dropped, and erases its payload.
func (s *Store) SettleOutgoing(ctx context.Context, key string, to OutgoingState, room, event string) error {
	return s.outgoing(ctx, "marking", settleOutgoing, key, to, room, event, day(time.Now()))
}

// PendingOutgoing counts the messages of a group that wait.
func (s *Store) PendingOutgoing(ctx context.Context, group string) (int, error) {
	var n int
	if err := s.db.QueryRow(ctx, countOutgoing, group).Scan(&n); err != nil {
		return 0, fmt.Errorf("counting outgoing messages: %w", err)
	}
	return n, nil
}

// ForgetOutgoing deletes every message of a group.
func (s *Store) ForgetOutgoing(ctx context.Context, group string) error {
	return s.outgoing(ctx, "forgetting", forgetOutgoing, group)
}

// PurgeOutgoing deletes what was sent or dropped before a day and belongs to no group.
func (s *Store) PurgeOutgoing(ctx context.Context, before time.Time) error {
	return s.outgoing(ctx, "forgetting old", purgeOutgoing, day(before))
}

func (s *Store) outgoing(ctx context.Context, what, query string, args ...any) error {
	if _, err := s.db.Exec(ctx, query, args...); err != nil {
		return fmt.Errorf("%s outgoing messages: %w", what, err)
	}
	return nil
}

func scanOutgoing(row dbutil.Scannable) (o Outgoing, err error) {
	err = row.Scan(&o.Key, &o.Group, &o.Lane, &o.Room, &o.Person, &o.Kind, &o.Payload, &o.Secret, &o.Lasting, &o.Thread,
		&o.Edits, &o.Redacts, &o.State, &o.Tries, &o.Failures, &o.Event)
	return o, err
}

// millis is 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
