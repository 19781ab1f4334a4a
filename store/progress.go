package store

import (
	"context"
	"fmt"

	"go.mau.fi/util/dbutil"
)

const (
	groupStates = `SELECT state, COUNT(*) FROM outbox WHERE grp=$1 GROUP BY state`
	// What failed already has a patience of its own, nobody knows for how long.
	waitingLoads = `
		SELECT lane, grp=$1, kind=$2, need, COUNT(*), COUNT(DISTINCT person) FROM (
			SELECT o.*, ` + needOutgoing + ` AS need FROM outbox o LEFT JOIN direct d ON d.person=o.person
			WHERE o.state=0 AND o.failures=0
		) AS waiting GROUP BY 1, 2, 3, 4
	`
)

// Load is how many messages of a lane wait that need the same of the homeserver.
type Load struct {
	Lane   int
	Own    bool // they are of the group that was asked for
	Silent bool // they say nothing
	Need   int
	Count  int
	People int
}

// GroupOutgoing counts the messages of a group by state.
func (s *Store) GroupOutgoing(ctx context.Context, group string) (map[OutgoingState]int, error) {
	return s.countStates(ctx, groupStates, group)
}

// Loads counts what waits and did not fail yet, seen from a group; silent is the kind of what says nothing.
func (s *Store) Loads(ctx context.Context, group, silent string) ([]Load, error) {
	rows, err := s.db.Query(ctx, waitingLoads, group, silent)
	list, err := dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (l Load, err error) {
		err = row.Scan(&l.Lane, &l.Own, &l.Silent, &l.Need, &l.Count, &l.People)
		return l, err
	}, err).AsList()
	if err != nil {
		return nil, fmt.Errorf("counting outgoing messages: %w", err)
	}
	return list, nil
}
