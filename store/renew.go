package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNeitherKey means that a renewal was interrupted and neither key opens what is stored.
var ErrNeitherKey = errors.New("neither the key nor the one that was to take its place opens what is stored")

// Opens says whether a key opens what is stored.
type Opens func(key []byte) (bool, error)

// Renew puts a new key in the place of one. rewrap seals under the fresh key, in one transaction, all that is
// sealed under the old one. The fresh key is on the disk before; afterwards the key is the one that opens what
// is stored, whether or not rewrap has failed, and the other one is erased. A death at any moment leaves both
// on the disk until the next [Vault.Settle].
func (v *Vault) Renew(name string, opens Opens, rewrap func(old, fresh []byte) error) error {
	if err := v.Settle(name, opens); err != nil {
		return err
	}
	old, err := v.Key(name)
	if err != nil {
		return err
	}
	defer clear(old)
	fresh := make([]byte, keySize)
	defer clear(fresh)
	rand.Read(fresh) // never returns an error
	if err := v.propose(name, fresh); err != nil {
		return fmt.Errorf("renewing key file %s: %w", name, err)
	}
	return errors.Join(rewrap(old, fresh), v.Settle(name, opens))
}

// propose puts a key beside the one that it is to replace.
func (v *Vault) propose(name string, key []byte) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	unfinished, err := v.write(key)
	if err != nil {
		return err
	}
	if err := os.Rename(unfinished, v.next(name)); err != nil {
		return errors.Join(err, os.Remove(unfinished))
	}
	return syncFolder(v.dir)
}

// next is where the key lies that is to replace one. No key has such a name.
func (v *Vault) next(name string) string { return filepath.Join(v.dir, ".next-"+name) }

// Settle ends a renewal that was interrupted: of the two keys the one that opens what is stored is the key, and
// the other one is erased. If neither does, both stay, and the error wraps [ErrNeitherKey].
func (v *Vault) Settle(name string, opens Opens) error {
	path, err := v.path(name)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	fresh, err := os.ReadFile(v.next(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("renewing key file %s: %w", name, err)
	}
	defer clear(fresh)
	old, err := v.Key(name)
	if err != nil {
		return err
	}
	defer clear(old)
	isOld, err := opens(old)
	if err != nil {
		return fmt.Errorf("renewing key file %s: %w", name, err)
	}
	if isOld {
		return v.drop(v.next(name), name)
	}
	isFresh, err := opens(fresh)
	if err != nil {
		return fmt.Errorf("renewing key file %s: %w", name, err)
	}
	if !isFresh {
		return fmt.Errorf("key file %s: %w", name, ErrNeitherKey)
	}
	if err := overwrite(path, keySize); err != nil {
		return fmt.Errorf("erasing key file %s: %w", name, err)
	}
	if err := os.Rename(v.next(name), path); err != nil {
		return fmt.Errorf("renewing key file %s: %w", name, err)
	}
	return syncFolder(v.dir)
}

// drop erases a key that was not used.
func (v *Vault) drop(path, name string) error {
	if err := errors.Join(overwrite(path, keySize), os.Remove(path)); err != nil {
		return fmt.Errorf("erasing what was to replace key file %s: %w", name, err)
	}
	return syncFolder(v.dir)
}
