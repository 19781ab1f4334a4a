// Package web serves the pages that people open from the chat: the call, the ballot page with what
// takes sealed ballots, and the board.
//
// It guarantees that a page loads nothing from elsewhere and runs no script but its own
// (a strict content policy with Trusted Types), that a browser keeps nothing but a name and a member's badge, and
// that whoever does not hold a link's key learns neither a token nor a name nor whether
// there is such a call. It never logs an address, a token, a name or a path, and never sees
// the key: that stands behind the # of a link, which browsers keep to themselves.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"stimmbote/i18n"
	"stimmbote/media"
	"stimmbote/store"
)

// callBook knows which call has which name. store.Store has it; nil, nil is no such call.
type callBook interface {
	CallByName(ctx context.Context, name string) (*store.Call, error)
}

// rooms are the calls themselves. media.Server has them.
type rooms interface {
	Handler() http.Handler
	Token(room, identity, name string, ttl time.Duration) (string, error)
	Present(room string) []media.Person
	Full(ctx context.Context, room string) bool
	Remove(ctx context.Context, room, identity string) error
	Mute(ctx context.Context, room, identity, track string) error
	Send(ctx context.Context, room string, m media.Message) error
}

// Options are what the pages need from the rest of the program.
type Options struct {
	Calls callBook
	Media rooms
	Group group
	Polls polls
	Box   boxOffice
	Texts *i18n.Texts
	// Listener is where browsers come; it is closed in the end. Nil: the port of the configuration, without TLS.
	Listener net.Listener
	// Secret makes the passes of those who are in a call; without one they end with the program.
	Secret []byte
	Ready  func() bool // what /healthz answers; nil is always ready
}

// Server is the web server.
type Server struct {
	cfg    Config
	opt    Options
	log    zerolog.Logger
	assets *assets
	pages  map[string]*page // of the call, by language
	files  statics
	gate   *gate
	halls  *halls
	texts  map[string]*i18n.Texts // by language
	http   *http.Server
	told   atomic.Uint64 // states of calls that were looked up

	mu       sync.Mutex
	listener net.Listener
}

// New makes the server. It listens when it runs.
func New(cfg Config, opt Options, log zerolog.Logger) *Server {
	s := &Server{cfg: cfg, opt: opt, log: log, assets: loadAssets(), files: loadStatics(), gate: newGate(), halls: newHalls(opt.Secret), texts: loadTexts(opt.Texts), listener: opt.Listener}
	s.pages = newPages(s.texts, s.assets, cfg)
	s.http = &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      60 * time.Second, // a slow phone fetches 200 kB; calls leave the server's hands
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          stdlog.New(io.Discard, "", 0), // its lines hold addresses
	}
	return s
}

// Handler answers every request. Run serves it.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /r/{name}", s.showCall)
	mux.HandleFunc("POST /r/{name}/look", s.look)
	mux.HandleFunc("POST /r/{name}/join", s.join)
	mux.HandleFunc("POST /r/{name}/wait", s.await)
	mux.HandleFunc("POST /r/{name}/act", s.act)
	mux.HandleFunc("GET /dist/{file}", s.assets.serve)
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /{$}", here)
	s.booths(mux)
	s.boards(mux)
	signalling := s.signalling(s.opt.Media.Handler())
	mux.Handle("/rtc", signalling)
	mux.Handle("/rtc/", signalling)
	foreign := http.NewCrossOriginProtection()
	foreign.AddInsecureBypassPattern("POST /v/{poll}/ballot") // a ballot proves whose it is
	return s.guard(foreign.Handler(mux))
}

// Listen opens the port and returns its address. Run does it where nobody did.
func (s *Server) Listen() (net.Addr, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		l, err := net.Listen("tcp", s.cfg.Listen)
		if err != nil {
			return nil, fmt.Errorf("web.listen: opening %s: %w (is another program there?)", s.cfg.Listen, err)
		}
		s.listener = l
	}
	return s.listener.Addr(), nil
}

// Run serves until ctx ends, then lets running answers finish for up to 10 s.
func (s *Server) Run(ctx context.Context) error {
	if _, err := s.Listen(); err != nil {
		return err
	}
	var doors sync.WaitGroup
	defer doors.Wait()
	watching, leave := context.WithCancel(ctx)
	defer leave()
	doors.Go(func() { s.watchDoors(watching) })
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- s.http.Shutdown(late)
	})
	err := s.http.Serve(s.listener)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving web pages: %w", err)
	}
	if err := <-stopped; err != nil {
		return fmt.Errorf("stopping the web server: %w", err)
	}
	return nil
}

// health says whether the program does its work, for whoever watches it.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	if s.opt.Ready != nil && !s.opt.Ready() {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	fmt.Fprintln(w, "ok")
}

// here is what the client of calls asks for when its browser has a network again: it tries at once if there is an answer.
func here(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// headers stand on every answer. The policy names each kind of thing that the pages load;
// cameras need secure pages and no permission of ours beyond the page's own.
var headers = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"worker-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
		"require-trusted-types-for 'script'; trusted-types worker",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Embedder-Policy": "require-corp",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy": "camera=(self), microphone=(self), screen-wake-lock=(self), autoplay=(self), " +
		"display-capture=(self), geolocation=(), usb=(), serial=(), payment=()",
	"Referrer-Policy":        "no-referrer",
	"X-Content-Type-Options": "nosniff",
	"Cache-Control":          "no-store",
}

// guard sets the headers and turns a panic into one line and one answer, without the address.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range headers {
			w.Header().Set(name, value)
		}
		if s.cfg.endsTLS() {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		defer func() {
			problem := recover()
			if problem == nil {
				return
			}
			if problem == http.ErrAbortHandler {
				panic(problem)
			}
			s.log.Error().Interface("panic", problem).Stack().Msg("Answering a request broke off")
			http.Error(w, "internal error", http.StatusInternalServerError)
		}()
		next.ServeHTTP(w, r)
	})
}
