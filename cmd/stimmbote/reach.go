package main

import (
	"context"
	"net"
	"slices"
	"strings"
	"time"

	"stimmbote/web"
)

// looksUp is how long a name is looked up.
const looksUp = 10 * time.Second

// wayOfProxy is the answer that a proxy has the certificate.
const wayOfProxy = "proxy"

// certificate asks where the pages get their certificate from, if there are any.
func (d *dialog) certificate(a *answers) error {
	for d.live && a.public != "" && a.certificate == "" {
		typed, err := d.ask("setup.ask.certificate", "2")
		if err != nil {
			return err
		}
		switch typed {
		case "1":
			a.certificate = letsEncrypt
		case "2":
			a.certificate = wayOfProxy
		}
	}
	if a.certificate == "" {
		a.certificate = wayOfProxy
	}
	if c := a.pages(); c.Validate() != nil {
		return missing("--public-url, --certificate proxy|letsencrypt")
	}
	return nil
}

// pages is the section "web" that the answers give.
func (a *answers) pages() web.Config {
	c := defaults().Web
	c.PublicURL = a.public
	if a.public != "" && a.certificate != wayOfProxy {
		c.ACME, c.Listen = a.certificate, ":443"
	}
	return c
}

// reach says whether the name of the pages leads to this machine, which ports have to be open to it, and what a proxy
// needs. Nothing of that keeps the configuration from being written: names take their time.
func (d *dialog) reach(ctx context.Context, a *answers) {
	c := a.pages()
	if c.Host() == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, looksUp)
	defer cancel()
	leads, err := d.lookup(ctx, c.Host())
	own, _ := net.InterfaceAddrs() // without them the name leads elsewhere
	switch {
	case err != nil || len(leads) == 0:
		d.say("setup.dns.none", "name", c.Host())
	case slices.ContainsFunc(leads, func(address string) bool { return isOwn(own, address) }):
		d.say("setup.dns.here", "name", c.Host())
	default:
		d.say("setup.dns.elsewhere", "name", c.Host(), "addresses", strings.Join(leads, ", "))
	}
	_, udp, _ := net.SplitHostPort(defaults().Media.UDP) // the default is one
	if a.certificate == wayOfProxy {
		d.say(a.key("setup.ports.proxy"), "udp", udp, "name", c.Host(), "listen", c.Listen)
		return
	}
	d.say(a.key("setup.ports.own"), "udp", udp)
}

// isOwn says whether an address is one of this machine's.
func isOwn(own []net.Addr, address string) bool {
	ip := net.ParseIP(address)
	return slices.ContainsFunc(own, func(a net.Addr) bool {
		n, is := a.(*net.IPNet)
		return is && n.IP.Equal(ip)
	})
}
