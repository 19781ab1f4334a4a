package store

import (
	"context"
	"fmt"
)

const outgoingStates = `SELECT state, COUNT(*) FROM outbox GROUP BY state`

// OutgoingByState counts what is remembered of outgoing messages.
func (s *Store) OutgoingByState(ctx context.Context) (map[OutgoingState]int, error) {
	return s.countStates(ctx, outgoingStates)
}

func (s *Store) countStates(ctx context.Context, query string, args ...any) (map[OutgoingState]int, error) {
	rows, err := s.db.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("counting outgoing messages: %w", err)
	}
	defer rows.Close()
	counts := make(map[OutgoingState]int)
	for rows.Next() {
		var state OutgoingState
		var n int
		if err := rows.Scan(&state, &n); err != nil {
			return nil, fmt.Errorf("counting outgoing messages: %w", err)
		}
		counts[state] = n
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("counting outgoing messages: %w", err)
	}
	return counts, nil
}
