package web

import (
	"net/http/httptest"
	"testing"
)

// The word of a proxy counts on this machine alone, and of it the last one.
func TestFrom(t *testing.T) {
	const proxy, guest = "127.0.0.1:4711", "198.51.100.7:4711"
	tls := Config{Cert: "cert.pem", CertKey: "key.pem"}
	for name, c := range map[string]struct {
		cfg   Config
		peer  string
		named []string
		want  string
	}{
		"directly":                      {Config{}, guest, nil, "198.51.100.7/32"},
		"directly, by IPv6":             {Config{}, "[2001:db8:1:2:3::4]:4711", nil, "2001:db8:1:2::/64"},
		"directly, forged":              {Config{}, guest, []string{"203.0.113.9"}, "198.51.100.7/32"},
		"by TLS, forged":                {tls, guest, []string{"203.0.113.9"}, "198.51.100.7/32"},
		"by TLS through a port, forged": {tls, proxy, []string{"203.0.113.9"}, "127.0.0.1/32"},
		"proxy":                         {Config{}, proxy, []string{"203.0.113.9"}, "203.0.113.9/32"},
		"proxy by IPv6":                 {Config{}, "[::1]:4711", []string{"2001:db8:1:2:3::4"}, "2001:db8:1:2::/64"},
		"proxy by both":                 {Config{}, "[::ffff:127.0.0.1]:4711", []string{"::ffff:203.0.113.9"}, "203.0.113.9/32"},
		"proxy, forged before":          {Config{}, proxy, []string{"192.0.2.1, 203.0.113.9"}, "203.0.113.9/32"},
		"proxy, forged lines":           {Config{}, proxy, []string{"192.0.2.1", "192.0.2.2,203.0.113.9"}, "203.0.113.9/32"},
		"proxy that says nothing":       {Config{}, proxy, nil, "invalid Prefix"},
		"proxy that says nonsense":      {Config{}, proxy, []string{"203.0.113.9, unknown"}, "invalid Prefix"},
		"nobody":                        {Config{}, "@", []string{"203.0.113.9"}, "invalid Prefix"},
	} {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/r/x/join", nil)
		r.RemoteAddr, r.Header["X-Forwarded-For"] = c.peer, c.named
		if got := (&Server{cfg: c.cfg}).from(r).String(); got != c.want {
			t.Errorf("%s: from %s, want %s", name, got, c.want)
		}
	}
}
