package acme

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"stimmbote/e2e/world"
)

const name = "bot.example.org"

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tool is where a tool of tools/acme lies, built if need be.
func tool(t *testing.T, name string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "tool", "-n", name)
	cmd.Dir, cmd.Env = filepath.Join("..", "..", "tools", "acme"), append(os.Environ(), "GOFLAGS=-buildvcs=false")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("building %s: %v", name, err)
	}
	return strings.TrimSpace(string(out))
}

// free is an address on which nothing listens.
func free(t *testing.T) string {
	t.Helper()
	address, err := world.FreeAddress("tcp")
	must(t, err)
	return address
}

// process is a program that the test runs.
type process struct {
	*exec.Cmd
	said world.Said
}

func run(t *testing.T, env []string, binary string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(binary, args...)}
	p.Env, p.Stdout, p.Stderr = append(os.Environ(), env...), &p.said, &p.said
	must(t, p.Start())
	t.Cleanup(func() {
		p.end()
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(binary), p.said.String())
		}
	})
	return p
}

// end stops a program as a service manager does, and returns how long that took.
func (p *process) end() time.Duration {
	from := time.Now()
	if p.ProcessState == nil {
		_ = p.Process.Signal(syscall.SIGTERM)
		_ = p.Wait()
	}
	return time.Since(from)
}

// until waits until try gives no error.
func until(t *testing.T, within time.Duration, try func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	for {
		err := try()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("after %s still: %v", within, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// authority is a running Pebble, whose own pages are trusted by the certificate in the file ca.
type authority struct {
	directory, ca string
	roots         *x509.CertPool
	processes     []*process
}

func newAuthority(t *testing.T, port string) *authority {
	t.Helper()
	dir := t.TempDir()
	// For its own pages Pebble takes the certificate that Go's test servers have: it is for 127.0.0.1.
	pages := httptest.NewUnstartedServer(nil)
	pages.StartTLS()
	pair := pages.TLS.Certificates[0]
	pages.Close()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	must(t, err)
	cert, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writePEM(t, cert, "CERTIFICATE", pair.Certificate[0])
	writePEM(t, keyFile, "PRIVATE KEY", key)
	api, management, dns, challenges := free(t), free(t), free(t), free(t)
	_, tlsPort, err := net.SplitHostPort(port)
	must(t, err)
	config := filepath.Join(dir, "pebble.json")
	must(t, os.WriteFile(config, fmt.Appendf(nil, `{"pebble": {"listenAddress": %q, "managementListenAddress": %q, "certificate": %q, "privateKey": %q, "httpPort": 1, "tlsPort": %s}}`,
		api, management, cert, keyFile, tlsPort), 0o600))
	a := &authority{directory: "https://" + api + "/dir", ca: cert, roots: x509.NewCertPool()}
	a.processes = append(a.processes,
		run(t, nil, tool(t, "pebble-challtestsrv"), "-defaultIPv6", "", "-defaultIPv4", "127.0.0.1", "-dnsserver", dns, "-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", "", "-management", challenges),
		run(t, []string{"PEBBLE_VA_NOSLEEP=1"}, tool(t, "pebble"), "-config", config, "-dnsserver", dns))
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pages.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}}}
	until(t, time.Minute, func() error { // the names are known before anybody asks for one
		c, err := net.Dial("tcp", challenges)
		if err == nil {
			err = c.Close()
		}
		return err
	})
	until(t, time.Minute, func() error {
		answer, err := trusting.Get("https://" + management + "/roots/0")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		root, err := io.ReadAll(answer.Body)
		if err == nil && !a.roots.AppendCertsFromPEM(root) {
			err = fmt.Errorf("no root in %q", root)
		}
		return err
	})
	return a
}

// serial is the number of the certificate that a browser gets, after it has checked it.
func (a *authority) serial(port string) (string, error) {
	config := &tls.Config{RootCAs: a.roots, ServerName: name}
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	answer, err := client.Get("https://" + port + "/r/x")
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Security-Policy") == "" {
		return "", fmt.Errorf("the page is answered with %s", answer.Status)
	}
	return answer.TLS.PeerCertificates[0].SerialNumber.String(), nil
}

func TestACertificateIsGotAndKept(t *testing.T) {
	repo, err := filepath.Abs("../..")
	must(t, err)
	dir := t.TempDir()
	binary := filepath.Join(dir, "stimmbote")
	must(t, world.BuildBot(t.Context(), repo, binary, func(string) {}))
	port := free(t)
	a := newAuthority(t, port)
	config := filepath.Join(dir, "config.yaml")
	must(t, os.WriteFile(config, fmt.Appendf(nil, `
matrix: {homeserver: "http://%s", user: "@bot:x", password: secret}
store: {dir: %q}
web: {listen: %q, public_url: "https://%s", acme: %q}
media: {udp: "127.0.0.1:0"}
ops: {listen: ""}
`, free(t), filepath.Join(dir, "data"), port, name, a.directory), 0o600))
	start := func() *process { return run(t, []string{"SSL_CERT_FILE=" + a.ca}, binary, "run", "--config", config) }

	bot := start()
	var first string
	until(t, time.Minute, func() (err error) {
		first, err = a.serial(port)
		return err
	})
	// Another name gets no certificate ordered, and is shown the one that there is.
	if _, err := tls.Dial("tcp", port, &tls.Config{RootCAs: a.roots, ServerName: "other.example.org"}); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("as another name: %v", err)
	}
	kept := filepath.Join(dir, "data", "certificates")
	if about, err := os.Stat(kept); err != nil || about.Mode().Perm() != 0o700 {
		t.Errorf("kept in %v, %v", about, err)
	}
	if took := bot.end(); took > 15*time.Second {
		t.Errorf("stopping took %s", took)
	}

	// The next start needs no authority.
	for _, p := range a.processes {
		p.end()
	}
	bot = start()
	until(t, time.Minute, func() error {
		again, err := a.serial(port)
		if err == nil && again != first {
			t.Errorf("after a restart the certificate is %s, before it was %s", again, first)
		}
		return err
	})
	bot.end()

	// Without a certificate and an authority the program goes on, says why, and stops when it is told to.
	must(t, os.RemoveAll(kept))
	bot = start()
	until(t, time.Minute, func() error {
		if _, err := a.serial(port); err == nil {
			return errors.New("there is a certificate")
		}
		if said := bot.said.String(); !strings.Contains(said, "port 443") || !strings.Contains(said, name) {
			return errors.New("it does not say what is needed")
		}
		return nil
	})
	if took := bot.end(); took > 30*time.Second {
		t.Errorf("stopping took %s", took)
	}
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
}
