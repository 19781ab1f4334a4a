package relay

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/transport/v5/test"
	"github.com/pion/turn/v5"
)

// quiet is a pion logger that says nothing.
func quiet() logging.LoggerFactory {
	return &logging.DefaultLoggerFactory{Writer: &bytes.Buffer{}, DefaultLogLevel: logging.LogLevelDisabled}
}

// ports gives two with the same number.
func ports(t *testing.T, host string) (net.PacketConn, net.Listener) {
	t.Helper()
	for tries := 1; ; tries++ {
		udp, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
		if err != nil {
			t.Fatal(err)
		}
		tcp, err := net.Listen("tcp", udp.LocalAddr().String())
		if err == nil {
			return udp, tcp
		}
		if _ = udp.Close(); tries == 100 {
			t.Fatal(err)
		}
	}
}

func start(t *testing.T) (s *Server, address string) {
	t.Helper()
	return startOn(t, "127.0.0.1")
}

func startOn(t *testing.T, host string) (s *Server, address string) {
	t.Helper()
	leaks := test.CheckRoutines(t)
	udp, tcp := ports(t, host)
	var err error
	if s, err = New(quiet(), udp, tcp); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		_ = s.Line().Close()
		leaks()
	})
	return s, udp.LocalAddr().String()
}

// client uses the server under a name.
func client(t *testing.T, address, name, secret string) *turn.Client {
	t.Helper()
	return clientOf(t, turn.RequestedAddressFamilyIPv4, address, name, secret)
}

// clientOf is client for one that asks for a relayed address of a family.
func clientOf(t *testing.T, family turn.RequestedAddressFamily, address, name, secret string) *turn.Client {
	t.Helper()
	host, _, _ := net.SplitHostPort(address)
	udp, err := net.ListenPacket("udp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := turn.NewClient(&turn.ClientConfig{
		Conn: udp, TURNServerAddr: address, Username: name, Password: secret, Realm: realm, LoggerFactory: quiet(), RTO: 100 * time.Millisecond,
		RequestedAddressFamily: family,
	})
	if err == nil {
		err = c.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		_ = udp.Close()
	})
	return c
}

// relayed asks for a relayed address.
func relayed(t *testing.T, c *turn.Client) net.PacketConn {
	t.Helper()
	conn, err := c.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

var here = net.UDPAddrFromAddrPort(netip.AddrPortFrom(Address, port))

// comes waits for a packet and says from where it has come.
func comes(t *testing.T, c net.PacketConn, want string) net.Addr {
	t.Helper()
	b := make([]byte, mtu)
	n, from, err := c.ReadFrom(b)
	if err != nil || string(b[:n]) != want {
		t.Fatalf("got %q, %v, want %q", b[:n], err, want)
	}
	return from
}

func TestThereAndBack(t *testing.T) {
	s, address := start(t)
	conn := relayed(t, client(t, address, "anna", s.Admit("anna")))
	if _, err := conn.WriteTo([]byte("there"), here); err != nil {
		t.Fatal(err)
	}
	from := comes(t, s.Line(), "there")
	if from.String() != conn.LocalAddr().String() || !strings.HasPrefix(from.String(), Address.String()+":") {
		t.Errorf("came from %v, client is %v", from, conn.LocalAddr())
	}
	if _, err := s.Line().WriteTo([]byte("and back"), from); err != nil {
		t.Fatal(err)
	}
	if from := comes(t, conn, "and back"); from.String() != here.String() {
		t.Errorf("came from %v", from)
	}
}

// Who has IPv6 alone gets a relayed address of IPv4 all the same, and reaches the meeting server; one of IPv6 is refused at
// once, without a second try.
func TestRelaysFromIPv6(t *testing.T) {
	s, address := startOn(t, "::1")
	conn := relayed(t, client(t, address, "anna", s.Admit("anna")))
	if _, err := conn.WriteTo([]byte("there"), here); err != nil {
		t.Fatal(err)
	}
	if from := comes(t, s.Line(), "there"); from.String() != conn.LocalAddr().String() {
		t.Errorf("came from %v, client is %v", from, conn.LocalAddr())
	}
	_, err := clientOf(t, turn.RequestedAddressFamilyIPv6, address, "bernd", s.Admit("bernd")).Allocate()
	if err == nil || !strings.Contains(err.Error(), "508") {
		t.Errorf("an address of IPv6 is not refused: %v", err)
	}
}

// Who has no secret of today's gets nothing.
func TestStrangers(t *testing.T) {
	s, address := start(t)
	secret := s.Admit("anna")
	s.Admit("bernd")
	for name, c := range map[string][2]string{"another's": {"bernd", secret}, "wrong": {"anna", secret + "x"}, "unknown": {"eve", secret}, "empty": {"anna", ""}} {
		if conn, err := client(t, address, c[0], c[1]).Allocate(); err == nil {
			t.Errorf("%s: got %v", name, conn.LocalAddr())
		}
	}
	if n := len(s.line.pipes); n != 0 {
		t.Errorf("%d relayed addresses", n)
	}
}

// Through the relay nothing is reached but the meeting server: no service of the machine, no private address, no other
// port, and no other client.
func TestLeadsNowhereElse(t *testing.T) {
	s, address := start(t)
	service, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	anna := relayed(t, client(t, address, "anna", s.Admit("anna")))
	bernd := relayed(t, client(t, address, "bernd", s.Admit("bernd")))
	for _, to := range []string{service.LocalAddr().String(), address, "192.168.1.1:53", "10.0.0.1:22", "169.254.169.254:80", "0.0.0.0:80", "8.8.8.8:53", "192.0.0.9:3478"} {
		a, err := net.ResolveUDPAddr("udp", to)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := anna.WriteTo([]byte("out"), a); err == nil {
			t.Errorf("may send to %s", to)
		}
	}
	elsewhere := *here
	elsewhere.Port++
	for _, to := range []net.Addr{&elsewhere, bernd.LocalAddr(), here} {
		if _, err := anna.WriteTo([]byte(to.String()), to); err != nil {
			t.Fatal(err)
		}
	}
	comes(t, s.Line(), here.String()) // the others went nowhere
	_ = service.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	if n, _, err := service.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("a service got %d bytes", n)
	}
	// What the meeting server sends to addresses of nobody is gone.
	for _, to := range []string{"127.0.0.1:9", "192.0.0.8:1"} {
		if _, err := s.Line().WriteToAddrPort([]byte("x"), netip.MustParseAddrPort(to)); err != nil {
			t.Error(err)
		}
	}
}

