package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"stimmbote/media"
	"stimmbote/web"
)

const sfuUsage = `usage: stimmbote sfu --key KEY:SECRET [--key …] [--listen ADDRESS] [--udp ADDRESS] [--tcp ADDRESS]
                     [--turn ADDRESS] [--cert FILE --cert-key FILE] [--ip ADDRESS] [--ops ADDRESS]
                     [--config FILE]
`

// shortSecret is the length below which a secret is worth a warning.
const shortSecret = 32

// keyFlags are KEY:SECRET pairs.
type keyFlags map[string]string

func (k keyFlags) String() string { return "" }

func (k keyFlags) Set(text string) error {
	name, secret, ok := strings.Cut(text, ":")
	if !ok || name == "" || secret == "" {
		return errors.New("has to be KEY:SECRET")
	}
	k[name] = secret
	return nil
}

// sfu is `stimmbote sfu`: meetings without a bot, for whoever comes with a token of one of the keys.
func sfu(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("sfu", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, sfuUsage) }
	keys := keyFlags{}
	flags.Var(keys, "key", "name and secret of who makes tokens")
	listen := flags.String("listen", "127.0.0.1:7880", "where clients connect")
	udp := flags.String("udp", "", "what sound and pictures go through")
	tcp := flags.String("tcp", "", "the same for those who have no UDP")
	turn := flags.String("turn", "", "and for those who need a relay")
	cert := flags.String("cert", "", "certificate, so that clients connect by TLS without a proxy, and to the relay as well")
	certKey := flags.String("cert-key", "", "its key")
	ip := flags.String("ip", "", "address under which others reach this machine")
	watch := flags.String("ops", "", "where programs of this machine ask how this one is")
	path := flags.String("config", "", "a configuration, of which media and log count")
	if err := flags.Parse(args); err != nil {
		return exitUsage
	}
	cfg := defaults()
	cfg.Media.UDP = "127.0.0.1:7882"
	if *path != "" {
		var err error
		if cfg, err = loadConfig(*path, os.Environ(), "media", "log"); err != nil {
			fmt.Fprintf(stderr, "stimmbote: %v\n", err)
			return exitUsage
		}
	}
	if *udp != "" {
		cfg.Media.UDP = *udp
	}
	if *tcp != "" {
		cfg.Media.TCP = *tcp
	}
	if *turn != "" {
		cfg.Media.TURN = *turn
	}
	if *ip != "" {
		cfg.Media.IP = *ip
	}
	cfg.Web.Listen, cfg.Web.Cert, cfg.Web.CertKey = *listen, *cert, *certKey
	problem := errors.Join(cfg.Media.Validate(), opsConfig{Listen: *watch}.validate())
	switch {
	case flags.NArg() > 0:
		problem = fmt.Errorf("sfu takes no %q", flags.Arg(0))
	case (*cert == "") != (*certKey == ""):
		problem = errors.New("--cert and --cert-key need each other")
	case len(keys) == 0:
		problem = errors.New("sfu needs a --key KEY:SECRET; those who make tokens sign with the secret")
	}
	if problem != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n%s", problem, sfuUsage)
		return exitUsage
	}
	for name, secret := range keys {
		if len(secret) < shortSecret {
			fmt.Fprintf(stderr, "stimmbote: the secret of key %q is shorter than %d characters and can be guessed; openssl rand -hex 32 makes a good one\n", name, shortSecret)
		}
	}
	if err := serveMeetings(ctx, cfg, keys, *watch, stderr); err != nil {
		fmt.Fprintf(stderr, "stimmbote: %v\n", err)
		return exitError
	}
	return exitOK
}

// serveMeetings runs until ctx ends.
func serveMeetings(ctx context.Context, cfg config, keys keyFlags, watch string, stderr io.Writer) error {
	beFrugal()
	level, err := zerolog.ParseLevel(cfg.Log.Level)
	if err != nil {
		return err
	}
	log := newLog(stderr, os.Getenv("JOURNAL_STREAM") != "").Level(level)
	port, relay, _, err := secured(web.Config{Listen: cfg.Web.Listen, Cert: cfg.Web.Cert, CertKey: cfg.Web.CertKey}, "", log)
	if err != nil {
		return fmt.Errorf("--listen, --cert: %w", err)
	}
	if port != nil {
		defer port.Close()
	}
	server, err := media.New(cfg.Media, media.Options{Secret: []byte(rand.Text()), Keys: keys, Secure: relay}, part(log, "media"))
	if err != nil {
		return err
	}
	parts, ctx := errgroup.WithContext(ctx)
	parts.Go(func() error { return server.Run(ctx) })
	if port == nil {
		port, err = opened("--listen", cfg.Web.Listen)
	}
	if err != nil {
		return stopped(parts, err)
	}
	answering(ctx, parts, port, server.Handler())
	if watch != "" {
		l, err := opened("--ops", watch)
		if err != nil {
			return stopped(parts, err)
		}
		answering(ctx, parts, l, sfuOps(server))
	}
	fmt.Fprintln(stderr, "ready")
	return parts.Wait()
}

// stopped ends what has been started when something else could not be.
func stopped(parts *errgroup.Group, err error) error {
	parts.Go(func() error { return err })
	return parts.Wait()
}

// opened is a port of an option.
func opened(option, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("opening %s %s: %w (is another program there?)", option, address, err)
	}
	return l, nil
}

// answering answers at a port until ctx ends.
func answering(ctx context.Context, parts *errgroup.Group, l net.Listener, h http.Handler) {
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ErrorLog: stdlog.New(io.Discard, "", 0)}
	parts.Go(func() error {
		defer context.AfterFunc(ctx, func() { _ = s.Close() })()
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("answering at %s: %w", l.Addr(), err)
		}
		return nil
	})
}

// sfuOps tells how the server is, without names and addresses.
func sfuOps(s *media.Server) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		in, out := s.Packets()
		rooms, people := s.Count()
		ways := s.Ways()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		for _, m := range []struct {
			name, kind, help string
			value            uint64
		}{
			{"stimmbote_media_packets_received_total", "counter", "Media packets that came in.", in},
			{"stimmbote_media_packets_sent_total", "counter", "Media packets that went out.", out},
			{"stimmbote_media_joins_udp_total", "counter", "Joins whose media came by UDP.", ways.UDP},
			{"stimmbote_media_joins_tcp_total", "counter", "Joins whose media came by TCP.", ways.TCP},
			{"stimmbote_media_joins_turn_total", "counter", "Joins whose media came through the relay.", ways.TURN},
			{"stimmbote_media_joins_none_total", "counter", "Joins where nothing got through.", ways.None},
			{"stimmbote_media_rooms", "gauge", "Rooms that are open.", uint64(rooms)},
			{"stimmbote_media_people", "gauge", "People in all rooms.", uint64(people)},
		} {
			fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n%s %d\n", m.name, m.help, m.name, m.kind, m.name, m.value)
		}
	})
	return mux
}
