package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/sync/errgroup"

	"stimmbote/web"
)

// booths is where the ballot page is served.
type booths struct {
	listener net.Listener
	cert     *issued // nil: nobody has to be asked for one
}

// openBooth opens the port of the ballot page, with TLS where the configuration says so.
func openBooth(cfg web.Config, dir string, log zerolog.Logger) (booths, error) {
	config, cert, err := certified(cfg, dir, log)
	if err != nil {
		return booths{}, fmt.Errorf("web: %w", err)
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return booths{}, fmt.Errorf("web.listen: opening %s: %w (is another program there?)", cfg.Listen, err)
	}
	if config != nil {
		config.NextProtos = append(config.NextProtos, "http/1.1")
		listener = tls.NewListener(listener, config)
	}
	return booths{listener, cert}, nil
}

// Run serves the page until ctx ends.
func (b booths) Run(ctx context.Context) error {
	server := &http.Server{
		Handler: web.BoothAlone(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: stdlog.New(io.Discard, "", 0), // its lines hold addresses
	}
	all, ctx := errgroup.WithContext(ctx)
	if b.cert != nil {
		all.Go(func() error { return b.cert.Run(ctx) })
	}
	all.Go(func() error {
		defer context.AfterFunc(ctx, func() { server.Close() })()
		if err := server.Serve(b.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serving the ballot page: %w", err)
		}
		return nil
	})
	return all.Wait()
}