// One guest gets so many addresses and no more, and others still get theirs.
func TestFloodOfAllocations(t *testing.T) {
	s, address := start(t)
	secret := s.Admit("eve")
	got := 0
	for range each + 5 {
		if conn, err := client(t, address, "eve", secret).Allocate(); err == nil {
			got++
			t.Cleanup(func() { _ = conn.Close() })
		}
	}
	if got != each {
		t.Errorf("got %d addresses, want %d", got, each)
	}
	relayed(t, client(t, address, "anna", s.Admit("anna")))
}

// Who is dismissed is out at once, with what they had.
func TestDismissed(t *testing.T) {
	s, address := start(t)
	secret := s.Admit("anna")
	conn := relayed(t, client(t, address, "anna", secret))
	s.Dismiss("anna")
	s.Dismiss("nobody")
	if len(s.line.pipes) != 0 {
		t.Error("the relayed address is still there")
	}
	if _, err := client(t, address, "anna", secret).Allocate(); err == nil {
		t.Error("the secret is still good")
	}
	_ = conn.Close()
}

// What waits for one who does not read is bounded, and late for nobody else.
func TestQueuesAreBounded(t *testing.T) {
	l := newLine()
	p := newPipe(l, func(*pipe) {})
	p.port = first
	if !l.add(p) || l.add(newPipeAt(l, first)) {
		t.Fatal("an address was given twice")
	}
	to := netip.AddrPortFrom(Address, first)
	for i := range 2 * leaving {
		if _, err := l.WriteToAddrPort(fmt.Append(nil, i), to); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.out) != leaving {
		t.Errorf("%d wait", len(p.out))
	}
	if _, err := l.WriteToAddrPort(make([]byte, mtu+1), to); err != nil || len(p.out) != leaving {
		t.Errorf("too long a packet: %v", err)
	}
	comes(t, p, "0")
	_ = p.Close()
	for range leaving {
		if _, _, err := p.ReadFrom(nil); err != nil {
			return
		}
	}
	t.Error("a closed one still waits")
}

func newPipeAt(l *Line, port uint16) *pipe {
	p := newPipe(l, func(*pipe) {})
	p.port = port
	return p
}
