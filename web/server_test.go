package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

// house is one call, "assembly", without a media server.
type house struct{ joined []string }

const linkKey = "AAAAAAAAAAAAAAAAAAAAAA"

func (house) CallByName(_ context.Context, name string) (*store.Call, error) {
	switch name {
	case "assembly":
		door, err := media.Door(linkKey)
		return &store.Call{Name: name, Title: "Assembly <b>", Door: media.DoorHash(door)}, err
	case "locked":
		door, err := media.Door(linkKey)
		return &store.Call{Name: name, Door: media.DoorHash(door), Locked: true}, err
	case "broken":
		return nil, errors.New("disk on fire")
	}
	return nil, nil
}

// room is the call's on the media server.
func (h house) room() string {
	c, _ := h.CallByName(context.Background(), "assembly")
	return c.MediaRoom()
}

func (house) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "signalling") })
}

func (h *house) Token(room, identity, name string, ttl time.Duration) (string, error) {
	h.joined = append(h.joined, room+" "+name)
	if identity == "" || ttl > 10*time.Minute {
		return "", errors.New("not a token for a short while")
	}
	return "token", nil
}

func (house) Remove(context.Context, string, string) error { return nil }

func (house) Mute(context.Context, string, string, string) error { return nil }

func (house) Send(context.Context, string, media.Message) error { return nil }

func (house) Present(string) []media.Person { return []media.Person{{Name: "Anna"}} }

func (house) Full(context.Context, string) bool { return false }

func serve(t *testing.T, h *house, ready func() bool) *Server {
	t.Helper()
	texts, err := i18n.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	return New(Defaults(), Options{Calls: h, Media: h, Texts: texts, Ready: ready}, zerolog.Nop())
}

func ask(t testing.TB, s *Server, method, path, kind, body string) (int, string, http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header()
}

func TestJoin(t *testing.T) {
	door, err := media.Door(linkKey)
	if err != nil {
		t.Fatal(err)
	}
	const notValid = "This link is not valid. Ask in the group for the right one."
	const kind = "application/json"
	right := `{"name":" Anna\u0000\n \u202e Albers ","door":"` + door + `"}`
	tests := []struct {
		name, method, path, kind, body string
		status                         int
		says                           string
	}{
		{"right door", "POST", "/r/assembly/join", kind, right, 200, `"token":"token"`},
		{"right door, looking", "POST", "/r/assembly/look", kind, `{"door":"` + door + `"}`, 200, `"people":["Anna"]`},
		{"wrong door", "POST", "/r/assembly/join", kind, `{"name":"Anna","door":"` + door[1:] + `"}`, 403, notValid},
		{"no door", "POST", "/r/assembly/join", kind, `{"name":"Anna"}`, 403, notValid},
		{"wrong door, looking", "POST", "/r/assembly/look", kind, `{"door":"x"}`, 403, notValid},
		{"unknown call", "POST", "/r/other/join", kind, right, 403, notValid},
		{"no name of a call", "POST", "/r/a.b/join", kind, right, 403, notValid},
		{"locked", "POST", "/r/locked/join", kind, right, 423, "The call is locked"},
		{"locked, without the key", "POST", "/r/locked/join", kind, `{"name":"Anna","door":"x"}`, 403, notValid},
		{"no name", "POST", "/r/assembly/join", kind, `{"name":" \u0007 ","door":"` + door + `"}`, 400, "Please enter your name."},
		{"oversized", "POST", "/r/assembly/join", kind, `{"name":"` + strings.Repeat("a", maxBody) + `"}`, 413, "error"},
		{"no JSON", "POST", "/r/assembly/join", kind, "name=Anna", 400, "error"},
		{"two values", "POST", "/r/assembly/join", kind, right + right, 400, "error"},
		{"unknown field", "POST", "/r/assembly/join", kind, `{"room":"me"}`, 400, "error"},
		{"a form", "POST", "/r/assembly/join", "application/x-www-form-urlencoded", right, 415, "error"},
		{"wrong method", "GET", "/r/assembly/join", "", "", 405, ""},
		{"storage fails", "POST", "/r/broken/join", kind, right, 500, "Something went wrong"},
		{"no such page", "GET", "/r/a.b", "", "", 404, ""},
		{"signalling", "GET", "/rtc", "", "", 200, "signalling"},
		{"signalling below", "GET", "/rtc/validate", "", "", 200, "signalling"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := &house{}
			status, body, _ := ask(t, serve(t, h, nil), test.method, test.path, test.kind, test.body)
			if status != test.status || !strings.Contains(body, test.says) {
				t.Errorf("got %d %q, want %d with %q", status, body, test.status, test.says)
			}
			if test.status != 200 && (len(h.joined) > 0 || strings.Contains(body, "Assembly")) {
				t.Errorf("refused, and yet %v joined and the answer is %q", h.joined, body)
			}
			if test.name == "right door" && (len(h.joined) != 1 || h.joined[0] != h.room()+" Anna Albers") {
				t.Errorf("joined %q", h.joined)
			}
		})
	}
}

