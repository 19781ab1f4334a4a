// Package relay is a TURN server, RFC 8656, that leads to one place: the meeting server that it is part of.
//
// It guarantees that nothing else can be reached through it, because there is nothing to reach it with: a relayed address
// is a number in a table and no port of the machine, and packets go from hand to hand inside of the program. Addresses in
// it are of one that no network has, 192.0.0.8 (RFC 7600). Who may use it is admitted by name and secret, and is out with
// all that they have when dismissed. It keeps nothing on disk and logs nothing.
package relay

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

// Address is the meeting server's as relayed clients have it, and that of relayed clients as it has them, with a port each.
var Address = netip.MustParseAddr("192.0.0.8")

const (
	realm    = "stimmbote"
	port     = 3478 // of the meeting server; browsers want one above 1023
	first    = 4096 // port that a client may get
	each     = 16   // relayed addresses of one guest: browsers want one for every interface and way
	lifetime = 10 * time.Minute
)

var (
	errElsewhere = errors.New("only UDP over IPv4 is relayed")
	errFull      = errors.New("no relayed address is left")
	errStranger  = errors.New("nobody of this name is admitted")
)

// Server is the TURN server.
type Server struct {
	turn *turn.Server
	line *Line

	mu     sync.Mutex
	guests map[string]*guest
	next   uint16
}

// guest is somebody who may use the server.
type guest struct {
	key   []byte
	pipes map[*pipe]struct{}
}

// New serves on a UDP port, if it is not nil, and on listeners of TCP or TLS until Close, which closes all.
func New(log logging.LoggerFactory, udp net.PacketConn, tcp ...net.Listener) (*Server, error) {
	s := &Server{guests: map[string]*guest{}, line: newLine(), next: first}
	c := turn.ServerConfig{
		Realm: realm, LoggerFactory: log, AllocationLifetime: lifetime, StrictAddressFamily: true,
		AuthHandler: s.auth, QuotaHandler: s.mayHaveMore,
	}
	if udp != nil {
		c.PacketConnConfigs = []turn.PacketConnConfig{{PacketConn: udp, RelayAddressGenerator: s, PermissionHandler: onlyHere}}
	}
	for _, l := range tcp {
		c.ListenerConfigs = append(c.ListenerConfigs, turn.ListenerConfig{Listener: l, RelayAddressGenerator: s, PermissionHandler: onlyHere})
	}
	var err error
	s.turn, err = turn.NewServer(c)
	if err != nil {
		return nil, fmt.Errorf("starting TURN: %w", err)
	}
	return s, nil
}

// Line is where the meeting server receives from relayed clients, and sends to them. Close does not close it.
func (s *Server) Line() *Line { return s.line }

// Close ends everything but the line.
func (s *Server) Close() error {
	s.mu.Lock()
	names := slices.Collect(maps.Keys(s.guests))
	s.mu.Unlock()
	for _, name := range names {
		s.Dismiss(name)
	}
	return s.turn.Close()
}

// Admit lets somebody use the server, with the secret that it returns, until they are dismissed.
func (s *Server) Admit(name string) (secret string) {
	secret = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guests[name] = &guest{key: turn.GenerateAuthKey(name, realm, secret), pipes: map[*pipe]struct{}{}}
	return secret
}

// Dismiss takes from somebody what they have.
func (s *Server) Dismiss(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.guests[name]; g != nil {
		for p := range g.pipes {
			p.shut()
		}
	}
	delete(s.guests, name)
}

func (s *Server) auth(a *turn.RequestAttributes) (name string, key []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guests[a.Username]
	if g == nil {
		return "", nil, false
	}
	return a.Username, g.key, true
}

func (s *Server) mayHaveMore(name, _ string, _ net.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guests[name]
	return g != nil && len(g.pipes) < each
}

// onlyHere lets clients send to the meeting server alone.
func onlyHere(_ net.Addr, peer net.IP) bool {
	ip, ok := netip.AddrFromSlice(peer)
	return ok && ip.Unmap() == Address
}

// Validate says that the server can give relayed addresses.
func (s *Server) Validate() error { return nil }

// AllocatePacketConn gives a relayed address.
func (s *Server) AllocatePacketConn(c turn.AllocateListenerConfig) (net.PacketConn, net.Addr, error) {
	if c.Network != "udp4" {
		return nil, nil, errElsewhere
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.guests[c.UserID]
	if g == nil || len(g.pipes) >= each {
		return nil, nil, errStranger
	}
	p := newPipe(s.line, func(p *pipe) {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(g.pipes, p)
	})
	for range 1<<16 - first {
		p.port = s.next
		if s.next++; s.next < first {
			s.next = first
		}
		if s.line.add(p) {
			g.pipes[p] = struct{}{}
			return p, p.LocalAddr(), nil
		}
	}
	return nil, nil, errFull
}

// AllocateListener refuses: TCP is not relayed.
func (s *Server) AllocateListener(turn.AllocateListenerConfig) (net.Listener, net.Addr, error) {
	return nil, nil, errElsewhere
}

// AllocateConn refuses: TCP is not relayed.
func (s *Server) AllocateConn(turn.AllocateConnConfig) (net.Conn, error) { return nil, errElsewhere }
