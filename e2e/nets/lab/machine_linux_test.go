package lab

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"
)

var forbidden error

func TestMain(m *testing.M) {
	if forbidden = Enter(); forbidden != nil {
		fmt.Println("machines are not tried here:", forbidden)
	}
	os.Exit(m.Run())
}

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

// port opens UDP on a machine.
func (m *Machine) port(t *testing.T, address string) *net.UDPConn {
	t.Helper()
	var c *net.UDPConn
	if err := m.Run(func() (err error) {
		a, err := net.ResolveUDPAddr("udp", address)
		if err == nil {
			c, err = net.ListenUDP("udp", a)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// get waits a moment for a packet.
func get(c *net.UDPConn) (string, netip.AddrPort) {
	_ = c.SetReadDeadline(time.Now().Add(300 * time.Millisecond))
	b := make([]byte, 2000)
	n, from, _ := c.ReadFromUDPAddrPort(b)
	return string(b[:n]), from
}

// Machines reach each other, by IPv4 and IPv6, and only as firewalls and routers between let them.
func TestMachines(t *testing.T) {
	if forbidden != nil {
		return
	}
	l := New(1)
	defer l.Close()
	server, err := l.Machine(netip.Addr{}, addr("198.51.100.1"), addr("2001:db8::1"))
	if err != nil {
		t.Fatal(err)
	}
	home, err := l.Machine(addr("203.0.113.5"), addr("192.168.1.2"))
	if err != nil {
		t.Fatal(err)
	}
	six, err := l.Machine(netip.Addr{}, addr("2001:db8::2"))
	if err != nil {
		t.Fatal(err)
	}
	at := server.port(t, ":4000")
	to, to6 := netip.MustParseAddrPort("198.51.100.1:4000"), netip.MustParseAddrPort("[2001:db8::1]:4000")

	h, s := home.port(t, "0.0.0.0:0"), six.port(t, "[::]:0")
	if _, err := h.WriteToUDPAddrPort([]byte("from home"), to); err != nil {
		t.Fatal(err)
	}
	said, from := get(at)
	if said != "from home" || from.Addr().Unmap() != addr("203.0.113.5") {
		t.Fatalf("%q from %v", said, from)
	}
	_, _ = at.WriteToUDPAddrPort([]byte("back"), from)
	if said, from := get(h); said != "back" || from.Addr().Unmap() != to.Addr() {
		t.Errorf("%q from %v", said, from)
	}
	if _, err := s.WriteToUDPAddrPort([]byte("six"), to6); err != nil {
		t.Fatal(err)
	}
	if said, from := get(at); said != "six" || from.Addr() != addr("2001:db8::2") {
		t.Errorf("%q from %v", said, from)
	}
	home.Restart()
	_, _ = at.WriteToUDPAddrPort([]byte("late"), from)
	if said, _ := get(h); said != "" {
		t.Errorf("%q through a router that has forgotten", said)
	}
	_, _ = h.WriteToUDPAddrPort([]byte("again"), to)
	if said, other := get(at); said != "again" || other == from {
		t.Errorf("%q from %v", said, other)
	}
	for name, f := range map[string]Firewall{"no UDP": NoUDP, "only 443": Only(443)} {
		home.Guard(f)
		_, _ = h.WriteToUDPAddrPort([]byte(name), to)
		if said, _ := get(at); said != "" {
			t.Errorf("%q came through", said)
		}
	}
	home.Guard(nil)
	home.Cut(true)
	_, _ = h.WriteToUDPAddrPort([]byte("cut"), to)
	if said, _ := get(at); said != "" {
		t.Errorf("%q came through", said)
	}
	if err := six.Move(addr("2001:db8::3")); err != nil {
		t.Fatal(err)
	}
	_, _ = s.WriteToUDPAddrPort([]byte("moved"), to6)
	if said, from := get(at); said != "moved" || from.Addr() != addr("2001:db8::3") {
		t.Errorf("%q from %v", said, from)
	}
}
