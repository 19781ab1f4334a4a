package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrInUse means that another program works on the folder: two would spoil each other's keys.
var ErrInUse = errors.New("a Stimmbote is already running on this folder; stop that one first")

// lock keeps other programs out of a folder until the file is closed, or the program has ended in whatever way.
func lock(dir string) (*os.File, error) {
	path := filepath.Join(dir, "stimmbote.lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", dir, err)
	}
	if err := tryLock(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", dir, err), f.Close())
	}
	return f, nil
}
