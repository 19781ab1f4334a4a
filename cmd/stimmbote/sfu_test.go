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
	"time"

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

// The server alone lets in who has a token of one of its keys, warns of short secrets, and stops when told.
func TestSFU(t *testing.T) {
	listen, ops := freePort(t), freePort(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- dispatch(ctx, []string{"sfu", "--listen", listen, "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0", "--turn", "127.0.0.1:0", "--ops", ops, "--key", "dev:short", "--key", "two:" + strings.Repeat("x", 40)}, io.Discard, w)
		_ = w.Close()
	}()
	lines := bufio.NewScanner(r)
	warned := 0
	for lines.Scan() && lines.Text() != "ready" {
		if strings.Contains(lines.Text(), `the secret of key "dev" is shorter`) {
			warned++
		}
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	if warned != 1 || lines.Text() != "ready" {
		t.Errorf("warned %d times, last line %q", warned, lines.Text())
	}
	get := func(address string) (int, string) {
		resp, err := (&http.Client{Timeout: 5 * time.Second}).Get(address)
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
		if code, said := get("http://" + listen + "/rtc/v1/validate?" + url.Values{"access_token": {token}}.Encode()); code != want {
			t.Errorf("with secret %q: %d %s", secret, code, said)
		}
	}
	if code, said := get("http://" + ops + "/metrics"); code != http.StatusOK || !strings.Contains(said, "stimmbote_media_rooms 0\n") || !strings.Contains(said, "stimmbote_media_joins_turn_total 0\n") {
		t.Errorf("metrics: %d %s", code, said)
	}
	if code, _ := get("http://" + ops + "/healthz"); code != http.StatusOK {
		t.Errorf("health: %d", code)
	}
	stop()
	if code := <-ended; code != exitOK {
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
	listen := freePort(t)
	args := []string{"sfu", "--listen", listen, "--udp", "127.0.0.1:0", "--key", "two:" + strings.Repeat("x", 40), "--cert-key", key, "--cert"}
	var said bytes.Buffer
	if code := dispatch(t.Context(), append(args, key), io.Discard, &said); code != exitError || !strings.Contains(said.String(), "reading certificate") {
		t.Errorf("without certificate: exit %d, said %q", code, said.String())
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	r, w := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- dispatch(ctx, append(args, cert), io.Discard, w)
		_ = w.Close()
	}()
	for lines := bufio.NewScanner(r); lines.Scan() && lines.Text() != "ready"; {
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	resp, err := vouched.Client().Get("https://" + listen + "/rtc/validate")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("without a token: %d", resp.StatusCode)
	}
	vouched.Client().CloseIdleConnections()
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("exit %d", code)
	}
}
