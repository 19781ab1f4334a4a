package main

import (
	"fmt"
	"net"

	"stimmbote/media/front"
)

// secured opens a port with TLS for the pages and the relay. Without a certificate there is none, and both are nil.
func secured(address, cert, key string) (pages, relay net.Listener, err error) {
	if cert == "" {
		return nil, nil, nil
	}
	config, err := front.Files(cert, key)
	if err != nil {
		return nil, nil, err
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, nil, fmt.Errorf("opening %s: %w (is another program there?)", address, err)
	}
	port := front.Listen(l, config)
	return port.Pages(), port.Relay(), nil
}
