package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"maunium.net/go/mautrix"

	"stimmbote/e2e/world"
)

// arranged is a bot that was set up by the program itself, not started.
type arranged struct {
	*world.Bot
	dir string
}

// setUp runs stimmbote setup without a terminal and wants this exit code.
func (a *arranged) setUp(t *testing.T, code int, args ...string) (said string) {
	t.Helper()
	cmd := a.Command(append([]string{"setup", "--config", a.Config, "--language", "en"}, args...)...)
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("setup %v: exit %d, want %d:\n%s", args, got, code, out)
	}
	return string(out)
}

// file puts a secret into a file.
func (a *arranged) file(t *testing.T, secret string) string {
	t.Helper()
	path := filepath.Join(a.dir, "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// works starts the bot with what setup wrote and stops it again.
func (a *arranged) works(ctx context.Context, t *testing.T) {
	t.Helper()
	a.Env = []string{
		"STIMMBOTE_WEB_LISTEN=" + strings.TrimPrefix(a.WebURL, "http://"),
		"STIMMBOTE_OPS_LISTEN=" + strings.TrimPrefix(a.OpsURL, "http://"),
		"STIMMBOTE_MEDIA_UDP=127.0.0.1:0",
	}
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if code, said := fetch(ctx, t, a.OpsURL+"/readyz"); code != 200 {
		t.Errorf("set up, but not ready: %s", said)
	}
	if err := a.Stop(); err != nil {
		t.Error(err)
	}
}

// unarranged is a bot without configuration, in a folder of its own.
func unarranged(ctx context.Context, t *testing.T, w *world.World) *arranged {
	t.Helper()
	dir := t.TempDir()
	b, err := w.AnotherBot(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.Config = filepath.Join(dir, "etc", "config.yaml")
	return &arranged{b, dir}
}

func TestSetupMakesAnAccountThatWorks(t *testing.T) {
	w, ctx := shared(t), limit(t, 2*time.Minute)
	a := unarranged(ctx, t, w)
	wrong := a.setUp(t, 1, "--server", w.Homeserver.URL, "--user", "setup-bot", "--shared-secret-file", a.file(t, "wrong"))
	if !strings.Contains(wrong, "is not the registration_shared_secret of this server") {
		t.Errorf("a wrong secret: %s", wrong)
	}
	right := []string{"--server", w.Homeserver.URL, "--user", "setup-bot", "--shared-secret-file", a.file(t, w.Homeserver.Secret)}
	if said := a.setUp(t, 0, right...); !strings.Contains(said, "Account made and login checked: @setup-bot:") {
		t.Errorf("it says:\n%s", said)
	}
	a.works(ctx, t)
	if said := a.setUp(t, 2, right...); !strings.Contains(said, "overwrite nothing") {
		t.Errorf("a second time: %s", said)
	}
	again := unarranged(ctx, t, w)
	if said := again.setUp(t, 1, right...); !strings.Contains(said, "exists already") {
		t.Errorf("the same name again: %s", said)
	}
	out, err := a.Command("config", "check", "--config", a.Config).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "password: (set, not shown)") {
		t.Errorf("config check: %v\n%s", err, out)
	}
}

func TestSetupWithAToken(t *testing.T) {
	w, ctx := shared(t), limit(t, 2*time.Minute)
	made := unarranged(ctx, t, w)
	made.setUp(t, 0, "--server", w.Homeserver.URL, "--user", "setup-token", "--shared-secret-file", made.file(t, w.Homeserver.Secret))
	client, err := mautrix.NewClient(w.Homeserver.URL, "", "")
	if err != nil {
		t.Fatal(err)
	}
	login, err := client.Login(ctx, &mautrix.ReqLogin{
		Type:       mautrix.AuthTypePassword,
		Identifier: mautrix.UserIdentifier{Type: mautrix.IdentifierTypeUser, User: "setup-token"},
		Password:   passwordOf(t, made.Config),
	})
	if err != nil {
		t.Fatal(err)
	}
	a := unarranged(ctx, t, w)
	server, token := []string{"--server", w.Homeserver.URL}, []string{"--access-token-file", a.file(t, login.AccessToken)}
	a.setUp(t, 0, append(server, token...)...)
	a.works(ctx, t)
	if err := os.Remove(a.Config); err != nil {
		t.Fatal(err)
	}
	if said := a.setUp(t, 1, append(server, token...)...); !strings.Contains(said, login.DeviceID.String()) {
		t.Errorf("a token of a device in use: %s", said)
	}
	if said := a.setUp(t, 1, append(server, "--access-token-file", a.file(t, "nonsense"))...); !strings.Contains(said, "does not know this access token") {
		t.Errorf("an unknown token: %s", said)
	}
}

func TestSetupWithAPassword(t *testing.T) {
	w, ctx := shared(t), limit(t, 2*time.Minute)
	made := unarranged(ctx, t, w)
	made.setUp(t, 0, "--server", w.Homeserver.URL, "--user", "setup-password", "--shared-secret-file", made.file(t, w.Homeserver.Secret))
	a := unarranged(ctx, t, w)
	account := []string{"--server", w.Homeserver.URL, "--user", "setup-password"}
	if said := a.setUp(t, 1, append(account, "--password-file", a.file(t, "wrong"))...); !strings.Contains(said, "check name and password") {
		t.Errorf("a wrong password: %s", said)
	}
	if said := a.setUp(t, 1, "--server", w.Homeserver.URL, "--user", "new", "--registration-token-file", a.file(t, "x")); !strings.Contains(said, "makes no accounts") {
		t.Errorf("a server that registers nobody: %s", said)
	}
	a.setUp(t, 0, append(account, "--password-file", a.file(t, passwordOf(t, made.Config)))...)
	a.works(ctx, t)
	other := unarranged(ctx, t, w)
	if said := other.setUp(t, 1, append(account, "--password-file", other.file(t, passwordOf(t, made.Config)))...); !strings.Contains(said, "security key") {
		t.Errorf("an account in encrypted use: %s", said)
	}
}

// passwordOf reads the password that setup made up.
func passwordOf(t *testing.T, config string) string {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(text), "password: ")
	if !ok {
		t.Fatalf("no password in %s:\n%s", config, text)
	}
	password, _, _ := strings.Cut(after, "\n")
	return password
}
