package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func freshVault(t *testing.T) (*Vault, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "keys")
	v, err := OpenVault(dir)
	if err != nil {
		t.Fatal(err)
	}
	return v, dir
}

func create(t *testing.T, v *Vault, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := v.Create(name); err != nil {
			t.Fatal(err)
		}
	}
}

func TestVaultKeepsOthersOut(t *testing.T) {
	v, dir := freshVault(t)
	create(t, v, "a")
	for path, want := range map[string]fs.FileMode{dir: fs.ModeDir | 0o700, filepath.Join(dir, "a"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode() != want {
			t.Errorf("%s: mode %v, %v, want %v", path, info.Mode(), err, want)
		}
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenVault(dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("opened again: mode %v, %v", info.Mode(), err)
	}
}

func TestVaultNeverReplacesAKey(t *testing.T) {
	v, dir := freshVault(t)
	var all sync.WaitGroup
	made := make(chan error, 8)
	for range cap(made) {
		all.Go(func() { made <- v.Create("a") })
	}
	all.Wait()
	close(made)
	first := 0
	for err := range made {
		if err == nil {
			first++
		} else if !errors.Is(err, ErrKeyExists) {
			t.Errorf("got %v, want %v", err, ErrKeyExists)
		}
	}
	if first != 1 {
		t.Errorf("made %d times", first)
	}
	key, err := v.Key("a")
	if err != nil || len(key) != 32 || bytes.Equal(key, make([]byte, 32)) {
		t.Errorf("key %x, %v", key, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

func TestVaultNames(t *testing.T) {
	v, _ := freshVault(t)
	for _, name := range []string{
		"", ".", "..", ".new-1", "-a", "_a", "a/b", "../a", "/a", "a.db", "a b", "a\x00", "a\n", "ä", strings.Repeat("a", 101),
	} {
		_, seal := v.Seal(name, "", nil)
		_, open := v.Open(name, "", nil)
		_, key := v.Key(name)
		for what, err := range map[string]error{
			"create": v.Create(name), "seal": seal, "open": open, "key": key, "remove": v.Remove(name),
		} {
			if !errors.Is(err, ErrKeyName) {
				t.Errorf("%s %q: got %v, want %v", what, name, err, ErrKeyName)
			}
		}
	}
	longest := strings.Repeat("a", 100)
	create(t, v, longest, "poll-ZFVjR4vdaD787z", "0")
	if names, err := v.Names(); err != nil || !slices.Equal(names, []string{"0", longest, "poll-ZFVjR4vdaD787z"}) {
		t.Errorf("names %q, %v", names, err)
	}
}

func TestVaultOpensOnlyWhatItSealed(t *testing.T) {
	v, _ := freshVault(t)
	create(t, v, "a", "b")
	plain := []byte("who was given which token")
	sealed, err := v.Seal("a", "tokens", plain)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := v.Seal("a", "tokens", plain); err != nil || bytes.Equal(again, sealed) {
		t.Errorf("sealed twice to the same bytes (%v)", err)
	}
	if bytes.Contains(sealed, plain[:8]) {
		t.Error("the plain text can be read")
	}
	flip := func(i int) []byte {
		b := bytes.Clone(sealed)
		b[i] ^= 1
		return b
	}
	for _, c := range []struct {
		name, key, label string
		sealed           []byte
		want             error
	}{
		{"as it was", "a", "tokens", sealed, nil},
		{"another label", "a", "key", sealed, ErrSealed},
		{"no label", "a", "", sealed, ErrSealed},
		{"another key", "b", "tokens", sealed, ErrSealed},
		{"no key", "c", "tokens", sealed, ErrNoKey},
		{"nonce changed", "a", "tokens", flip(0), ErrSealed},
		{"text changed", "a", "tokens", flip(14), ErrSealed},
		{"tag changed", "a", "tokens", flip(len(sealed) - 1), ErrSealed},
		{"cut short", "a", "tokens", sealed[:len(sealed)-1], ErrSealed},
		{"longer", "a", "tokens", append(bytes.Clone(sealed), 0), ErrSealed},
		{"only a nonce", "a", "tokens", sealed[:12], ErrSealed},
		{"a few bytes", "a", "tokens", []byte{1, 2, 3}, ErrSealed},
		{"nothing", "a", "tokens", nil, ErrSealed},
	} {
		got, err := v.Open(c.key, c.label, c.sealed)
		if !errors.Is(err, c.want) || err == nil && !bytes.Equal(got, plain) || err != nil && got != nil {
			t.Errorf("%s: got %q, %v, want %v", c.name, got, err, c.want)
		}
	}
}

func TestVaultRefusesUnsoundFiles(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(path string) error
		want error
	}{
		{"short", func(path string) error { return os.WriteFile(path, make([]byte, 31), 0o600) }, ErrKeyFile},
		{"long", func(path string) error { return os.WriteFile(path, make([]byte, 33), 0o600) }, ErrKeyFile},
		{"empty", func(path string) error { return os.WriteFile(path, nil, 0o600) }, ErrKeyFile},
		{"readable", func(path string) error { return os.WriteFile(path, make([]byte, 32), 0o640) }, ErrKeyFile},
		{"folder", func(path string) error { return os.Mkdir(path, 0o700) }, ErrKeyFile},
		{"link", func(path string) error { return os.Symlink(filepath.Join(filepath.Dir(path), "sound"), path) }, ErrKeyFile},
		{"missing", func(string) error { return nil }, ErrNoKey},
	} {
		v, dir := freshVault(t)
		create(t, v, "sound")
		if err := c.make(filepath.Join(dir, "x")); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Seal("x", "", nil); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
}

// A removed key is gone for good, also for a process that has used it, and what it had been is
// not in the file that somebody still holds open.
func TestVaultErases(t *testing.T) {
	v, dir := freshVault(t)
	create(t, v, "a", "b")
	key, err := v.Key("a")
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := v.Seal("a", "x", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	held, err := os.Open(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	if err := v.Remove("a"); err != nil {
		t.Fatal(err)
	}
	left := make([]byte, 64)
	n, _ := held.Read(left)
	if n != 32 || bytes.Equal(left[:n], key) || bytes.Equal(left[:n], make([]byte, n)) {
		t.Errorf("in the removed file: %x, the key was %x", left[:n], key)
	}
	if _, err := v.Open("a", "x", sealed); !errors.Is(err, ErrNoKey) {
		t.Errorf("opened after the removal: %v", err)
	}
	if err := v.Remove("a"); err != nil {
		t.Errorf("removing twice: %v", err)
	}
	create(t, v, "a")
	if _, err := v.Open("a", "x", sealed); !errors.Is(err, ErrSealed) {
		t.Errorf("opened with a new key of the same name: %v", err)
	}
	if names, err := v.Names(); err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("names %q, %v", names, err)
	}
}

// Removing a link that somebody put there spares what it leads to.
func TestVaultRemovesLinkAlone(t *testing.T) {
	v, dir := freshVault(t)
	create(t, v, "sound")
	before, err := v.Key("sound")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "sound"), filepath.Join(dir, "x")); err != nil {
		t.Fatal(err)
	}
	if err := v.Remove("x"); err != nil {
		t.Fatal(err)
	}
	if after, err := v.Key("sound"); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the other key is %x now (%v), was %x", after, err, before)
	}
}

// What a crash left half-written is swept up, and is never a key.
func TestVaultSweepsUnfinishedFiles(t *testing.T) {
	v, dir := freshVault(t)
	create(t, v, "a")
	if err := os.WriteFile(filepath.Join(dir, ".new-123"), []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if names, err := v.Names(); err != nil || !slices.Equal(names, []string{"a"}) {
		t.Errorf("names %q, %v", names, err)
	}
	if _, err := OpenVault(dir); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "a" {
		t.Errorf("the folder has %v, %v", entries, err)
	}
}

func TestEnsureMakesAKeyOnceAndHidesNoTrouble(t *testing.T) {
	dir := t.TempDir()
	v, err := OpenVault(dir)
	check(t, err)
	check(t, v.Ensure("k"))
	first, err := v.Key("k")
	check(t, err)
	check(t, v.Ensure("k"))
	second, err := v.Key("k")
	check(t, err)
	if !bytes.Equal(first, second) {
		t.Error("the key was made again")
	}
	check(t, os.Truncate(filepath.Join(dir, "k"), 5))
	if err := v.Ensure("k"); !errors.Is(err, ErrKeyFile) {
		t.Errorf("a damaged key file: %v, want ErrKeyFile", err)
	}
	if err := v.Ensure("../k"); !errors.Is(err, ErrKeyName) {
		t.Errorf("an unfit name: %v, want ErrKeyName", err)
	}
}
