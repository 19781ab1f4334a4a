package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"stimmbote/chat"
	"stimmbote/media"
)

// opsConfig says where the program tells other programs how it is.
type opsConfig struct {
	Listen string `yaml:"listen"`
}

// validate accepts addresses of this machine only: what is told there is nobody else's business.
func (c opsConfig) validate() error {
	if c.Listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %q is not an address and a port, try 127.0.0.1:8482, or \"\" for none", c.Listen)
	}
	if addr, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !addr.Unmap().IsLoopback()) {
		return fmt.Errorf("listen: %q can be reached from other machines, try 127.0.0.1:8482 and let a program on this machine ask", c.Listen)
	}
	return nil
}

// talker is the part of the program that talks to Matrix. chat.Line is it.
type talker interface {
	Stats() chat.Stats
	Deliveries(ctx context.Context) (map[string]int, error)
}

// keeper is what has to be writable. store.Store is it.
type keeper interface {
	Writable(ctx context.Context) error
}

// ops tells programs on this machine how this one is. It names no person, room or poll.
type ops struct {
	talker talker
	keeper keeper
	calls  *presence
	http   http.Server
	listen net.Listener
}

// longestSilence is how old the last sync may be while the bot counts as ready.
const longestSilence = 2 * time.Minute

// newOps opens the port. Without an address there is none, and Run does nothing.
func newOps(cfg opsConfig, t talker, k keeper, calls *presence) (*ops, error) {
	o := &ops{talker: t, keeper: k, calls: calls}
	o.http = http.Server{
		Handler: o.handler(), ReadTimeout: 5 * time.Second, WriteTimeout: 30 * time.Second,
		ErrorLog: stdlog.New(io.Discard, "", 0),
	}
	if cfg.Listen == "" {
		return o, nil
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("ops.listen: opening %s: %w (is another program there?)", cfg.Listen, err)
	}
	o.listen = l
	return o, nil
}

func (o *ops) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", o.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.registry(), promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	return mux
}

// Run answers until ctx ends.
func (o *ops) Run(ctx context.Context) error {
	if o.listen == nil {
		return nil
	}
	defer context.AfterFunc(ctx, func() { _ = o.http.Close() })()
	if err := o.http.Serve(o.listen); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("answering at ops.listen: %w", err)
	}
	return nil
}

// ready says whether the bot can do its work, and if not, why.
func (o *ops) ready(w http.ResponseWriter, r *http.Request) {
	var reasons []string
	stats := o.talker.Stats()
	switch age := time.Since(stats.LastSync); {
	case stats.LastSync.IsZero():
		reasons = append(reasons, "the homeserver has not answered a sync yet")
	case age > longestSilence:
		reasons = append(reasons, fmt.Sprintf("the homeserver last answered a sync %d s ago", int(age.Seconds())))
	}
	if !stats.Signed {
		reasons = append(reasons, "the bot's device is not cross-signed")
	}
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	if err := o.keeper.Writable(ctx); err != nil {
		reasons = append(reasons, "the database cannot be written: "+err.Error())
	}
	if len(reasons) > 0 {
		http.Error(w, strings.Join(reasons, "\n"), http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ready")
}

// presence counts who is in calls.
type presence struct {
	mu    sync.Mutex
	rooms map[string]int
	ways  func() media.Ways // by which people have joined; may be nil
}

// note is told whenever somebody came or went.
func (p *presence) note(room string, people int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rooms == nil {
		p.rooms = make(map[string]int)
	}
	if p.rooms[room] = people; people == 0 {
		delete(p.rooms, room)
	}
}

// count is how many calls there are, and how many people in all of them.
func (p *presence) count() (calls, people int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.rooms {
		people += n
	}
	return len(p.rooms), people
}
