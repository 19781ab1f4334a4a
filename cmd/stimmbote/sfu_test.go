package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/livekit/protocol/auth"
)

func TestSFURefusals(t *testing.T) {
	for name, args := range map[string][]string{
		"needs a --key":     {"sfu"},
		"has to be KEY":     {"sfu", "--key", "nosecret"},
		`takes no "x"`:      {"sfu", "--key", "a:b", "x"},
		"is not an address": {"sfu", "--key", "a:b", "--udp", "nowhere"},
		"tcp: ":             {"sfu", "--key", "a:b", "--tcp", "nowhere"},
		"turn: ":            {"sfu", "--key", "a:b", "--turn", "nowhere"},
		"ip: ":              {"sfu", "--key", "a:b", "--ip", "nowhere"},
		"other machines":    {"sfu", "--key", "a:b", "--ops", ":1"},
		"need each other":   {"sfu", "--key", "a:b", "--cert", "/nowhere"},
		"config":            {"sfu", "--key", "a:b", "--config", "/nowhere"},
	} {
		var stderr bytes.Buffer
		if code := dispatch(t.Context(), args, io.Discard, &stderr); code != exitUsage || !strings.Contains(stderr.String(), name) {
			t.Errorf("%v: exit %d, said %q", args, code, stderr.String())
		}
	}
}

// freePort is a TCP address that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// serving runs a server alone until it is ready, at ports for these options: other ones if another program was quicker
// to take them. It tells what it said before, and end ends it and tells how.
func serving(t *testing.T, options []string, args ...string) (at map[string]string, said string, end func() (code int)) {
	t.Helper()
	for range 3 {
		at = map[string]string{}
		all := append([]string{"sfu"}, args...)
		for _, option := range options {
			at[option] = freePort(t)
			all = append(all, option, at[option])
		}
		ctx, stop := context.WithCancel(t.Context())
		r, w := io.Pipe()
		ended := make(chan int, 1)
		go func() {
			ended <- dispatch(ctx, all, io.Discard, w)
			_ = w.Close()
		}()
		said = ""
		lines := bufio.NewScanner(r)
		for lines.Scan() && lines.Text() != "ready" {
			said += lines.Text() + "\n"
		}
		go func() { _, _ = io.Copy(io.Discard, r) }()
		end = func() int {
			stop()
			return <-ended
		}
		if lines.Text() == "ready" {
			return at, said, end
		}
		end()
		if !strings.Contains(said, "is another program there?") {
			break
		}
	}
	t.Fatalf("it did not get ready:\n%s", said)
	return nil, "", nil
}

// The server alone lets in who has a token of one of its keys, warns of short secrets, and stops when told.
func TestSFU(t *testing.T) {
	at, warnings, end := serving(t, []string{"--listen", "--ops"}, "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0",
		"--turn", "127.0.0.1:0", "--key", "dev:short", "--key", "two:"+strings.Repeat("x", 40))
	if n := strings.Count(warnings, `the secret of key "dev" is shorter`); n != 1 {
		t.Errorf("warned %d times:\n%s", n, warnings)
	}
	get := func(address string) (int, string) {
		resp, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(b)
	}
	for secret, want := range map[string]int{"short": http.StatusOK, "wrong": http.StatusUnauthorized} {
		token, err := auth.NewAccessToken("dev", secret).SetIdentity("anna").SetVideoGrant(&auth.VideoGrant{RoomJoin: true, Room: "r"}).ToJWT()
		if err != nil {
			t.Fatal(err)
		}
		if code, said := get("http://" + at["--listen"] + "/rtc/v1/validate?" + url.Values{"access_token": {token}}.Encode()); code != want {
			t.Errorf("with secret %q: %d %s", secret, code, said)
		}
	}
	if code, said := get("http://" + at["--ops"] + "/metrics"); code != http.StatusOK || !strings.Contains(said, "stimmbote_media_rooms 0\n") || !strings.Contains(said, "stimmbote_media_joins_turn_total 0\n") {
		t.Errorf("metrics: %d %s", code, said)
	}
	if code, _ := get("http://" + at["--ops"] + "/healthz"); code != http.StatusOK {
		t.Errorf("health: %d", code)
	}
	if code := end(); code != exitOK {
		t.Errorf("exit %d", code)
	}
}

// inPEM is a certificate of this machine and its key as files, and whoever believes it.
func inPEM(t *testing.T) (vouched *httptest.Server, cert, key string) {
	t.Helper()
	vouched = httptest.NewTLSServer(nil)
	vouched.Close()
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pkcs8, err := x509.MarshalPKCS8PrivateKey(vouched.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: vouched.Certificate().Raw}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return vouched, cert, key
}

// With a certificate clients connect by TLS, without it nothing is served.
func TestSFUWithCertificate(t *testing.T) {
	vouched, cert, key := inPEM(t)
	args := []string{"--udp", "127.0.0.1:0", "--key", "two:" + strings.Repeat("x", 40), "--cert-key", key, "--cert"}
	var said bytes.Buffer
	nothing := append([]string{"sfu", "--listen", "127.0.0.1:0"}, append(args, key)...)
	if code := dispatch(t.Context(), nothing, io.Discard, &said); code != exitError || !strings.Contains(said.String(), "reading certificate") {
		t.Errorf("without certificate: exit %d, said %q", code, said.String())
	}
	at, _, end := serving(t, []string{"--listen"}, append(args, cert)...)
	resp, err := vouched.Client().Get("https://" + at["--listen"] + "/rtc/validate")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %d", resp.StatusCode)
	}
	vouched.Client().CloseIdleConnections()
	if code := end(); code != exitOK {
		t.Errorf("exit %d", code)
	}
}
