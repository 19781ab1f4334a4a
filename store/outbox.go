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
		INSERT INTO outbox (key, grp, route, lane, room, person, kind, payload, secret, lasting, thread, reply_to, edits, redacts,
			state, seq, next_try, tries, failures, event_id, day)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0,
			(SELECT COALESCE(MAX(seq), 0)+1 FROM outbox WHERE state=0), 0, 0, 0, '', 0)
		ON CONFLICT (key) DO NOTHING
	`
	outgoingColumns = `key, grp, route, lane, seq, room, person, kind, payload, secret, lasting, thread, reply_to, edits, redacts,
		state, tries, failures, event_id`
	outgoingByKey  = `SELECT ` + outgoingColumns + ` FROM outbox WHERE key=$1`
	outgoingGroup  = `SELECT grp FROM outbox WHERE event_id=$1`
	outgoingSentAs = `SELECT key FROM outbox WHERE event_id=$1`
	// Only the first of each route is sent: what comes after it waits for it. A lasting one that failed
	// some times holds back nothing, it may take for ever; nor does an edit, which nothing depends on.
	firstOutgoing = `state=0 AND NOT EXISTS (
		SELECT 1 FROM outbox p WHERE p.state=0 AND p.route=o.route AND (p.lane<o.lane OR p.lane=o.lane AND p.seq<o.seq)
			AND p.edits='' AND NOT (p.lasting AND p.failures>=4)
	)`
	// needOutgoing is what a message needs of the homeserver besides the sending: 0 nothing, 1 an
	// invitation, 2 a room and an invitation.
	needOutgoing = `CASE WHEN o.person='' OR o.redacts<>'' OR d.invited THEN 0 WHEN d.room<>'' THEN 1 ELSE 2 END`
	// Groups take turns within a lane; what belongs to none takes turns by its route.
	dueOutgoing = `
		SELECT ` + outgoingColumns + `, need FROM (
			SELECT key AS chosen, need, ROW_NUMBER() OVER (PARTITION BY lane, CASE WHEN grp='' THEN route ELSE grp END ORDER BY seq) AS turn FROM (
				SELECT o.key, o.lane, o.seq, o.grp, o.route, o.kind, ` + needOutgoing + ` AS need
				FROM outbox o LEFT JOIN direct d ON d.person=o.person
				WHERE o.next_try<=$1 AND o.` + firstOutgoing + `
			) AS firsts WHERE need<=$2 AND (NOT $3 OR kind=$4)
		) AS turns JOIN outbox ON key=chosen WHERE turn<=$5 ORDER BY lane, turn, seq LIMIT $6
	`
	replaceOutgoing = `UPDATE outbox SET state=2, payload=NULL, seq=0, next_try=0, day=$3
		WHERE state=0 AND edits=$1 AND key<>$2 AND NOT lasting`
	moveOutgoing  = `UPDATE outbox SET room=$2, route=$4 WHERE state=0 AND route=$3 AND room=$1`
	nextOutgoing  = `SELECT MIN(next_try) FROM outbox o WHERE o.` + firstOutgoing
	tryOutgoing   = `UPDATE outbox SET tries=tries+1 WHERE key=$1`
	delayOutgoing = `UPDATE outbox SET next_try=$2, failures=failures+$3 WHERE key=$1 AND state=0`
	failOutgoing  = `UPDATE outbox SET failures=failures+1, next_try=CASE WHEN key=$1 THEN $2 ELSE next_try END
		WHERE state=0 AND route=(SELECT route FROM outbox WHERE key=$1)`
	hurryOutgoing = `UPDATE outbox SET next_try=0 WHERE route=$1 AND state=0 AND failures>0`
	pauseOutgoing = `UPDATE outbox SET next_try=$1 WHERE state=0 AND tries>0 AND next_try<$1`
	rearOutgoing  = `UPDATE outbox SET next_try=$2, lane=CASE WHEN lane<$3 THEN $3 ELSE lane END, seq=(SELECT COALESCE(MAX(seq), 0)+1 FROM outbox WHERE state=0)
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
	OutgoingDropped // obsolete
	OutgoingGiven   // given up: it could not be delivered
)

// Outgoing is something that must be said once: stored first, then sent, then marked.
type Outgoing struct {
	Key     string // unique
	Group   string // rows of a group are counted and forgotten together
	Route   string // a room or a person: within it order is kept, as far as lanes are the same
	Lane    int    // the lower, the sooner
	Seq     int64  // order of those that wait
	Room    string // where to; once it was sent: where it is
	Person  string // instead of Room: into this person's direct room
	Kind    string
	Payload []byte // only while it waits
	Secret  bool
	Lasting bool // never given up: after four failures it holds back no others
	Thread  string
	ReplyTo string
	Edits   string
	Redacts string
	State   OutgoingState

	Tries    int // begun, the last one perhaps without an answer
	Failures int
	Event    string // once it was sent
	Need     int    // see needOutgoing; known of what is due
}

