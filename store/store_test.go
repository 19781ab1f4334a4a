package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// fresh opens a new database in a folder of the test's own.
func fresh(t *testing.T) *Store {
	t.Helper()
	return reopen(t, t.TempDir())
}

func reopen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(t.Context(), dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A connection that is not set up so loses acknowledged votes at a power cut, or leaves what was
// deleted in the file.
func TestEveryConnectionIsDurableAndErases(t *testing.T) {
	s := fresh(t)
	const connections = 6
	for range connections {
		conn, err := s.DB().RawDB.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() // held, so that the next one is another
		for _, want := range []struct {
			pragma string
			value  int
		}{
			{"synchronous", 2}, // FULL
			{"secure_delete", 1},
			{"foreign_keys", 1},
		} {
			var got int
			if err := conn.QueryRowContext(t.Context(), "PRAGMA "+want.pragma).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != want.value {
				t.Errorf("%s = %d, want %d", want.pragma, got, want.value)
			}
		}
		var mode string
		if err := conn.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
			t.Errorf("journal_mode = %q, %v, want wal", mode, err)
		}
	}
	if open := s.DB().RawDB.Stats().OpenConnections; open < connections {
		t.Errorf("looked at %d connections at once, want %d", open, connections)
	}
}

func TestTxKeepsAllOrNothing(t *testing.T) {
	s := fresh(t)
	err := s.Tx(t.Context(), func(ctx context.Context) error {
		if err := s.MarkHandled(ctx, "$event"); err != nil {
			return err
		}
		if handled, err := s.Handled(ctx, "$event"); err != nil || !handled {
			t.Errorf("inside: handled = %v, %v", handled, err)
		}
		return sql.ErrTxDone
	})
	if err != sql.ErrTxDone {
		t.Fatalf("Tx returned %v", err)
	}
	if handled, err := s.Handled(t.Context(), "$event"); err != nil || handled {
		t.Errorf("after rollback: handled = %v, %v", handled, err)
	}
}

// Two programs never work on one folder; when the first has closed it, the next one may.
func TestOneProgramAtATime(t *testing.T) {
	dir := t.TempDir()
	first, err := Open(t.Context(), dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dir, zerolog.Nop()); !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("opened twice: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), dir, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
