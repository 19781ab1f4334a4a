package chat

import (
	"errors"
	"strings"
	"testing"
)

// issue gives out an access token, as an administrator does.
func (hs *homeserver) issue(token, user, device string) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.users[token], hs.devices[token] = user, device
}

func TestLogsInByToken(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	hs.issue("given", bot, "GIVEN")
	dir := t.TempDir()
	r := open(t, hs, dir, Config{AccessToken: "given"}).run(t)
	eventually(t, func() error {
		if !r.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	if account, err := r.store.Account(t.Context()); err != nil || account.Device != "GIVEN" || account.User != bot {
		t.Errorf("account: %+v, %v", account, err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	again := open(t, hs, dir, Config{}).run(t) // the token was kept
	eventually(t, func() error {
		if !again.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
	if n := hs.count("POST /login"); n != 0 {
		t.Errorf("%d logins with a password", n)
	}
}

func TestTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	hs := newHomeserver(t)
	used := t.TempDir()
	if err := start(t, hs, used).stop(); err != nil { // DEV1 encrypts now
		t.Fatal(err)
	}
	hs.mu.Lock()
	clear(hs.users) // the token of DEV1 is revoked
	hs.mu.Unlock()
	hs.issue("of a used device", bot, "DEV1")
	hs.issue("of another device", bot, "DEV2")
	hs.issue("of somebody else", "@other:test", "DEV3")
	hs.issue("without a device", bot, "")
	for _, c := range []struct{ dir, token, want string }{
		{t.TempDir(), "unknown", "does not know"},
		{t.TempDir(), "of a used device", "encrypts elsewhere"},
		{t.TempDir(), "of somebody else", "@other:test"},
		{t.TempDir(), "without a device", "no device"},
		{used, "of another device", "DEV1"},
	} {
		r := open(t, hs, c.dir, Config{AccessToken: c.token})
		err := r.Run(t.Context(), r.bot)
		if !errors.Is(err, ErrLogin) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("token %s: got %v, want %q in one sentence that wraps ErrLogin", c.token, err, c.want)
		}
		if err := r.store.Close(); err != nil {
			t.Error(err)
		}
	}
	again := open(t, hs, used, Config{AccessToken: "of a used device"}).run(t) // it is the store's own
	eventually(t, func() error {
		if !again.Ready() {
			return errors.New("not ready")
		}
		return nil
	})
}
