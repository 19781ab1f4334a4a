package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"stimmbote/store"
	"stimmbote/web"
)

func TestKeyholderSetupAsks(t *testing.T) {
	srv, path := hall(t), filepath.Join(t.TempDir(), "config.yaml")
	said, err := talk(t, &answers{config: path, keyholder: true},
		"en", srv.URL,
		"", "@kaya:test", // asked again
		"bot", "@stimmbote:test", // asked again
		"keys.example.org", "", "2",
		"1", "", "whatever", // the name that is proposed
	)
	if err != nil {
		t.Fatalf("%v; it said:\n%s", err, said)
	}
	c := wrote(t, path)
	if c.Keyholder.Owner != "@kaya:test" || c.Keyholder.Bot != "@stimmbote:test" || c.Matrix.User != "@kaya-keys:test" ||
		c.Web.PublicURL != "https://keys.example.org" || c.Keyholder.Complete() != nil {
		t.Errorf("wrote %+v", c)
	}
	for _, want := range []string{"one of its own, not yours", "no Matrix ID", "ballot page", "step 4 of keyholders.md", "!tellers @kaya:test"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing in:\n%s", want, said)
		}
	}
	if strings.Contains(said, "override_ratelimit") || strings.Contains(said, "UDP") {
		t.Errorf("it asks for what only the bot needs:\n%s", said)
	}
}

// asKeyholder runs `stimmbote keyholder …` without a terminal.
func asKeyholder(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	t.Setenv("LANG", "en_GB.UTF-8")
	var out, errs bytes.Buffer
	code = keys(t.Context(), args, &out, &errs)
	return code, out.String() + errs.String()
}

