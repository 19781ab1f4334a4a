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
	config, cert, err := certified(cfg, dir, log)
	if err != nil || config == nil {
		return nil, nil, nil, err
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("opening %s: %w (is another program there?)", cfg.Listen, err)
	}
	port := front.Listen(l, config)
	return port.Pages(), port.Relay(), cert, nil
}

// certified is how the pages prove who they are: nil where something in front of them does.
func certified(cfg web.Config, dir string, log zerolog.Logger) (config *tls.Config, cert *issued, err error) {
	switch {
	case cfg.ACME != "":
		if cert, err = newIssued(cfg, dir, log); err != nil {
			return nil, nil, err
		}
		return cert.config(), cert, nil
	case cfg.Cert != "":
		config, err = front.Files(cfg.Cert, cfg.CertKey)
		return config, nil, err
	}
	return nil, nil, nil
}
