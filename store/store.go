// Package store keeps everything that must survive a restart, in SQLite.
//
// It guarantees that what was committed is on the disk (synchronous=FULL) and that what was
// deleted is overwritten (secure_delete=ON), on every connection. Only this package contains
// SQL. It never holds a secret in clear: what links a person to a ballot, and every key, is
// sealed by a [Vault], whose key files lie outside the database.
package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/rs/zerolog"
	"go.mau.fi/util/dbutil"
	_ "go.mau.fi/util/dbutil/litestream" // registers sqlite3-fk-wal-fullsync
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer means that the database was written by a newer program.
var ErrNewer = errors.New("the database was written by a newer program")

// Store is the open database. Its methods join the transaction in their context, see [Store.Tx].
type Store struct {
	db   *dbutil.Database
	lock *os.File
}

// Open opens the database in dir, creates it if there is none, and brings its tables up to date.
// The error wraps [ErrNewer], and names both versions, if a newer program wrote it, and [ErrInUse] while another
// program has it open.
func Open(ctx context.Context, dir string, log zerolog.Logger) (*Store, error) {
	lock, err := lock(dir)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, dir, log)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	s.lock = lock
	return s, nil
}

const (
	// cacheSize is how much of the database each connection keeps in memory, in KiB behind a minus: SQLite's default is 2 MB,
	// and in a burst there is a connection for whatever is done at once.
	cacheSize = "-512"
	// idleConnections is how many stay open for the next one who asks: to open one reads the whole schema.
	idleConnections = 8
)

func open(ctx context.Context, dir string, log zerolog.Logger) (*Store, error) {
	path := filepath.Join(dir, "stimmbote.db")
	if err := private(path); err != nil {
		return nil, fmt.Errorf("creating database %s: %w", path, err)
	}
	uri := (&url.URL{Scheme: "file", Opaque: path, RawQuery: "_txlock=immediate&_secure_delete=on&_cache_size=" + cacheSize}).String()
	raw, err := dbutil.NewWithDialect(uri, "sqlite3-fk-wal-fullsync")
	if err != nil {
		return nil, fmt.Errorf("opening database %s: %w", path, err)
	}
	raw.RawDB.SetMaxIdleConns(idleConnections)
	raw.Owner = "stimmbote"
	raw.Log = dbutil.ZeroLogger(log.Level(max(log.GetLevel(), zerolog.WarnLevel)))
	raw.UpgradeTable = dbutil.BuildUpgradeTable().WithFSPath(migrations, "migrations").Finish()
	if err := raw.Upgrade(ctx); err != nil {
		raw.Close()
		if errors.Is(err, dbutil.ErrUnsupportedDatabaseVersion) {
			return nil, fmt.Errorf("%w: install the newer program again; there is no way back (%s: %w)", ErrNewer, path, err)
		}
		return nil, fmt.Errorf("bringing database %s up to date: %w", path, err)
	}
	return &Store{db: raw}, nil
}

// Look opens the database in dir for reading, whether or not a program works on it, and changes nothing.
func Look(dir string, log zerolog.Logger) (*Store, error) {
	path := filepath.Join(dir, "stimmbote.db")
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("looking into database %s: %w", path, err)
	}
	uri := (&url.URL{Scheme: "file", Opaque: path, RawQuery: "mode=rw&_query_only=on"}).String()
	raw, err := dbutil.NewWithDialect(uri, "sqlite3-fk-wal-fullsync")
	if err != nil {
		return nil, fmt.Errorf("looking into database %s: %w", path, err)
	}
	raw.Owner, raw.Log = "stimmbote", dbutil.ZeroLogger(log.Level(zerolog.WarnLevel))
	return &Store{db: raw}, nil
}

// InUse says whether a program works on the folder dir.
func InUse(dir string) (bool, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	file, err := lock(dir)
	if errors.Is(err, ErrInUse) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return false, file.Close()
}

// private creates the file for its owner alone if there is none; SQLite would let everybody read it.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

// Close writes back what is pending, closes the database, and lets others open it.
func (s *Store) Close() error {
	if s.lock == nil { // it was only looked at
		return s.db.Close()
	}
	return errors.Join(s.db.Close(), s.lock.Close())
}

// DB is the handle that mautrix keeps its crypto tables in. Only package chat uses it.
func (s *Store) DB() *dbutil.Database { return s.db }

// Tx runs fn in one transaction: all of it is on the disk when Tx returns nil, or none of it.
// The transaction rides in the context given to fn; nothing slow belongs inside.
func (s *Store) Tx(ctx context.Context, fn func(ctx context.Context) error) error {
	var panicked any
	err := s.db.DoTxn(ctx, nil, func(ctx context.Context) (err error) {
		// dbutil does not roll back when fn panics, and the database would stay locked.
		defer func() {
			if panicked = recover(); panicked != nil {
				err = errPanicked
			}
		}()
		return fn(ctx)
	})
	if panicked != nil {
		panic(panicked)
	}
	return err
}

var errPanicked = errors.New("a panic inside the transaction")
