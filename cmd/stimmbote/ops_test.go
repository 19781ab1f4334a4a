package main

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"stimmbote/chat"
	"stimmbote/media"
)

// patient is a program with chosen numbers.
type patient struct {
	stats chat.Stats
	age   time.Duration // of the last sync when it is asked for; 0 is never
	disk  error
	queue error
}

func (p *patient) Stats() chat.Stats {
	stats := p.stats
	if p.age > 0 {
		stats.LastSync = time.Now().Add(-p.age)
	}
	return stats
}

func (p *patient) Writable(context.Context) error { return p.disk }
func (p *patient) Deliveries(context.Context) (map[string]int, error) {
	return map[string]int{"waiting": 3, "sent": 40}, p.queue
}

func healthy() *patient {
	return &patient{
		age:   30 * time.Second,
		stats: chat.Stats{Events: 7, Unreadable: 2, Limited: 90 * time.Second, Signed: true},
	}
}

// asked is the answer of the ops listener to a request.
func asked(t *testing.T, p *patient, calls *presence, path string) (code int, body string) {
	t.Helper()
	o, err := newOps(opsConfig{}, p, p, calls)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	o.handler().ServeHTTP(w, httptest.NewRequest("GET", path, nil))
	return w.Code, w.Body.String()
}

func TestReadiness(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*patient)
		want   string // "" is ready
	}{
		"healthy":    {func(*patient) {}, ""},
		"never":      {func(p *patient) { p.age = 0 }, "not answered a sync yet"},
		"long ago":   {func(p *patient) { p.age = 121 * time.Second }, "121 s ago"},
		"not signed": {func(p *patient) { p.stats.Signed = false }, "cross-signed"},
		"disk full":  {func(p *patient) { p.disk = errors.New("disk full") }, "disk full"},
	} {
		p := healthy()
		c.change(p)
		code, body := asked(t, p, &presence{}, "/readyz")
		if ready := c.want == ""; ready != (code == 200) || !ready && (code != 503 || !strings.Contains(body, c.want)) {
			t.Errorf("%s: %d %s", name, code, body)
		}
		if code, _ := asked(t, p, &presence{}, "/healthz"); code != 200 {
			t.Errorf("%s: /healthz is %d while the process runs", name, code)
		}
	}
}

func TestMetrics(t *testing.T) {
	calls := &presence{ways: func() media.Ways { return media.Ways{UDP: 16, TCP: 1, TURN: 3, None: 2} }}
	calls.note("one-secret-name", 3)
	calls.note("two", 2)
	calls.note("three", 4)
	calls.note("three", 0)
	_, body := asked(t, healthy(), calls, "/metrics")
	for _, want := range []string{
		"stimmbote_sync_age_seconds 30", "stimmbote_events_total 7\n", "stimmbote_undecryptable_total 2\n", "stimmbote_rate_limited_seconds_total 90\n",
		"stimmbote_cross_signed 1\n", `stimmbote_deliveries{state="waiting"} 3`, `stimmbote_deliveries{state="sent"} 40`,
		"stimmbote_calls 2\n", "stimmbote_call_participants 5\n", `stimmbote_call_joins_total{way="turn"} 3`, `stimmbote_call_joins_total{way="none"} 2`, "process_resident_memory_bytes", "go_goroutines",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is missing in:\n%s", want, body)
		}
	}
	if strings.Contains(body, "one-secret-name") {
		t.Error("the metrics name a room")
	}
}

func TestMetricsWithoutADatabase(t *testing.T) {
	p := healthy()
	p.queue = errors.New("disk I/O error")
	if _, body := asked(t, p, &presence{}, "/metrics"); !strings.Contains(body, "stimmbote_events_total 7\n") {
		t.Errorf("one number that cannot be had takes the others away:\n%s", body)
	}
}

func TestOpsWithoutAnAddress(t *testing.T) {
	o, err := newOps(opsConfig{}, healthy(), healthy(), &presence{})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestOpsAddresses(t *testing.T) {
	for addr, good := range map[string]bool{
		"": true, "127.0.0.1:8482": true, "localhost:1": true, "[::1]:1": true, "127.1.2.3:1": true,
		":8482": false, "0.0.0.0:8482": false, "192.168.1.1:8482": false, "[::]:1": false, "example.org:1": false, "8482": false,
	} {
		if err := (opsConfig{addr}).validate(); (err == nil) != good {
			t.Errorf("%q: %v", addr, err)
		}
	}
}
