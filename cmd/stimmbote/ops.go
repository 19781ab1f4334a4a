package main

import (
	"fmt"
	"net"
	"net/netip"
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
