package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stimmbote/i18n"
)

// hall is as much of a homeserver as setup asks: one account, alice with the password right, whose
// token is good too.
func hall(t *testing.T) *httptest.Server {
	t.Helper()
	say := func(w http.ResponseWriter, code int, body string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
	mux := http.NewServeMux()
	for path, body := range map[string]string{
		"GET /_matrix/client/versions":          `{"versions":["v1.11"]}`,
		"GET /_matrix/client/v3/login":          `{"flows":[{"type":"m.login.password"}]}`,
		"POST /_matrix/client/v3/logout":        `{}`,
		"GET /_matrix/client/v3/account/whoami": `{"user_id":"@alice:test","device_id":"D"}`,
		"POST /_matrix/client/v3/keys/query":    `{"device_keys":{"@alice:test":{}}}`,
		"GET /_synapse/admin/v1/register":       `{"nonce":"n"}`,
		"POST /_synapse/admin/v1/register":      `{"user_id":"@stimmbote:test","access_token":"t"}`,
	} {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) { say(w, 200, body) })
	}
	mux.HandleFunc("POST /_matrix/client/v3/login", func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			Identifier struct{ User string }
			Password   string
		}
		_ = json.NewDecoder(r.Body).Decode(&req)
		if req.Identifier.User == "alice" && req.Password != "right" {
			say(w, 403, `{"errcode":"M_FORBIDDEN","error":"Invalid password"}`)
			return
		}
		id := "@" + strings.TrimSuffix(strings.TrimPrefix(req.Identifier.User, "@"), ":test") + ":test"
		say(w, 200, `{"user_id":"`+id+`","access_token":"t","device_id":"D"}`)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv
}

// talk plays a dialog: lines are what is typed.
func talk(t *testing.T, a *answers, lines ...string) (said string, err error) {
	t.Helper()
	texts, err := i18n.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	d := newDialog(t.Context(), nil, &out, texts)
	if lines != nil {
		d.listen(strings.NewReader(strings.Join(lines, "\n") + "\n"))
	}
	err = arrange(t.Context(), d, a, http.DefaultClient)
	return out.String(), err
}

// wrote wants a configuration that run accepts.
func wrote(t *testing.T, path string) config {
	t.Helper()
	c, err := loadConfig(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode: %v, %v", info, err)
	}
	if left, _ := filepath.Glob(filepath.Dir(path) + "/.new*"); left != nil {
		t.Errorf("left behind: %v", left)
	}
	return c
}

func TestSetupAsks(t *testing.T) {
	srv, path := hall(t), filepath.Join(t.TempDir(), "new", "config.yaml")
	said, err := talk(t, &answers{config: path},
		"fr", "de", // asked again
		"two words", srv.URL, // asked again
		"Herr Lenz, 06151 12345", "lenz", "@lenz:test", "ftp://bot.example", "bot.example.org", "",
		"3", "1", // asked again
		"9", "1", "alice", "wrong", // everything about the account asked again
		"1", "alice", "right",
	)
	if err != nil {
		t.Fatalf("%v; it said:\n%s", err, said)
	}
	c := wrote(t, path)
	if c.Language != "de" || c.Matrix.Homeserver != srv.URL || c.Matrix.User != "@alice:test" || c.Matrix.Password != "right" ||
		c.Web.PublicURL != "https://bot.example.org" || c.Web.ACME != letsEncrypt || c.Web.Listen != ":443" || c.Bot.Contact != "Herr Lenz, 06151 12345" || c.Bot.Admin != "@lenz:test" || c.Store.Dir != filepath.Join(filepath.Dir(path), "data") {
		t.Errorf("wrote %+v", c)
	}
	for _, want := range []string{
		"Deutsch oder Englisch", "two words", "Gefunden: " + srv.URL, "keine Matrix-ID", "taugt nicht als Adresse",
		"Invalid password", "Anmeldung geprüft: @alice:test", "Geschrieben: " + path, "override_ratelimit",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in:\n%s", want, said)
		}
	}
	if strings.Contains(said, "right") {
		t.Errorf("shows the password:\n%s", said)
	}
}

