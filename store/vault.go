package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
)

// What a vault refuses, as values that callers compare with errors.Is.
var (
	ErrNoKey     = errors.New("no such key file")
	ErrKeyExists = errors.New("the key file exists already")
	ErrKeyName   = errors.New("not a name for a key file")
	ErrKeyFile   = errors.New("not a sound key file")
	ErrSealed    = errors.New("not sealed under this key and label, or changed since")
)

const keySize = 32

// keyFileName is what a key file may be called. Files that begin with a dot are being written.
var keyFileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$`)

// Vault keeps random keys, each in a file of its own, and seals with them (AES-256-GCM with a
// random nonce and the label as additional data). A key is on the disk before anything is
// sealed with it, and is read from there each time: a file that was removed leaves no copy.
// Nothing but the files' owner may read them. Key files are never part of a backup.
type Vault struct {
	dir string
	mu  sync.Mutex // one creation at a time
}

// OpenVault makes the folder dir if it is missing and keeps others out of it.
func OpenVault(dir string) (*Vault, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("making the folder for keys: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("keeping others out of the folder for keys: %w", err)
	}
	if err := syncFolder(filepath.Dir(filepath.Clean(dir))); err != nil {
		return nil, err
	}
	v := &Vault{dir: dir}
	return v, v.sweep()
}

// LookVault is the vault in dir as it is, of a program that may be running: for reading only.
func LookVault(dir string) *Vault { return &Vault{dir: dir} }

// sweep deletes keys that were being written when the program died. Nobody has used them.
func (v *Vault) sweep() error {
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		return fmt.Errorf("reading the folder for keys: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".new-") {
			continue
		}
		if err := os.Remove(filepath.Join(v.dir, e.Name())); err != nil {
			return fmt.Errorf("deleting an unfinished key file: %w", err)
		}
	}
	return nil
}

// Create makes a new key. When it returns, file and folder are on the disk.
func (v *Vault) Create(name string) error {
	path, err := v.path(name)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	key := make([]byte, keySize)
	defer clear(key)
	rand.Read(key) // never returns an error
	unfinished, err := v.write(key)
	if err != nil {
		return fmt.Errorf("writing key file %s: %w", name, err)
	}
	err = os.Link(unfinished, path) // unlike a rename it never replaces a key
	if errors.Is(err, fs.ErrExist) {
		err = ErrKeyExists
	}
	if err := errors.Join(err, os.Remove(unfinished)); err != nil {
		return fmt.Errorf("writing key file %s: %w", name, err)
	}
	return syncFolder(v.dir)
}

// Ensure makes a key unless there is one. A key that cannot be read stays as it is: it is an error.
func (v *Vault) Ensure(name string) error {
	key, err := v.Key(name)
	clear(key)
	if errors.Is(err, ErrNoKey) {
		err = v.Create(name)
	}
	if errors.Is(err, ErrKeyExists) {
		return nil // somebody else was faster
	}
	return err
}

// write puts key into a synced file that no name leads to yet.
func (v *Vault) write(key []byte) (path string, err error) {
	f, err := os.CreateTemp(v.dir, ".new-*") // mode 0600
	if err != nil {
		return "", err
	}
	_, err = f.Write(key)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

// Key is the key itself, for those who must hand it on. The caller erases it.
func (v *Vault) Key(name string) ([]byte, error) {
	path, err := v.path(name)
	if err != nil {
		return nil, err
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("key file %s: %w", name, ErrNoKey)
	}
	if err != nil {
		return nil, fmt.Errorf("reading key file %s: %w", name, err)
	}
	if !info.Mode().IsRegular() || info.Size() != keySize {
		return nil, fmt.Errorf("key file %s: %w", name, ErrKeyFile)
	}
	if open := info.Mode().Perm() & 0o077; open != 0 {
		return nil, fmt.Errorf("key file %s may be used by others; run chmod 600 on it: %w", name, ErrKeyFile)
	}
	key, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading key file %s: %w", name, err)
	}
	return key, nil
}

// Seal encrypts plain and binds it to the key and the label.
func (v *Vault) Seal(name, label string, plain []byte) ([]byte, error) {
	aead, err := v.aead(name)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, plain, []byte(label)), nil
}

// Open decrypts what Seal made under the same key and label.
func (v *Vault) Open(name, label string, sealed []byte) ([]byte, error) {
	aead, err := v.aead(name)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed, []byte(label))
	if err != nil {
		return nil, fmt.Errorf("opening with key file %s: %w", name, ErrSealed)
	}
	return plain, nil
}

// Remove deletes a key: writes over it, as far as the file system lets one, and unlinks it.
// When it returns, the folder without it is on the disk. Removing what is not there is no error.
func (v *Vault) Remove(name string) error {
	path, err := v.path(name)
	if err != nil {
		return err
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() {
		if err := overwrite(path, info.Size()); err != nil {
			return fmt.Errorf("erasing key file %s: %w", name, err)
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting key file %s: %w", name, err)
	}
	return syncFolder(v.dir)
}

// overwrite replaces what is in a file by random bytes, in place: zeros would be a key too.
func overwrite(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, rand.Reader, size)
	return errors.Join(err, f.Sync(), f.Close())
}

// Names are the names of all keys.
func (v *Vault) Names() ([]string, error) {
	entries, err := os.ReadDir(v.dir)
	if err != nil {
		return nil, fmt.Errorf("reading the folder for keys: %w", err)
	}
	var names []string
	for _, e := range entries {
		if keyFileName.MatchString(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func (v *Vault) path(name string) (string, error) {
	if !keyFileName.MatchString(name) {
		return "", fmt.Errorf("%q: %w", name, ErrKeyName)
	}
	return filepath.Join(v.dir, name), nil
}

func (v *Vault) aead(name string) (cipher.AEAD, error) {
	key, err := v.Key(name)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w", name, err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// syncFolder makes sure that what was made or removed in a folder is on the disk.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("syncing folder %s: %w", dir, err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("syncing folder %s: %w", dir, err)
	}
	return nil
}
