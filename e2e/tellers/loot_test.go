package tellers

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	_ "github.com/mattn/go-sqlite3" // which the bot's database is of
	"github.com/rs/zerolog"

	"stimmbote/e2e/world"
	"stimmbote/store"
	"stimmbote/voting/belenios"
)

// loot copies everything that the bot has at this moment, and the tellers' keys for comparison.
func (in *insider) loot() {
	t := in.t
	t.Helper()
	in.copies++
	folder := filepath.Join(in.Dir, "bot", "store")
	to := filepath.Join(in.dir, fmt.Sprintf("%d.db", in.copies))
	for _, tail := range []string{"", "-wal"} {
		data, err := os.ReadFile(filepath.Join(folder, "stimmbote.db"+tail))
		if err != nil {
			t.Fatal(err)
		}
		in.keep(to+tail, data)
		in.keep(to+tail+".raw", data)
		in.stolen.Files = append(in.stolen.Files, to+tail+".raw")
	}
	in.stolen.Backups = append(in.stolen.Backups, to)
	memory, err := memoryOf(in.Bot.Pid())
	if err != nil || len(memory) < 1<<20 {
		t.Fatalf("the bot's memory: %d bytes, %v", len(memory), err)
	}
	in.keep(to+".memory", memory)
	in.keep(to+".opened", in.unsealed(to, filepath.Join(folder, "keys")))
	in.stolen.Files = append(in.stolen.Files, to+".memory", to+".opened")
	for name, k := range in.Keyholders {
		for _, secret := range in.keysOf(k) {
			if bytes.Contains(memory, secret) {
				t.Errorf("the key of %s is in the bot's memory", name)
			}
		}
	}
}

func (in *insider) keep(path string, data []byte) {
	in.t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// unsealed is everything in a database that its key files open, or may open: whoever has the key need not know what a
// sealed piece was bound to. The bot's keys of votes are taken note of.
func (in *insider) unsealed(database, keys string) []byte {
	t := in.t
	t.Helper()
	var all bytes.Buffer
	files, err := filepath.Glob(filepath.Join(keys, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no key files: %v", err)
	}
	db, err := sql.Open("sqlite3", "file:"+database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, query := range []string{
		`SELECT poll, name, content FROM paper`, `SELECT poll, '', sealed FROM token`, `SELECT grp, kind, payload FROM outbox`, `SELECT scope, name, value FROM setting`,
	} {
		rows, err := db.QueryContext(in.ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var poll, name sql.NullString
			var sealed []byte
			if err := rows.Scan(&poll, &name, &sealed); err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				key, err := os.ReadFile(file)
				if err != nil {
					continue // it is being renewed
				}
				plain := opened(key, sealed)
				fmt.Fprintf(&all, "%s %s %s\n", poll.String, name.String, plain)
				if key, err := belenios.ParseKey(belenios.Ed25519, plain); name.String == "key" && err == nil {
					in.bots[poll.String] = []*belenios.Key{key}
				}
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
	}
	if len(in.bots) == 0 {
		t.Fatal("the bot's own key is not found: the attacker cannot do what it is for")
	}
	return all.Bytes()
}

// opened is what AES-GCM sealed with a key, whatever it was bound to.
func opened(key, sealed []byte) []byte {
	block, err := aes.NewCipher(key)
	if err != nil || len(sealed) < 12+16 {
		return nil
	}
	plain := make([]byte, len(sealed)-12-16)
	cipher.NewCTR(block, append(bytes.Clone(sealed[:12]), 0, 0, 0, 2)).XORKeyStream(plain, sealed[12:len(sealed)-16])
	return plain
}

// keysOf are the keys of the votes that a machine has now.
func (in *insider) keysOf(k *world.Keyholder) map[string][]byte {
	t := in.t
	t.Helper()
	folder := k.Store()
	st, err := store.Look(folder, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	all, err := st.HeldAll(in.ctx)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string][]byte{}
	for _, h := range all {
		if h.Secret == nil {
			continue
		}
		plain, err := store.LookVault(filepath.Join(folder, "keys")).Open("teller-"+h.Poll, "key", h.Secret)
		if err != nil {
			t.Fatal(err)
		}
		keys[h.Poll] = plain
		key, err := belenios.ParseKey(belenios.Ed25519, plain)
		if err != nil {
			t.Fatal(err)
		}
		if in.tellers[h.Poll] == nil {
			in.tellers[h.Poll] = make([]*belenios.Key, len(world.Tellers))
		}
		in.tellers[h.Poll][slices.Index(world.Tellers, strings.TrimSuffix(k.ID.Localpart(), "-keys"))] = key
	}
	return keys
}

// memoryOf is what a process may write to, as it is now.
func memoryOf(pid int) ([]byte, error) {
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, err
	}
	defer maps.Close()
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, err
	}
	defer memory.Close()
	var all bytes.Buffer
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var may string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &may); err != nil || !strings.HasPrefix(may, "rw") {
			continue
		}
		page := make([]byte, os.Getpagesize())
		for ; from < to; from += int64(len(page)) {
			// What was never used has nothing behind it, or only zeros.
			if n, err := memory.ReadAt(page, from); err == nil && n == len(page) && !allZero(page) {
				all.Write(page)
			}
		}
	}
	return all.Bytes(), nil
}

func allZero(page []byte) bool { return bytes.Count(page, []byte{0}) == len(page) }