func TestSetupMakesAnAccount(t *testing.T) {
	srv, path := hall(t), filepath.Join(t.TempDir(), "config.yaml")
	said, err := talk(t, &answers{config: path}, "en", srv.URL, "", "", "", "", "4", "", "shared")
	if err != nil {
		t.Fatalf("%v; it said:\n%s", err, said)
	}
	c := wrote(t, path)
	if c.Matrix.User != "@stimmbote:test" || len(c.Matrix.Password) < 20 || strings.Contains(said, c.Matrix.Password) {
		t.Errorf("wrote %+v, said:\n%s", c.Matrix, said)
	}
}

func TestSetupBrokenOffWritesNothing(t *testing.T) {
	srv, dir := hall(t), t.TempDir()
	_, err := talk(t, &answers{config: filepath.Join(dir, "config.yaml")}, "en", srv.URL, "")
	if err == nil {
		t.Fatal("it went on without answers")
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// command runs setup as a script does: without a terminal.
func command(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	var out, errs bytes.Buffer
	t.Setenv("LANG", "en_GB.UTF-8")
	code = setup(context.Background(), args, false, null, &out, &errs)
	return code, out.String() + errs.String()
}

func TestSetupWithoutATerminal(t *testing.T) {
	srv, dir := hall(t), t.TempDir()
	path, token := filepath.Join(dir, "config.yaml"), filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("geheim\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--config", path}, exitUsage, "--server"},
		{[]string{"--config", path, "--server", srv.URL}, exitUsage, "--password-file"},
		{[]string{"--config", path, "--server", srv.URL, "--password-file", dir + "/none"}, exitUsage, "none"},
		{[]string{"--config", path, "--server", srv.URL, "--password-file", token, "--access-token-file", token}, exitUsage, "too many"},
		{[]string{"--config", path, "--server", srv.URL, "--user", "alice", "--password-file", token}, exitError, "Invalid password"},
		{[]string{"--config", path, "--server", srv.URL, "--access-token-file", token, "--admin", "me"}, exitError, "no Matrix ID"},
		{[]string{"--config", path, "--server", srv.URL, "--access-token-file", token, "--language", "fr"}, exitError, "fr"},
		{[]string{"--config", dir + "/token/x", "--server", srv.URL, "--access-token-file", token}, exitError, "token/x"},
		{[]string{"--help"}, exitUsage, "STIMMBOTE_SETUP_SHARED_SECRET_FILE"},
		{[]string{"now"}, exitUsage, `"now"`},
		{[]string{"--config", path, "--server", srv.URL, "--access-token-file", token}, exitOK, "Written"},
		{[]string{"--config", path, "--server", srv.URL, "--access-token-file", token}, exitUsage, "overwrite nothing"},
	} {
		code, said := command(t, c.args...)
		if code != c.code || !strings.Contains(said, c.want) || strings.Contains(said, "geheim") {
			t.Errorf("%q: exit %d, want %d and %q in:\n%s", c.args, code, c.code, c.want, said)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "geheim") || !strings.Contains(string(text), "access_token_file: "+token) {
		t.Errorf("the secret is copied, or its file is not named:\n%s", text)
	}
	if c := wrote(t, path); c.Matrix.AccessToken != "geheim" || c.Matrix.User != "@alice:test" || c.Language != "de" {
		t.Errorf("wrote %+v", c)
	}
}

// Setup says whether the name leads here, and what has to be open.
func TestSetupLooksWhereTheNameLeads(t *testing.T) {
	texts, err := i18n.Load("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, public, certificate string
		leads                     []string
		want, not                 string
	}{
		{"here, its own certificate", "https://bot.example.org", letsEncrypt, []string{"192.0.2.9", "127.0.0.1"}, "leads to this machine", "TCP 80"},
		{"elsewhere, behind a proxy", "https://bot.example.org", wayOfProxy, []string{"192.0.2.9"}, "bot.example.org leads to 192.0.2.9, which is none", "step 7 in"},
		{"nowhere", "https://bot.example.org", wayOfProxy, nil, "leads nowhere yet", "leads to"},
		{"no name", "", wayOfProxy, nil, "", "open"},
		{"this machine alone", "http://127.0.0.1:8480", wayOfProxy, nil, "", "open"},
	} {
		var out bytes.Buffer
		d := newDialog(t.Context(), nil, &out, texts)
		d.lookup = func(context.Context, string) ([]string, error) { return c.leads, nil }
		d.reach(t.Context(), &answers{public: c.public, certificate: c.certificate})
		if said := out.String(); !strings.Contains(said, c.want) || strings.Contains(said, c.not) || (said == "") != (c.want == "") {
			t.Errorf("%s: said %q", c.name, said)
		}
	}
}
