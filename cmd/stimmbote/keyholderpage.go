package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"time"

	"stimmbote/web"
)

// mostPage is how many bytes a ballot page may have.
const mostPage = 4 << 20

// fetchPage gets a page, with no cookie and nothing cached.
func fetchPage(ctx context.Context, url string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("asking for a page: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking for a page: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking for a page: %s", answer.Status)
	}
	page, err := io.ReadAll(io.LimitReader(answer.Body, mostPage))
	if err != nil {
		return nil, fmt.Errorf("reading a page: %w", err)
	}
	return page, nil
}

// serveBooth serves the ballot page until ctx ends.
func serveBooth(ctx context.Context, address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("web.listen: opening %s: %w (is another program there?)", address, err)
	}
	server := &http.Server{
		Handler: web.BoothAlone(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 32 << 10, ErrorLog: stdlog.New(io.Discard, "", 0), // its lines hold addresses
	}
	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the ballot page: %w", err)
	}
	return nil
}
