// Package front lets pages and the relay share one port with TLS, usually 443, which is often all that a network lets through.
//
// It guarantees that who says nothing, or nothing that makes sense, is gone within seconds, that there are never more than
// so many of them, fewer still from one address, and that all has ended when the port is closed. What comes is told apart after the TLS handshake by its
// first byte: STUN and TURN begin with one below 4 (RFC 7983), requests of HTTP with a letter. It knows no more of either.
package front

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"stimmbote/media/bounded"
)

const (
	patience = 10 * time.Second       // for the handshake and the first byte
	most     = 1024                   // connections that have not said yet what they want
	mostOf   = 256                    // of these from one address, behind which a whole house may be
	waiting  = 64                     // that nobody has accepted yet, of each kind
	again    = 100 * time.Millisecond // after which the next is accepted, if one could not be
	stun     = 4                      // first bytes below it are of STUN and TURN
)

// spoken are the protocols that clients can ask for. HTTP/2 is none: WebSockets want HTTP/1.1.
var spoken = []string{"http/1.1", "stun.turn"}

// Port is a port that has been divided.
type Port struct {
	raw    net.Listener
	config *tls.Config
	pages  *side
	relay  *side
	open   context.Context
	shut   context.CancelFunc
	work   sync.WaitGroup
	places chan struct{}
	from   *bounded.Crowd
}

// Listen divides a listener, and closes it when the side of the pages is closed.
func Listen(l net.Listener, config *tls.Config) *Port {
	p := &Port{raw: l, config: config.Clone(), pages: newSide(l.Addr()), relay: newSide(l.Addr()), places: make(chan struct{}, most), from: bounded.NewCrowd(mostOf)}
	p.open, p.shut = context.WithCancel(context.Background())
	p.config.NextProtos = slices.DeleteFunc(append(slices.Clone(spoken), config.NextProtos...), func(name string) bool { return name == "h2" })
	p.pages.then = p.close
	p.work.Go(p.accept)
	return p
}

// Pages is where requests of HTTP come. Closing it closes the port.
func (p *Port) Pages() net.Listener { return p.pages }

// Relay is where connections of TURN come. After it is closed they are refused.
func (p *Port) Relay() net.Listener { return p.relay }

// close ends everything that has not been handed on, and waits for it.
func (p *Port) close() error {
	p.shut()
	err := p.raw.Close()
	_ = p.relay.Close()
	p.work.Wait()
	return err
}

func (p *Port) accept() {
	for {
		c, err := p.raw.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // too many files are open, or the client is gone again
			select {
			case <-time.After(again):
			case <-p.open.Done():
				return
			}
			continue
		}
		host := bounded.HostOf(c.RemoteAddr())
		if !p.from.Enter(host) {
			_ = c.Close()
			continue
		}
		select {
		case p.places <- struct{}{}:
			p.work.Go(func() {
				p.divide(c)
				p.from.Leave(host)
				<-p.places
			})
		default:
			p.from.Leave(host)
			_ = c.Close()
		}
	}
}

// divide hands a connection on by what it begins with.
func (p *Port) divide(raw net.Conn) {
	ctx, cancel := context.WithTimeout(p.open, patience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	c := &begun{Conn: tls.Server(raw, p.config)}
	n, err := c.Conn.Read(c.first[:])
	if !stop() || err != nil || n == 0 {
		_ = raw.Close()
		return
	}
	if c.first[0] < stun {
		p.relay.hand(c)
		return
	}
	p.pages.hand(c)
}

// begun is a connection whose first byte has been read.
type begun struct {
	net.Conn
	first [1]byte
	given bool
}

// Read gives the first byte, and then what follows.
func (c *begun) Read(b []byte) (int, error) {
	if c.given || len(b) == 0 {
		return c.Conn.Read(b)
	}
	c.given = true
	return copy(b, c.first[:]), nil
}