// The page is the same for every name, so it cannot tell which calls there are.
func TestPageTellsNothing(t *testing.T) {
	s := serve(t, &house{}, nil)
	status, known, header := ask(t, s, "GET", "/r/assembly", "", "")
	_, unknown, _ := ask(t, s, "GET", "/r/nobody", "", "")
	if status != 200 || known != unknown {
		t.Errorf("status %d, the same page for every name: %v", status, known == unknown)
	}
	if !strings.Contains(known, `<html lang="en">`) || strings.Contains(known, "Assembly") {
		t.Errorf("page:\n%s", known)
	}
	if strings.Contains(known, "<script>") || strings.Contains(known, " style=") || strings.Contains(known, "://") {
		t.Error("the page holds what its policy forbids, or an address elsewhere")
	}
	policy := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy %q allows something unsafe", policy)
	}
}

// Where browsers come without a proxy between, they are told to come by https only from then on.
func TestOnlyByHTTPS(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string
	}{{Config{Cert: "cert.pem", CertKey: "key.pem"}, "max-age=31536000"}, {Config{ACME: "letsencrypt"}, "max-age=31536000"}, {Defaults(), ""}} {
		s := serve(t, &house{}, nil)
		s.cfg = c.cfg
		if _, _, header := ask(t, s, "GET", "/r/assembly", "", ""); header.Get("Strict-Transport-Security") != c.want {
			t.Errorf("%+v: %q", c.cfg, header.Get("Strict-Transport-Security"))
		}
	}
}

func TestHealth(t *testing.T) {
	ready := false
	s := serve(t, &house{}, func() bool { return ready })
	if status, _, _ := ask(t, s, "GET", "/healthz", "", ""); status != 503 {
		t.Errorf("not ready: got %d, want 503", status)
	}
	ready = true
	if status, _, _ := ask(t, s, "GET", "/healthz", "", ""); status != 200 {
		t.Errorf("ready: got %d, want 200", status)
	}
}

func TestRequestsFromElsewhere(t *testing.T) {
	r := httptest.NewRequestWithContext(t.Context(), "POST", "/r/assembly/join", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	serve(t, &house{}, nil).Handler().ServeHTTP(w, r)
	if w.Code != 403 {
		t.Errorf("got %d, want 403", w.Code)
	}
}

func TestConfig(t *testing.T) {
	for _, test := range []struct {
		cfg  Config
		want string // in the error; "" is fine
	}{
		{Defaults(), ""},
		{Config{Listen: "127.0.0.1:1", PublicURL: "https://bot.example.org/"}, ""},
		{Config{Listen: "127.0.0.1"}, "listen:"},
		{Config{Listen: ":443", PublicURL: "https://bot.example.org", ACME: "letsencrypt"}, ""},
		{Config{Listen: ":443", PublicURL: "https://bot.example.org", ACME: "https://ca.example.org/dir"}, ""},
		{Config{Listen: ":443", PublicURL: "https://bot.example.org", ACME: "lets-encrypt"}, "acme:"},
		{Config{Listen: ":443", PublicURL: "https://bot.example.org", ACME: "letsencrypt", Cert: "a", CertKey: "b"}, "acme:"},
		{Config{Listen: ":443", PublicURL: "https://192.0.2.1", ACME: "letsencrypt"}, "acme:"},
		{Config{Listen: ":443", PublicURL: "http://bot.example.org", ACME: "letsencrypt"}, "acme:"},
		{Config{Listen: ":443", PublicURL: "https://bot", ACME: "letsencrypt"}, "acme:"},
		{Config{Listen: ":443", ACME: "letsencrypt"}, "acme:"},
		{Config{Listen: "127.0.0.1:1", PublicURL: "bot.example.org"}, "public_url:"},
		{Config{Listen: "127.0.0.1:1", PublicURL: "https://bot.example.org/x"}, "public_url:"},
	} {
		err := test.cfg.Validate()
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: got %v, want %q", test.cfg, err, test.want)
		}
	}
}
