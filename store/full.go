package store

import (
	"errors"
	"syscall"

	"github.com/mattn/go-sqlite3"
)

// Full says whether an error means that the disk has no room, or cannot be written at the moment: what was
// asked for was not done, and can be done later.
func Full(err error) bool {
	if e, ok := errors.AsType[sqlite3.Error](err); ok {
		return e.Code == sqlite3.ErrFull || e.Code == sqlite3.ErrIoErr
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// Failed says whether an error comes from the database itself: what was asked for was not done.
func Failed(err error) bool {
	_, ok := errors.AsType[sqlite3.Error](err)
	return ok || Full(err)
}
