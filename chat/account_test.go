package chat

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// answers is a server that says these things, by path; what it is not told is 404.
func answers(t *testing.T, byPath map[string]string) *httptest.Server {
	t.Helper()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := byPath[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			body = `{"errcode":"M_UNRECOGNIZED"}`
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(body, "$SELF", "https://"+r.Host)))
	}))
	t.Cleanup(srv.Close)
	return srv
}

const (
	versionsPath = "/_matrix/client/versions"
	loginPath    = "/_matrix/client/v3/login"
	knownPath    = "/.well-known/matrix/client"
)

func TestFindHomeserver(t *testing.T) {
	t.Parallel()
	matrix := answers(t, map[string]string{
		versionsPath: `{"versions":["v1.1","v1.11"]}`,
		loginPath:    `{"flows":[{"type":"m.login.sso"},{"type":"m.login.password"}]}`,
	})
	known := answers(t, map[string]string{knownPath: `{"m.homeserver":{"base_url":"` + matrix.URL + `/"}}`})
	name := strings.TrimPrefix(known.URL, "https://")
	for typed, local := range map[string]string{
		matrix.URL: "", matrix.URL + "/": "", name: "", "@stimmbote:" + name: "stimmbote", " " + name + " ": "",
		strings.TrimPrefix(matrix.URL, "https://"): "", // no .well-known: the name itself
	} {
		h, err := FindHomeserver(t.Context(), known.Client(), typed)
		if err != nil || h.URL != matrix.URL || h.Local != local || !h.Passwords {
			t.Errorf("%q: %+v, %v", typed, h, err)
		}
	}
}

func TestHomeserversThatAreNone(t *testing.T) {
	t.Parallel()
	sso := answers(t, map[string]string{versionsPath: `{"versions":["v1.1"]}`, loginPath: `{"flows":[{"type":"m.login.sso"}]}`})
	broken := answers(t, map[string]string{knownPath: `<html>`})
	other := answers(t, map[string]string{versionsPath: `{}`})
	gone := answers(t, nil)
	gone.Close()
	for typed, want := range map[string]string{
		"":                "setup.obstacle.address",
		"two words":       "setup.obstacle.address",
		"@nobody":         "setup.obstacle.address",
		"a/b":             "setup.obstacle.address",
		"x@example.org":   "setup.obstacle.address",
		gone.URL:          "setup.obstacle.unreachable",
		gone.URL[8:]:      "setup.obstacle.well-known",
		broken.URL[8:]:    "setup.obstacle.well-known",
		broken.URL:        "setup.obstacle.other-server",
		other.URL:         "setup.obstacle.other-server",
		"ftp://a.example": "setup.obstacle.address",
	} {
		_, err := FindHomeserver(t.Context(), sso.Client(), typed)
		if got, ok := errors.AsType[*Obstacle](err); !ok || got.Key != want {
			t.Errorf("%q: %v, want %s", typed, err, want)
		}
	}
	if h, err := FindHomeserver(t.Context(), sso.Client(), sso.URL); err != nil || h.Passwords {
		t.Errorf("a server without passwords: %+v, %v", h, err)
	}
}

// registry is a server that makes accounts for a token.
type registry struct{ steps []string }

func (reg registry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(code int, body string) { w.WriteHeader(code); _, _ = w.Write([]byte(body)) }
	var req struct {
		Username string
		Auth     struct{ Type, Token, Session string }
	}
	_ = json.NewDecoder(r.Body).Decode(&req)
	flows, _ := json.Marshal(map[string]any{"session": "s", "flows": []any{map[string]any{"stages": reg.steps}}})
	switch {
	case req.Username == "taken":
		refuse(400, `{"errcode":"M_USER_IN_USE"}`)
	case req.Username == "Bad!":
		refuse(400, `{"errcode":"M_INVALID_USERNAME"}`)
	case req.Username == "closed":
		refuse(403, `{"errcode":"M_FORBIDDEN"}`)
	case req.Username == "busy":
		refuse(429, `{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":90000}`)
	case req.Auth.Type == "":
		refuse(401, string(flows))
	case req.Auth.Session != "s" || req.Auth.Type == "m.login.registration_token" && req.Auth.Token != "right":
		refuse(401, `{"errcode":"M_UNAUTHORIZED","session":"s"}`)
	case req.Auth.Type != reg.steps[len(reg.steps)-1]:
		refuse(401, string(flows))
	default:
		_, _ = w.Write([]byte(`{"user_id":"@` + req.Username + `:test"}`))
	}
}

func TestRegisterByToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		steps             []string
		user, token, want string
	}{
		{[]string{"m.login.registration_token"}, "bot", "right", ""},
		{[]string{"m.login.registration_token", "m.login.dummy"}, "bot", "right", ""},
		{[]string{"m.login.dummy"}, "bot", "", ""},
		{[]string{"m.login.registration_token"}, "bot", "wrong", "setup.obstacle.registration-token"},
		{[]string{"m.login.recaptcha"}, "bot", "right", "setup.obstacle.steps"},
		{[]string{"m.login.registration_token"}, "taken", "right", "setup.obstacle.name-taken"},
		{[]string{"m.login.registration_token"}, "Bad!", "right", "setup.obstacle.name"},
		{[]string{"m.login.registration_token"}, "closed", "right", "setup.obstacle.closed"},
		{[]string{"m.login.registration_token"}, "busy", "right", "setup.obstacle.limited"},
	} {
		srv := httptest.NewServer(registry{c.steps})
		h := &Homeserver{URL: srv.URL, client: srv.Client()}
		id, err := h.RegisterByToken(t.Context(), c.user, "geheim", c.token)
		srv.Close()
		got, _ := errors.AsType[*Obstacle](err)
		switch {
		case c.want == "" && (err != nil || id != "@bot:test"):
			t.Errorf("%v: %q, %v", c.steps, id, err)
		case c.want != "" && (got == nil || got.Key != c.want || strings.Contains(err.Error(), "geheim")):
			t.Errorf("%v %s: %v, want %s", c.steps, c.user, err, c.want)
		case (c.user == "closed" || c.user == "Bad!") && !slices.Contains(got.Args, any("reason")):
			t.Errorf("%s: %v does not say what the server answered", c.user, got.Args)
		}
	}
}
