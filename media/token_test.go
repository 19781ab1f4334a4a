package media

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

type claims map[string]any

// forge signs claims with a secret, by hand.
func forge(t *testing.T, header string, c claims, secret string) string {
	t.Helper()
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString(b)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

func TestTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	const header, secret = `{"alg":"HS256","typ":"JWT"}`, "0123456789abcdef0123456789abcdef"
	w := start(t)
	now := time.Now().Unix()
	with := func(change claims) claims {
		c := claims{
			"iss": "stimmbote", "sub": "anna", "nbf": now - 10, "exp": now + 60,
			"video": claims{"room": "r", "roomJoin": true},
		}
		for k, v := range change {
			c[k] = v
			if v == nil {
				delete(c, k)
			}
		}
		return c
	}
	good := forge(t, header, with(nil), secret)
	parts := strings.Split(good, ".")
	for name, query := range map[string]url.Values{
		"none":              {},
		"not a token":       {"access_token": {"x"}},
		"forged":            {"access_token": {forge(t, header, with(nil), "another secret, another secret, anot")}},
		"no signature":      {"access_token": {parts[0] + "." + parts[1] + "."}},
		"algorithm none":    {"access_token": {forge(t, `{"alg":"none","typ":"JWT"}`, with(nil), secret)}},
		"another algorithm": {"access_token": {forge(t, `{"alg":"HS512","typ":"JWT"}`, with(nil), secret)}},
		"expired":           {"access_token": {forge(t, header, with(claims{"exp": now - 1}), secret)}},
		"never expires":     {"access_token": {forge(t, header, with(claims{"exp": nil}), secret)}},
		"not yet valid":     {"access_token": {forge(t, header, with(claims{"nbf": now + 600}), secret)}},
		"another issuer":    {"access_token": {forge(t, header, with(claims{"iss": "other"}), secret)}},
		"nobody":            {"access_token": {forge(t, header, with(claims{"sub": ""}), secret)}},
		"no grant":          {"access_token": {forge(t, header, with(claims{"video": nil}), secret)}},
		"may not join":      {"access_token": {forge(t, header, with(claims{"video": claims{"room": "r"}}), secret)}},
		"no room":           {"access_token": {forge(t, header, with(claims{"video": claims{"roomJoin": true}}), secret)}},
		"wrong room":        {"access_token": {good}, "room": {"other"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, resp, err := w.dial(t, query); err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("connection: got %v, want 401", err)
			}
			if got := validate(t, w, "/rtc/validate", query); got != http.StatusUnauthorized {
				t.Errorf("validate: got %d, want 401", got)
			}
		})
	}
	if got := validate(t, w, "/rtc/validate", url.Values{"access_token": {good}}); got != http.StatusOK {
		t.Errorf("good token: got %d", got)
	}
	if got := validate(t, w, "/rtc/v1/validate", url.Values{"access_token": {good}}); got != http.StatusOK {
		t.Errorf("the protocol with one connection: got %d", got)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rooms) != 0 || len(w.Present("r")) != 0 {
		t.Error("somebody got in")
	}
}

func validate(t *testing.T, w *world, path string, query url.Values) int {
	t.Helper()
	resp, err := http.Get(w.web.URL + path + "?" + query.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" {
		t.Errorf("%s lets origin %q read", path, got)
	}
	return resp.StatusCode
}

func TestTokensThatAreNotMade(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, bad := range []struct {
		room, identity string
		ttl            time.Duration
	}{{"", "anna", time.Minute}, {"r", "", time.Minute}, {"r", "anna", 0}, {"r", "anna", -time.Minute}} {
		if _, err := w.Token(bad.room, bad.identity, "Anna", bad.ttl); err == nil {
			t.Errorf("token for %+v", bad)
		}
	}
}

func TestConfig(t *testing.T) {
	for udp, ok := range map[string]bool{":7882": true, "127.0.0.1:0": true, "[::1]:7882": true, "": false, "7882": false, "127.0.0.1": false, ":99999": false} {
		if err := (Config{UDP: udp}).Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", udp, err)
		}
	}
	for ip, ok := range map[string]bool{"": true, "203.0.113.7": true, "2001:db8::7": true, "example.org": true, "203.0.113.7:1": false, "203.0.113": false, "nowhere": false} {
		if err := (Config{UDP: ":1", IP: ip}).Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", ip, err)
		}
	}
	for stun, ok := range map[string]bool{"": true, "stun.example.org:3478": true, "stun.example.org": false} {
		if err := (Config{UDP: ":1", STUN: stun}).Validate(); (err == nil) != ok {
			t.Errorf("%q: %v", stun, err)
		}
	}
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
}

// A key may have the name that the server has itself.
func TestKeyOfTheServersName(t *testing.T) {
	t.Parallel()
	const secret = "another secret, another secret, another"
	w := start(t, func(o *Options) { o.Keys = map[string]string{issuer: secret} })
	now := time.Now().Unix()
	theirs := forge(t, `{"alg":"HS256","typ":"JWT"}`, claims{
		"iss": issuer, "sub": "anna", "nbf": now - 10, "exp": now + 60, "video": claims{"room": "r", "roomJoin": true},
	}, secret)
	for whose, token := range map[string]string{"theirs": theirs, "its own": w.token(t, "r", "bernd")} {
		if got := validate(t, w, "/rtc/validate", url.Values{"access_token": {token}}); got != http.StatusOK {
			t.Errorf("%s: got %d", whose, got)
		}
	}
}