// PutOutgoing stores a message that waits. If there is one with its key already, nothing changes, and
// it says false.
func (s *Store) PutOutgoing(ctx context.Context, o Outgoing) (bool, error) {
	done, err := s.db.Exec(ctx, insertOutgoing, o.Key, o.Group, o.Route, o.Lane, o.Room, o.Person, o.Kind, o.Payload,
		o.Secret, o.Lasting, o.Thread, o.ReplyTo, o.Edits, o.Redacts)
	if err != nil {
		return false, fmt.Errorf("queueing %s: %w", o.Kind, err)
	}
	n, err := done.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("queueing %s: %w", o.Kind, err)
	}
	return n > 0, nil
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

// GroupOf is the group of what was sent as an event, and whether that is known (still).
func (s *Store) GroupOf(ctx context.Context, event string) (group string, known bool, err error) {
	err = s.db.QueryRow(ctx, outgoingGroup, event).Scan(&group)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("looking for what was sent as %s: %w", event, err)
	}
	return group, true, nil
}

// SentAs is the key of what was sent as an event, empty if that is not known (any more).
func (s *Store) SentAs(ctx context.Context, event string) (key string, err error) {
	err = s.db.QueryRow(ctx, outgoingSentAs, event).Scan(&key)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("looking for what was sent as %s: %w", event, err)
	}
	return key, nil
}

// Leave says what may leave now.
type Leave struct {
	Now    time.Time
	Need   int    // at most: 0 what only needs to be sent, 1 what needs an invitation, 2 what needs a room
	Shut   bool   // nothing may be sent, only what is of the kind Silent may be done
	Silent string // the kind of what says nothing
}

// dueAtOnce is how many messages are looked at.
const dueAtOnce = 64

// DueOutgoing lists messages to be sent now, one of each route, the first lane first and the groups in
// turns, at most so many of each.
func (s *Store) DueOutgoing(ctx context.Context, may Leave, each int) ([]Outgoing, error) {
	rows, err := s.db.Query(ctx, dueOutgoing, millis(may.Now), may.Need, may.Shut, may.Silent, each, dueAtOnce)
	list, err := dbutil.NewRowIterWithError(rows, scanDue, err).AsList()
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

// FailOutgoing lets a message wait until a time and counts a failure of all that waits in its route.
func (s *Store) FailOutgoing(ctx context.Context, key string, until time.Time) error {
	return s.outgoing(ctx, "delaying", failOutgoing, key, millis(until))
}

// HurryOutgoing lets whatever failed in a route be tried now.
func (s *Store) HurryOutgoing(ctx context.Context, route string) error {
	return s.outgoing(ctx, "hurrying", hurryOutgoing, route)
}

// PauseOutgoing lets what was tried before wait until a time.
func (s *Store) PauseOutgoing(ctx context.Context, until time.Time) error {
	return s.outgoing(ctx, "pausing", pauseOutgoing, millis(until))
}

// RearOutgoing puts a message behind all others, in this lane or a later one, and lets it wait until a time.
func (s *Store) RearOutgoing(ctx context.Context, key string, lane int, until time.Time) error {
	return s.outgoing(ctx, "putting back", rearOutgoing, key, millis(until), lane)
}

// ReplaceOutgoing drops the edits of a message that wait, but for one and for lasting ones.
func (s *Store) ReplaceOutgoing(ctx context.Context, edits, but string) error {
	return s.outgoing(ctx, "replacing", replaceOutgoing, edits, but, day(time.Now()))
}

// MoveOutgoing lets what waits for a room go to another one.
func (s *Store) MoveOutgoing(ctx context.Context, from, to, fromRoute, toRoute string) error {
	return s.outgoing(ctx, "moving", moveOutgoing, from, to, fromRoute, toRoute)
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
	err = row.Scan(&o.Key, &o.Group, &o.Route, &o.Lane, &o.Seq, &o.Room, &o.Person, &o.Kind, &o.Payload, &o.Secret, &o.Lasting, &o.Thread,
		&o.ReplyTo, &o.Edits, &o.Redacts, &o.State, &o.Tries, &o.Failures, &o.Event)
	return o, err
}

func scanDue(row dbutil.Scannable) (o Outgoing, err error) {
	err = row.Scan(&o.Key, &o.Group, &o.Route, &o.Lane, &o.Seq, &o.Room, &o.Person, &o.Kind, &o.Payload, &o.Secret, &o.Lasting, &o.Thread,
		&o.ReplyTo, &o.Edits, &o.Redacts, &o.State, &o.Tries, &o.Failures, &o.Event, &o.Need)
	return o, err
}

// millis is 0 for the zero time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
