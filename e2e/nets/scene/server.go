package scene

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"stimmbote/e2e/nets/lab"
)

const (
	key      = "lab"
	secret   = "what only the lab and its servers know"
	patience = 60 * time.Second
)

var (
	serverAddress  = netip.MustParseAddr("198.51.100.1")
	serverAddress6 = netip.MustParseAddr("2001:db8:1::1")
)

// Server is a program that people meet on.
type Server struct {
	Name  string
	URL   string   // for clients
	URL6  string   // for those who have IPv6 alone
	Ports []uint16 // TCP ports that have to be open in the strictest network that it works in

	args func(dir string) (name string, args []string, err error)
}

// Ours is `stimmbote sfu` from a program file, with one port for TLS.
func Ours(bin string) Server {
	at, at6 := serverAddress.String(), serverAddress6.String()
	return Server{Name: "stimmbote", URL: "wss://" + at, URL6: "wss://[" + at6 + "]", Ports: []uint16{443}, args: func(dir string) (string, []string, error) {
		return bin, []string{
			"sfu", "--listen", ":443", "--cert", filepath.Join(dir, "cert.pem"), "--cert-key", filepath.Join(dir, "key.pem"),
			"--udp", ":7882", "--tcp", ":7882", "--turn", ":3478", "--key", key + ":" + secret,
		}, nil
	}}
}

// Of is any program that serves TLS at port 443, started with a word and the folder with its certificate.
func Of(bin, word string) Server {
	at := serverAddress.String()
	return Server{Name: word, URL: "https://" + at, Ports: []uint16{443}, args: func(dir string) (string, []string, error) {
		return bin, []string{word, dir}, nil
	}}
}

// LiveKit is livekit-server. Its signals have a port without TLS of their own.
func LiveKit(bin string) Server {
	at, at6 := serverAddress.String(), serverAddress6.String()
	return Server{Name: "livekit", URL: "ws://" + at + ":7880", URL6: "ws://[" + at6 + "]:7880", Ports: []uint16{443, 7880}, args: func(dir string) (string, []string, error) {
		config := fmt.Sprintf(`port: 7880
keys: {%s: %s}
rtc: {udp_port: 7882, tcp_port: 7881, use_external_ip: false}
turn: {enabled: true, domain: %q, udp_port: 3478, tls_port: 443, cert_file: %s, key_file: %s}
logging: {level: error}
`, key, secret, at, filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
		path := filepath.Join(dir, "livekit.yaml")
		return bin, []string{"--config", path}, os.WriteFile(path, []byte(config), 0o600)
	}}
}

// running is a server, or a guest, that can be stopped.
type running struct {
	cmd  *exec.Cmd
	said sync.WaitGroup
	mu   sync.Mutex
	log  []string
}

// start starts a program on a machine; each of its lines is shown to heard.
func start(m *lab.Machine, cmd *exec.Cmd, heard func(line string)) (*running, error) {
	r := &running{cmd: cmd}
	out, in := io.Pipe()
	if cmd.Stdout == nil {
		cmd.Stdout = in
	}
	cmd.Stderr = in
	cmd.WaitDelay = time.Second
	r.said.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			r.mu.Lock()
			r.log = append(r.log, lines.Text())
			r.mu.Unlock()
			if heard != nil {
				heard(lines.Text())
			}
		}
	})
	if err := m.Start(cmd); err != nil {
		return nil, fmt.Errorf("starting %s: %w", cmd.Path, err)
	}
	return r, nil
}

// stop asks the program to end, and sees to it that it does.
func (r *running) stop() {
	_ = r.cmd.Process.Signal(os.Interrupt)
	r.wait()
}

// wait gives the program a while to end.
func (r *running) wait() {
	kill := time.AfterFunc(10*time.Second, func() { _ = r.cmd.Process.Kill() })
	defer kill.Stop()
	_ = r.cmd.Wait()
	if c, ok := r.cmd.Stderr.(io.Closer); ok {
		_ = c.Close()
	}
	r.said.Wait()
}

// last is what a program has said in the end.
func (r *running) last() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.log[max(0, len(r.log)-10):], "\n")
}

// serve starts a server and waits until it answers.
func serve(m *lab.Machine, s Server, dir string) (*running, error) {
	name, args, err := s.args(dir)
	if err != nil {
		return nil, err
	}
	r, err := start(m, exec.Command(name, args...), nil)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(patience); ; {
		err := m.Run(func() error {
			c, err := net.DialTimeout("tcp", fmt.Sprintf("%s:%d", serverAddress, s.Ports[len(s.Ports)-1]), time.Second)
			if err == nil {
				_ = c.Close()
			}
			return err
		})
		if err == nil {
			return r, nil
		}
		if time.Now().After(end) {
			r.stop()
			return nil, errors.Join(fmt.Errorf("waiting for %s: %w", s.Name, err), errors.New(r.last()))
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// certificate writes one for the server's addresses, which vouches for itself.
func certificate(dir string) error {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "lab"}, IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{serverAddress.AsSlice(), serverAddress6.AsSlice()},
		NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, k.Public(), k)
	if err != nil {
		return err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600),
	)
}
