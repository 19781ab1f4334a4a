package store

import (
	"context"
	"fmt"

	"go.mau.fi/util/dbutil"
)

const (
	groupStates = `SELECT state, COUNT(*) FROM outbox WHERE grp=$1 GROUP BY state`
	metRooms    = `SELECT d.person, d.room FROM outbox o JOIN direct d ON d.person=o.person WHERE o.grp=$1 AND o.kind=$2 AND d.room<>''`
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

// Met are the direct rooms of those for whom a group has messages of this kind, by person.
func (s *Store) Met(ctx context.Context, group, kind string) (map[string]string, error) {
	rows, err := s.db.Query(ctx, metRooms, group, kind)
	met := make(map[string]string)
	err = dbutil.NewRowIterWithError(rows, func(row dbutil.Scannable) (pair [2]string, err error) {
		return pair, row.Scan(&pair[0], &pair[1])
	}, err).Iter(func(pair [2]string) (bool, error) {
		met[pair[0]] = pair[1]
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("listing direct rooms: %w", err)
	}
	return met, nil
}