// machine is the configuration of a teller's machine, whose folder and page are in this test.
func machine(t *testing.T, page string) (config, dir string) {
	t.Helper()
	dir = t.TempDir()
	config = filepath.Join(dir, "config.yaml")
	text := `language: en
matrix: {homeserver: http://127.0.0.1:1, user: "@kaya-keys:test", password: hush}
store: {dir: ` + filepath.Join(dir, "data") + `}
keyholder: {owner: "@kaya:test", bot: "@stimmbote:test", page_hosts: [localhost, 10.0.0.7]}
web: {public_url: "` + page + `"}
ops: {listen: ""}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return config, dir
}

func TestKeyholderWantsToKnowWhatToDo(t *testing.T) {
	config, _ := machine(t, "")
	for _, args := range [][]string{nil, {"dance"}, {"run", "--config", config, "now"}, {"backup", "--config", config}, {"status", "--config", config, "now"}} {
		if code, said := asKeyholder(t, args...); code != exitUsage || !strings.Contains(said, "stimmbote keyholder status") {
			t.Errorf("%q: exit %d, it says:\n%s", args, code, said)
		}
	}
	if code, said := asKeyholder(t, "setup", "--config", config+".new", "--server", hall(t).URL, "--bot", "@b:test"); code != exitUsage || !strings.Contains(said, "--owner") {
		t.Errorf("without its owner: exit %d, it says:\n%s", code, said)
	}
}

// held is a folder in which a machine has worked: its account, and votes at these steps.
func held(t *testing.T, dir string, steps ...string) *store.Store {
	t.Helper()
	folder := filepath.Join(dir, "data")
	vault, err := store.OpenVault(filepath.Join(folder, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(t.Context(), folder, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if err := vault.Ensure("account"); err != nil {
		t.Fatal(err)
	}
	recovery, err := vault.Seal("account", "recovery", []byte("EsT recovery"))
	if err != nil {
		t.Fatal(err)
	}
	if err := st.PutAccount(t.Context(), store.Account{User: "@kaya-keys:test", Device: "D", Token: []byte{1}, Recovery: recovery}); err != nil {
		t.Fatal(err)
	}
	for _, step := range steps {
		view := `{"question":{"asked":{"text":"Motion ` + step + `?"}},"ends":"2026-01-02T03:04:05Z"}`
		h := store.Held{Poll: "p" + step, Room: "!r:test", Step: step, View: []byte(view)}
		if step != "done" && step != "heard" {
			if err := vault.Create("teller-p" + step); err != nil {
				t.Fatal(err)
			}
			if h.Secret, err = vault.Seal("teller-p"+step, "key", []byte("the sealed key")); err != nil {
				t.Fatal(err)
			}
		}
		if err := st.PutHeld(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	return st
}

func TestKeyholderStatus(t *testing.T) {
	served := web.Booth()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(served) }))
	t.Cleanup(srv.Close)
	config, dir := machine(t, srv.URL)
	says := func(when string, want ...string) {
		t.Helper()
		code, said := asKeyholder(t, "status", "--config", config)
		if code != exitOK {
			t.Errorf("%s: exit %d", when, code)
		}
		for _, one := range want {
			if !strings.Contains(said, one) {
				t.Errorf("%s it does not say %q:\n%s", when, one, said)
			}
		}
		if strings.Contains(said, "hush") || strings.Contains(said, "the sealed key") || strings.Contains(said, "recovery") {
			t.Errorf("%s it tells secrets:\n%s", when, said)
		}
	}
	says("never started", "Key machine of @kaya:test", "does not run", "is up, and it is the right one", "never run")
	st := held(t, dir, "heard", "asked", "confirmed", "closed", "released", "refused", "done")
	served = append(served, ' ')
	says("running", "It runs; when", "ops.listen is empty", "another one than this program has",
		"Motion heard? (no key yet)\n", "Motion asked? (its key is here)\n  It waits for the election", "Motion confirmed?", "It waits for the close, ",
		"waits for the bot's part", "waits for the result", "A rule forbids its part", "go on: 6. That are over, keys deleted: 1.")
	if err := os.Remove(filepath.Join(dir, "data", "keys", "teller-pclosed")); err != nil {
		t.Fatal(err)
	}
	says("after a key file was lost", "Motion closed? (its key is lost)\n", "Motion asked? (its key is here)")
	srv.Close()
	st.Close()
	says("stopped", "does not run", "does not answer", "go on: 6.")
}

// A backup holds what the account needs elsewhere, and nothing of a vote.
func TestKeyholderBackup(t *testing.T) {
	config, dir := machine(t, "https://keys.example.org")
	path := filepath.Join(dir, "kept.yaml")
	if code, said := asKeyholder(t, "backup", "--config", config, path); code != exitError || !strings.Contains(said, "before its first start") {
		t.Errorf("before the first start: exit %d, it says:\n%s", code, said)
	}
	held(t, dir, "confirmed")
	code, said := asKeyholder(t, "backup", "--config", config, path)
	if code != exitOK || !strings.Contains(said, "no keys of votes") || strings.Contains(said, "EsT") || strings.Contains(said, "hush") {
		t.Fatalf("exit %d, it says:\n%s", code, said)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c := wrote(t, path)
	if c.Matrix.RecoveryKey != "EsT recovery" || c.Matrix.Password != "hush" || c.Keyholder.Owner != "@kaya:test" || c.Keyholder.MinBallots != 5 || len(c.Keyholder.PageHosts) != 2 || c.Web.PublicURL != "https://keys.example.org" {
		t.Errorf("kept %+v", c)
	}
	if bytes.Contains(text, []byte("sealed")) || bytes.Contains(text, []byte("pconfirmed")) {
		t.Errorf("it keeps something of a vote:\n%s", text)
	}
	if code, said := asKeyholder(t, "backup", "--config", config, path); code != exitError || !strings.Contains(said, "stays as it is") {
		t.Errorf("again: exit %d, it says:\n%s", code, said)
	}
}

// The page of a machine is served with the certificate that its configuration names.
func TestKeyholderPageWithCertificate(t *testing.T) {
	vouched, cert, key := inPEM(t)
	cfg := web.Config{Listen: "127.0.0.1:0", PublicURL: "https://keys.example.org", Cert: cert, CertKey: key}
	page, err := openBooth(cfg, t.TempDir(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- page.Run(ctx) }()
	resp, err := vouched.Client().Get("https://" + page.listener.Addr().String() + web.BoothPath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if served, err := io.ReadAll(resp.Body); err != nil || web.Sum(served) != web.BoothHash() {
		t.Errorf("%d bytes as %s: %v", len(served), resp.Status, err)
	}
	vouched.Client().CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	cfg.Cert = key
	if _, err := openBooth(cfg, t.TempDir(), zerolog.Nop()); err == nil {
		t.Error("without a certificate it opens")
	}
}
