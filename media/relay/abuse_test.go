package relay

import (
	"net"
	"slices"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"
)

// Requests of strangers without number leave nothing behind, by UDP or TCP, and keep nobody out.
func TestFloodOfStrangers(t *testing.T) {
	s, address := start(t)
	udp, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	realm := stun.NewRealm(realm)
	for i := range 2000 {
		request := stun.MustBuild(
			stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}},
			stun.NewUsername("eve"), realm, stun.NewNonce("00"), stun.NewLongTermIntegrity("eve", realm.String(), "guessed"),
		)
		if _, err := udp.Write(request.Raw); err != nil {
			t.Fatal(err)
		}
		if i%50 == 0 {
			tcp, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			_, _ = tcp.Write(request.Raw)
			_ = tcp.Close()
		}
	}
	relayed(t, client(t, address, "anna", s.Admit("anna")))
	if n := s.turn.AllocationCount(); n != 1 {
		t.Errorf("%d relayed addresses, want anna's", n)
	}
}

// Who is admitted gets no address of another kind: none of IPv6, whose peers would be others, and no TCP.
func TestOnlyOneKindOfAddress(t *testing.T) {
	s, address := start(t)
	secret := s.Admit("anna")
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	six, err := turn.NewClient(&turn.ClientConfig{
		Conn: c, TURNServerAddr: address, Username: "anna", Password: secret, Realm: realm, LoggerFactory: quiet(), RTO: 100 * time.Millisecond,
		RequestedAddressFamily: turn.RequestedAddressFamilyIPv6,
	})
	if err == nil {
		err = six.Listen()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer six.Close()
	if conn, err := six.Allocate(); err == nil {
		t.Errorf("got %v", conn.LocalAddr())
	}
	if l, err := client(t, address, "anna", secret).AllocateTCP(); err == nil {
		t.Errorf("got %v", l.Addr())
	}
	if n := len(s.line.pipes); n != 0 {
		t.Errorf("%d relayed addresses", n)
	}
}

// byHand is a client that asks for whatever it is told to, as a program like ours does not.
type byHand struct {
	t    *testing.T
	conn net.Conn
	who  []stun.Setter // name and secret, with what the server has said
}

func handmade(t *testing.T, address, name, secret string) *byHand {
	t.Helper()
	conn, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	c := &byHand{t: t, conn: conn}
	var nonce stun.Nonce
	if err := nonce.GetFrom(c.asks(stun.MethodAllocate)); err != nil {
		t.Fatal(err)
	}
	c.who = []stun.Setter{stun.NewUsername(name), stun.NewRealm(realm), nonce, stun.NewLongTermIntegrity(name, realm, secret)}
	return c
}

// asks waits for the answer.
func (c *byHand) asks(method stun.Method, what ...stun.Setter) *stun.Message {
	c.t.Helper()
	m, err := stun.Build(slices.Concat([]stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest)}, what, c.who)...)
	if err == nil {
		_, err = c.conn.Write(m.Raw)
	}
	answer := &stun.Message{Raw: make([]byte, mtu)}
	_ = c.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	if err == nil {
		_, err = answer.ReadFrom(c.conn)
	}
	if err != nil || answer.TransactionID != m.TransactionID {
		c.t.Fatalf("%v: %v, %v", m.Type, answer, err)
	}
	return answer
}

// channel asks for one to a peer, and says whether it was given.
func (c *byHand) channel(number uint16, to *net.UDPAddr) bool {
	c.t.Helper()
	answer := c.asks(stun.MethodChannelBind,
		stun.RawAttribute{Type: stun.AttrChannelNumber, Value: []byte{byte(number >> 8), byte(number), 0, 0}}, peer{to})
	return answer.Type.Class == stun.ClassSuccessResponse
}

// peer is a peer's address in a request.
type peer struct{ *net.UDPAddr }

func (p peer) AddTo(m *stun.Message) error {
	return stun.XORMappedAddress{IP: p.IP, Port: p.Port}.AddToAs(m, stun.AttrXORPeerAddress)
}

// sends puts data on a channel.
func (c *byHand) sends(number uint16, data string) {
	c.t.Helper()
	if _, err := c.conn.Write(append([]byte{byte(number >> 8), byte(number), 0, byte(len(data))}, data...)); err != nil {
		c.t.Fatal(err)
	}
}

// Nor do channels lead anywhere else, which are a second way to name a peer: each that is bound to anything but the meeting
// server is refused, and what is put on it all the same arrives nowhere.
func TestChannelsLeadNowhereElse(t *testing.T) {
	s, address := start(t)
	service, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	c := handmade(t, address, "anna", s.Admit("anna"))
	byUDP := stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}
	if answer := c.asks(stun.MethodAllocate, byUDP); answer.Type.Class != stun.ClassSuccessResponse {
		t.Fatalf("no relayed address: %v", answer)
	}
	data := stun.RawAttribute{Type: stun.AttrData, Value: []byte("out")}
	number := uint16(0x4000)
	for _, to := range []string{
		service.LocalAddr().String(), address, "192.168.1.1:53", "10.0.0.1:22", "172.16.0.1:80", "169.254.169.254:80", "0.0.0.0:80",
		"8.8.8.8:53", "192.0.0.9:3478", "[::1]:53", "[fd00::1]:80", "[::ffff:10.0.0.1]:80",
	} {
		a, err := net.ResolveUDPAddr("udp", to)
		if err != nil {
			t.Fatal(err)
		}
		if number++; c.channel(number, a) {
			t.Errorf("a channel leads to %s", to)
		}
		c.sends(number, "out")
		indication, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodSend, stun.ClassIndication), peer{a}, data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.conn.Write(indication.Raw); err != nil {
			t.Fatal(err)
		}
	}
	elsewhere := *here
	elsewhere.Port++
	if !c.channel(0x4100, here) || !c.channel(0x4101, &elsewhere) {
		t.Error("no channel to the meeting server's address")
	}
	c.sends(0x4101, "to another port") // of it, where nobody is
	c.sends(0x4100, "in")
	comes(t, s.Line(), "in") // what was put on the others before went nowhere
	_ = service.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := service.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("a service got %d bytes", n)
	}
}
