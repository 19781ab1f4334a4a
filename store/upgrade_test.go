package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	_ "go.mau.fi/util/dbutil/litestream" // registers sqlite3-fk-wal-fullsync
)

// old makes a database of an earlier version in a folder of the test's own.
func old(t *testing.T, version int, more ...string) string {
	t.Helper()
	dir := t.TempDir()
	schema, err := os.ReadFile(fmt.Sprintf("testdata/v%d.sql", version))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := dbutil.NewWithDialect("file:"+filepath.Join(dir, "stimmbote.db"), "sqlite3-fk-wal-fullsync")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	statements := append([]string{
		"CREATE TABLE version (version INTEGER, compat INTEGER)",
		fmt.Sprintf("INSERT INTO version VALUES (%d, %d)", version, version),
		"CREATE TABLE database_owner (key INTEGER PRIMARY KEY DEFAULT 0, owner TEXT NOT NULL)",
		"INSERT INTO database_owner (key, owner) VALUES (0, 'stimmbote')",
		string(schema),
	}, more...)
	for _, statement := range statements {
		if _, err := raw.Exec(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	return dir
}

// schema lists every column and index of a database.
func schema(t *testing.T, s *Store) []string {
	t.Helper()
	rows, err := s.db.Query(t.Context(), `
		SELECT m.name || '.' || c.name || ' ' || lower(c.type) || ' ' || c."notnull" || ' ' || c.pk || ' ' || COALESCE(c.dflt_value, '')
			|| ' ' || (SELECT wr FROM pragma_table_list t WHERE t.name=m.name)
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type='table'
		UNION ALL
		SELECT 'index ' || m.tbl_name || ': ' || COALESCE(m.sql, m.name) FROM sqlite_master m WHERE m.type='index'
		UNION ALL
		SELECT m.name || '.' || f."from" || ' references ' || f."table" || '.' || f."to" || ' ' || f.on_delete
		FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type='table'
	`)
	lines, err := dbutil.ConvertRowFn[string](dbutil.ScanSingleColumn[string]).NewRowIter(rows, err).AsList()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return lines
}

func TestUpgradedSchemaIsTheFreshOne(t *testing.T) {
	want := schema(t, fresh(t))
	if len(want) < 60 {
		t.Fatalf("the fresh schema has only %d lines", len(want))
	}
	for version := 1; version < 2; version++ {
		got := schema(t, reopen(t, old(t, version)))
		for _, line := range want {
			if !slices.Contains(got, line) {
				t.Errorf("version %d, upgraded, lacks: %s", version, line)
			}
		}
		for _, line := range got {
			if !slices.Contains(want, line) {
				t.Errorf("version %d, upgraded, has besides: %s", version, line)
			}
		}
	}
}

// What a database of version 1 holds is there after the upgrade.
func TestUpgradeKeepsWhatWaits(t *testing.T) {
	s := reopen(t, old(t, 1, `INSERT INTO outbox VALUES ('k', 'g', 'room !r', '!r', '', 'say', x'7b7d', 0, 1, '$t', 'e', 'x', 0, 7, 0, 1, 2, '', 0)`))
	o, err := s.Outgoing(t.Context(), "k")
	if err != nil || o == nil {
		t.Fatalf("the waiting message is %v, %v", o, err)
	}
	if o.Room != "!r" || o.Kind != "say" || string(o.Payload) != "{}" || !o.Lasting || o.Thread != "$t" || o.Failures != 2 {
		t.Errorf("the waiting message is %+v", *o)
	}
}

// A database of a newer program is left alone, and the sentence names both versions.
func TestNewerDatabaseIsRefused(t *testing.T) {
	dir := old(t, 1, `UPDATE version SET version=99, compat=98`)
	s, err := Open(t.Context(), dir, zerolog.Nop())
	if err == nil {
		s.Close()
	}
	if !errors.Is(err, ErrNewer) {
		t.Fatalf("opening a newer database: %v", err)
	}
	for _, want := range []string{"v99", "v2"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}
