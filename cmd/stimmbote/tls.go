package main

import (
	"crypto/tls"
	"fmt"
	"net"

	"github.com/rs/zerolog"

	"stimmbote/media/front"
	"stimmbote/web"
)

// secured opens a port with TLS for the pages and the relay. Without a certificate there is none, and all are nil; one
// that an authority issues has to be run.
func secured(cfg web.Config, dir string, log zerolog.Logger) (pages, relay net.Listener, cert *issued, err error) {
	var config *tls.Config
	switch {
	case cfg.ACME != "":
		if cert, err = newIssued(cfg, dir, log); err == nil {
			config = cert.config()
		}
	case cfg.Cert != "":
		config, err = front.Files(cfg.Cert, cfg.CertKey)
	default:
		return nil, nil, nil, nil
	}
	if err != nil {
		return nil, nil, nil, err
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("opening %s: %w (is another program there?)", cfg.Listen, err)
	}
	port := front.Listen(l, config)
	return port.Pages(), port.Relay(), cert, nil
}
