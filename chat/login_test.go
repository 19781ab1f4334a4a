package chat

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

func TestLogsInOnceAndKeepsItsDevice(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	r := start(t, hs, dir)
	if r.Me() != bot {
		t.Errorf("Me() = %q, want %q", r.Me(), bot)
	}
	account, err := r.store.Account(t.Context())
	if err != nil || account.Device != "DEV1" {
		t.Fatalf("account: %+v, %v", account, err)
	}
	if bytes.Contains(account.Token, []byte("token1")) || account.Recovery == nil {
		t.Error("the token lies in clear, or there is no recovery key")
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again := open(t, hs, dir, Config{}).run(t) // without the password
	eventually(t, func() error {
		if !again.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	if n := hs.count("POST /login"); n != 1 {
		t.Errorf("%d logins, want 1", n)
	}
}

func TestARevokedTokenLogsInAgainOnTheSameDevice(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	if err := start(t, hs, dir).stop(); err != nil {
		t.Fatal(err)
	}
	hs.mu.Lock()
	clear(hs.users)
	clear(hs.oneTime)
	before := fmt.Sprint(hs.keys[bot]["DEV1"]["keys"])
	delete(hs.keys, bot) // who ends all sessions deletes the devices
	hs.mu.Unlock()
	r := start(t, hs, dir)
	hs.mu.Lock()
	after, signatures := fmt.Sprint(hs.keys[bot]["DEV1"]["keys"]), hs.keys[bot]["DEV1"]["signatures"].(object)[bot].(object)
	left := len(hs.oneTime[bot+" DEV1"])
	hs.mu.Unlock()
	if before != after || len(signatures) != 2 || left == 0 {
		t.Errorf("the device's keys were %s and are %s, with %d signatures and %d keys to use once", before, after, len(signatures), left)
	}
	if account, err := r.store.Account(t.Context()); err != nil || account.Device != "DEV1" || hs.count("POST /login") != 2 {
		t.Errorf("account: %+v, %v, %d logins", account, err, hs.count("POST /login"))
	}
}

func TestWrongPasswordEndsWithOneSentence(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	for name, cfg := range map[string]Config{"wrong": {Password: "wrong"}, "none": {}} {
		r := open(t, hs, t.TempDir(), cfg)
		err := r.Run(t.Context(), r.bot)
		if !errors.Is(err, ErrLogin) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one sentence that wraps ErrLogin", name, err)
		}
	}
}

func TestAnotherUsersStoreIsRefused(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	dir := t.TempDir()
	if err := start(t, hs, dir).stop(); err != nil {
		t.Fatal(err)
	}
	r := open(t, hs, dir, Config{User: "@other:test", Password: password})
	if err := r.Run(t.Context(), r.bot); !errors.Is(err, ErrLogin) {
		t.Errorf("got %v, want ErrLogin", err)
	}
}

func TestKeepsTryingWhileTheHomeserverIsDown(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	var seen int
	hs.fault = func(*http.Request) int {
		if seen++; seen <= 3 {
			return []int{502, faultDrop, 429}[seen-1]
		}
		return 0
	}
	var out bytes.Buffer
	r := open(t, hs, t.TempDir(), Config{Password: password})
	r.log = zerolog.New(zerolog.SyncWriter(&out))
	r.run(t)
	eventually(t, func() error {
		if !r.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "does not answer"); n != 1 || !strings.Contains(out.String(), hs.URL) {
		t.Errorf("%d sentences, want one with the address:\n%s", n, &out)
	}
}

// Interrupted anywhere while it signs itself, the bot finishes at the next start with the recovery
// key that it stored before the homeserver heard of anything.
func TestCrossSigningIsFinishedAfterEachInterruption(t *testing.T) {
	t.Parallel()
	for _, step := range []string{
		"m.secret_storage.key.", "m.cross_signing.master", "m.cross_signing.user_signing",
		"m.secret_storage.default_key", "device_signing", "signatures",
	} {
		t.Run(step, func(t *testing.T) {
			hs := newHomeserver(t)
			dir := t.TempDir()
			failed := false
			hs.fault = func(r *http.Request) int {
				if !failed && (r.Method != "GET" && strings.Contains(r.URL.Path, step)) {
					failed = true
					return 400
				}
				return 0
			}
			r := open(t, hs, dir, Config{Password: password})
			if err := r.Run(t.Context(), r.bot); err == nil {
				t.Fatal("the line runs although the bot is not signed")
			}
			account, err := r.store.Account(t.Context())
			if err != nil || account.Recovery == nil {
				t.Fatalf("no recovery key was stored: %v", err)
			}
			if err := r.store.Close(); err != nil {
				t.Fatal(err)
			}
			next := start(t, hs, dir)
			if _, verified, err := next.helper.Machine().GetOwnVerificationStatus(t.Context()); err != nil || !verified {
				t.Errorf("verified = %v, %v", verified, err)
			}
			if err := next.stop(); err != nil {
				t.Fatal(err)
			}
			const upload = "POST /keys/device_signing/upload"
			before := hs.count(upload)
			start(t, hs, dir)
			if hs.count(upload) != before {
				t.Error("the keys were made again at the next start")
			}
		})
	}
}

func TestForeignCrossSigningKeysAreNotOverwritten(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	if err := start(t, hs, t.TempDir()).stop(); err != nil {
		t.Fatal(err)
	}
	r := open(t, hs, t.TempDir(), Config{Password: password}) // a new store, the same account
	if err := r.Run(t.Context(), r.bot); !errors.Is(err, errSigned) {
		t.Errorf("got %v, want errSigned", err)
	}
}

func TestConfigNamesEveryProblem(t *testing.T) {
	t.Parallel()
	err := Config{Homeserver: "matrix.example.org"}.Validate()
	for _, want := range []string{"homeserver: ", "user: "} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %q", err, want)
		}
	}
	if err := (Config{Homeserver: "https://example.org", User: "bot"}).Validate(); err != nil {
		t.Error(err)
	}
}
