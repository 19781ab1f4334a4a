package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

var errRewrap = errors.New("sealing anew")

// thing is something sealed in a database: it is under one key or the other, never between.
type thing struct{ key []byte }

func (th *thing) opens(key []byte) (bool, error) { return bytes.Equal(key, th.key), nil }

func mustKey(t *testing.T, v *Vault, name string) []byte {
	t.Helper()
	key, err := v.Key(name)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestVaultRenews(t *testing.T) {
	v, dir := freshVault(t)
	create(t, v, "a", "b")
	before, other := mustKey(t, v, "a"), mustKey(t, v, "b")
	held, err := os.Open(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	th := &thing{before}
	check(t, v.Renew("a", th.opens, func(old, fresh []byte) error {
		if !bytes.Equal(old, before) || bytes.Equal(fresh, old) || len(fresh) != keySize {
			t.Errorf("from %x to %x", old, fresh)
		}
		th.key = bytes.Clone(fresh)
		return nil
	}))
	if after := mustKey(t, v, "a"); !bytes.Equal(after, th.key) {
		t.Errorf("the key is %x, want the new one", after)
	}
	if info, err := os.Stat(filepath.Join(dir, "a")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	left := make([]byte, 64)
	if n, _ := held.Read(left); n != keySize || bytes.Equal(left[:n], before) {
		t.Errorf("in the old file: %x, the old key was %x", left[:n], before)
	}
	if !bytes.Equal(mustKey(t, v, "b"), other) || !slices.Equal(files(t, dir), []string{"a", "b"}) {
		t.Errorf("the folder has %q", files(t, dir))
	}
	if err := v.Renew("c", th.opens, nil); !errors.Is(err, ErrNoKey) {
		t.Errorf("renewing what is not there: %v", err)
	}
}

// At each step at which a process can die, what is stored opens after the next start.
func TestVaultRenewalInterrupted(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(v *Vault, th *thing) // up to the death
		new  bool
	}{
		{"while the new key is written", func(v *Vault, _ *thing) {
			os.WriteFile(filepath.Join(v.dir, ".new-1"), []byte("half"), 0o600)
		}, false},
		{"before the transaction", func(v *Vault, _ *thing) { v.propose("a", make([]byte, keySize)) }, false},
		{"after the transaction", func(v *Vault, th *thing) {
			th.key = bytes.Repeat([]byte{7}, keySize)
			v.propose("a", th.key)
		}, true},
		{"after the old key was erased", func(v *Vault, th *thing) {
			th.key = bytes.Repeat([]byte{7}, keySize)
			v.propose("a", th.key)
			overwrite(filepath.Join(v.dir, "a"), keySize)
		}, true},
		{"when all was done", func(v *Vault, th *thing) {
			th.key = bytes.Repeat([]byte{7}, keySize)
			v.propose("a", th.key)
			os.Rename(v.next("a"), filepath.Join(v.dir, "a"))
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, dir := freshVault(t)
			create(t, v, "a")
			before := mustKey(t, v, "a")
			th := &thing{before}
			c.do(v, th)
			v, err := OpenVault(dir)
			if err != nil {
				t.Fatal(err)
			}
			if names, err := v.Names(); err != nil || !slices.Equal(names, []string{"a"}) {
				t.Errorf("names %q, %v", names, err)
			}
			check(t, v.Settle("a", th.opens))
			if key := mustKey(t, v, "a"); !bytes.Equal(key, th.key) || bytes.Equal(key, before) == c.new {
				t.Errorf("the key is %x, what is stored is under %x", key, th.key)
			}
			if got := files(t, dir); !slices.Equal(got, []string{"a"}) {
				t.Errorf("the folder has %q", got)
			}
		})
	}
}

// Whether a transaction that failed was committed, only what is stored knows.
func TestVaultRenewalFails(t *testing.T) {
	for name, committed := range map[string]bool{"rolled back": false, "committed after all": true} {
		v, _ := freshVault(t)
		create(t, v, "a")
		th := &thing{mustKey(t, v, "a")}
		err := v.Renew("a", th.opens, func(_, fresh []byte) error {
			if committed {
				th.key = bytes.Clone(fresh)
			}
			return errRewrap
		})
		if !errors.Is(err, errRewrap) || !bytes.Equal(mustKey(t, v, "a"), th.key) {
			t.Errorf("%s: %v, the key is %x, what is stored is under %x", name, err, mustKey(t, v, "a"), th.key)
		}
	}
	v, dir := freshVault(t)
	create(t, v, "a")
	th := &thing{mustKey(t, v, "a")}
	err := v.Renew("a", th.opens, func(_, _ []byte) error { th.key = nil; return nil })
	if !errors.Is(err, ErrNeitherKey) || !slices.Equal(files(t, dir), []string{".next-a", "a"}) {
		t.Errorf("neither opens: %v, the folder has %q", err, files(t, dir))
	}
}
