package front

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// certificate writes one for a name, with its key, into files.
func certificate(t *testing.T, dir, name string) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, about, about, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// divided is a port with pages that say hello and a relay that says back what it is told.
func divided(t *testing.T, l net.Listener) *Port {
	t.Helper()
	config, err := Files(certificate(t, t.TempDir(), "example.org"))
	if err != nil {
		t.Fatal(err)
	}
	p := Listen(l, config)
	var sides sync.WaitGroup
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "hello "+r.URL.Path) })}
	sides.Go(func() { _ = web.Serve(p.Pages()) })
	sides.Go(func() {
		for {
			c, err := p.Relay().Accept()
			if err != nil {
				return
			}
			sides.Go(func() { _, _ = io.Copy(c, c); _ = c.Close() })
		}
	})
	t.Cleanup(func() {
		_ = web.Close()
		sides.Wait()
	})
	return p
}

func onTCP(t *testing.T) (*Port, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return divided(t, l), l.Addr().String()
}

var anyCertificate = &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}}

// Pages and relay are reached at the same port, whole from the first byte on.
func TestBothAtOnePort(t *testing.T) {
	_, address := onTCP(t)
	browser := &http.Client{Transport: &http.Transport{TLSClientConfig: anyCertificate, ForceAttemptHTTP2: true}}
	defer browser.CloseIdleConnections()
	for range 2 {
		resp, err := browser.Get("https://" + address + "/r/room")
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(b) != "hello /r/room" || resp.ProtoMajor != 1 {
			t.Errorf("%s says %q", resp.Proto, b)
		}
	}
	for _, asked := range [][]string{nil, {"stun.turn"}} {
		c, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, NextProtos: asked})
		if err != nil {
			t.Fatal(err)
		}
		want := "\x00\x03\x00\x00\x21\x12\xa4\x42 a request of TURN"
		got := make([]byte, len(want))
		_, err = io.WriteString(c, want)
		if err == nil {
			_, err = io.ReadFull(c, got)
		}
		if err != nil || string(got) != want {
			t.Errorf("with %v: came back %q, %v", asked, got, err)
		}
		_ = c.Close()
	}
}

// pipes is a listener whose clients are in the same program.
type pipes struct {
	in   chan net.Conn
	done chan struct{}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.in:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error { close(l.done); return nil }

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (l *pipes) dial() net.Conn {
	c, s := net.Pipe()
	l.in <- s
	return c
}

// Nobody stays who says nothing, or nothing that makes sense; there are so many of them and no more, and others come in as
// soon as they are gone.
func TestStrangers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{in: make(chan net.Conn), done: make(chan struct{})}
		divided(t, l)
		begin := time.Now()
		for range most - 1 {
			defer l.dial().Close()
		}
		mute := tls.Client(l.dial(), anyCertificate) // which shakes hands, and then says nothing
		if err := mute.HandshakeContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		tooMany := l.dial()
		if _, err := tooMany.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(begin) > 0 {
			t.Errorf("one too many: %v after %v", err, time.Since(begin))
		}
		if _, err := mute.Read(make([]byte, 1)); err == nil || time.Since(begin) != patience {
			t.Errorf("who says nothing: %v after %v", err, time.Since(begin))
		}
		synctest.Wait()
		plain := l.dial()
		if _, err := io.WriteString(plain, "GET / HTTP/1.1\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, plain)
		if time.Since(begin) != patience {
			t.Errorf("who speaks no TLS stays until %v", time.Since(begin))
		}
		late := tls.Client(l.dial(), anyCertificate)
		if _, err := io.WriteString(late, "\x00!"); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 2)
		if _, err := io.ReadFull(late, got); err != nil || string(got) != "\x00!" {
			t.Errorf("came back %q, %v", got, err)
		}
		_ = late.Close()
	})
}

// When the port is closed all has ended, also what had not been told apart yet.
func TestClose(t *testing.T) {
	p, address := onTCP(t)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := p.Pages().Close(); err != nil {
		t.Error(err)
	}
	for _, side := range []net.Listener{p.Pages(), p.Relay()} {
		if _, err := side.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("accepts: %v", err)
		}
		if err := side.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", address); err == nil {
		t.Error("the port is still open")
	}
}

// A renewed certificate is used from the next connection on, and one that cannot be read never.
func TestRenewal(t *testing.T) {
	dir := t.TempDir()
	config, err := Files(certificate(t, dir, "old.example.org"))
	if err != nil {
		t.Fatal(err)
	}
	name := func() string {
		pair, err := config.GetCertificate(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.Subject.CommonName
	}
	cert, key := certificate(t, dir, "new.example.org")
	later := time.Now().Add(time.Minute)
	for _, file := range []string{cert, key} {
		if err := os.Chtimes(file, later, later); err != nil {
			t.Fatal(err)
		}
	}
	if got := name(); got != "new.example.org" {
		t.Errorf("renewed: %s", got)
	}
	if err := os.WriteFile(cert, []byte("half of"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := name(); got != "new.example.org" {
		t.Errorf("half written: %s", got)
	}
	if _, err := Files(cert, key); err == nil {
		t.Error("took what is no certificate")
	}
}
