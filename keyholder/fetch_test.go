package keyholder

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestPublic(t *testing.T) {
	for address, want := range map[string]bool{
		"9.9.9.9": true, "2620:fe::fe": true, "::ffff:9.9.9.9": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.0.1": false,
		"0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false, "::1": false, "::": false, "fe80::1": false,
		"fd00::1": false, "::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "64:ff9b::a00:1": false, "2002:a00:1::1": false, "2001:db8::1": false,
	} {
		if got := public(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is public: %v", address, got)
		}
	}
}

// TestFetcher: nothing is asked that the bot may name but not reach; what the owner names is.
func TestFetcher(t *testing.T) {
	asked := 0
	page := "<title>Ballot</title>"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, "http://127.0.0.2:1/", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/long":
			for range mostPage/1024 + 1 {
				if _, err := io.WriteString(w, strings.Repeat("x", 1024)); err != nil {
					return
				}
			}
		case "/gone":
			http.NotFound(w, r)
		default:
			_, _ = io.WriteString(w, page)
		}
	}))
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	nobody := NewFetcher(nil)
	for _, address := range []string{
		server.URL, "https://127.0.0.1:" + port, "https://localhost:" + port, "https://[::ffff:127.0.0.1]:" + port, "https://0.0.0.0:" + port,
		"http://9.9.9.9/", "ftp://9.9.9.9/", "file:///etc/passwd", "https://user:pw@9.9.9.9/", "https:///x", "://", "https://169.254.169.254/latest/",
	} {
		if _, err := nobody.Fetch(t.Context(), address); !errors.Is(err, ErrAddress) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if asked > 0 {
		t.Errorf("the server was asked %d times", asked)
	}
	f := NewFetcher([]string{"127.0.0.1"})
	if got, err := f.Fetch(t.Context(), server.URL+"/page"); err != nil || string(got) != page {
		t.Errorf("what the owner named: %q, %v", got, err)
	}
	for path, want := range map[string]error{"/away": ErrAddress, "/round": ErrAddress, "/long": ErrLongPage} {
		if _, err := f.Fetch(t.Context(), server.URL+path); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
	if _, err := f.Fetch(t.Context(), server.URL+"/gone"); err == nil {
		t.Error("a page that is not there")
	}
}

// TestSlowPage: whoever serves a page cannot hold the machine for ever.
func TestSlowPage(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := NewFetcher([]string{"127.0.0.1"}).Fetch(ctx, server.URL); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("it came to %v", err)
	}
}
