// Package bounded keeps TCP connections of strangers from costing much.
//
// It guarantees that there are never more than so many at once, nor from one address, that one on which nothing comes, or
// which takes nothing, ends by itself, and that all have ended when the listener is closed. It knows nothing of what is said on them.
package bounded

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

const (
	most     = 4096             // connections at once
	mostOf   = 256              // and of one address: a whole meeting may sit behind it, each with some connections
	idle     = time.Minute      // without a byte from the other side: clients check every few seconds
	stuck    = 10 * time.Second // without the other side taking what is sent
	sendings = 256 << 10        // bytes that the kernel keeps to be sent: what waits longer is of no use
)

// Listener is a net.Listener whose connections are bounded.
type Listener struct {
	net.Listener
	mu     sync.Mutex
	open   map[*conn]struct{}
	from   *Crowd
	closed bool
}

// Listen bounds the connections of a listener.
func Listen(l net.Listener) *Listener {
	return &Listener{Listener: l, open: map[*conn]struct{}{}, from: NewCrowd(mostOf)}
}

// Accept waits for the next connection that there is room for.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if kept := l.keep(c); kept != nil {
			return kept, nil
		}
		_ = c.Close()
	}
}

func (l *Listener) keep(c net.Conn) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	host := HostOf(c.RemoteAddr())
	if l.closed || len(l.open) >= most || !l.from.Enter(host) {
		return nil
	}
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendings)
	}
	kept := &conn{Conn: c, of: l, host: host}
	l.open[kept] = struct{}{}
	return kept
}

// Close ends the listener and all its connections.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for c := range l.open {
		_ = c.Conn.Close()
	}
	return err
}

// Len is how many connections there are.
func (l *Listener) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// conn is a connection that ends when nothing moves on it.
type conn struct {
	net.Conn
	of    *Listener
	host  netip.Prefix
	until atomic.Pointer[time.Time] // deadline for reading that is stricter, if there is one
}

// SetReadDeadline sets a deadline beside the one that there always is.
func (c *conn) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		c.until.Store(nil)
		return nil
	}
	c.until.Store(&t)
	return c.Conn.SetReadDeadline(t)
}

func (c *conn) Read(b []byte) (int, error) {
	end := time.Now().Add(idle)
	if until := c.until.Load(); until != nil && until.Before(end) {
		end = *until
	}
	if err := c.Conn.SetReadDeadline(end); err != nil {
		return 0, err
	}
	return c.Conn.Read(b)
}

// Write ends the connection if it does not get all through: what came after a part would make no sense.
func (c *conn) Write(b []byte) (int, error) {
	if err := c.Conn.SetWriteDeadline(time.Now().Add(stuck)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Write(b)
	if err != nil {
		_ = c.Close()
	}
	return n, err
}

func (c *conn) Close() error {
	c.of.mu.Lock()
	if _, is := c.of.open[c]; is {
		delete(c.of.open, c)
		c.of.from.Leave(c.host)
	}
	c.of.mu.Unlock()
	return c.Conn.Close()
}
