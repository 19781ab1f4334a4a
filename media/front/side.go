package front

import (
	"net"
	"sync"
)

// side is a net.Listener for one kind of connections.
type side struct {
	addr net.Addr
	then func() error // what Close does besides; may be nil

	mu   sync.Mutex
	in   chan net.Conn
	shut bool
}

func newSide(addr net.Addr) *side { return &side{addr: addr, in: make(chan net.Conn, waiting)} }

// hand gives a connection to whoever accepts, or ends it if too many wait already.
func (s *side) hand(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut || len(s.in) == cap(s.in) {
		_ = c.Close()
		return
	}
	s.in <- c
}

// Accept waits for the next connection.
func (s *side) Accept() (net.Conn, error) {
	c, ok := <-s.in
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close ends what waits, and refuses what comes.
func (s *side) Close() error {
	if !s.end() || s.then == nil {
		return nil
	}
	return s.then()
}

// end reports whether the side was open.
func (s *side) end() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		return false
	}
	s.shut = true
	close(s.in)
	for c := range s.in {
		_ = c.Close()
	}
	return true
}

// Addr is the port's.
func (s *side) Addr() net.Addr { return s.addr }
