package relay

import (
	"net"
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

// Nor do channels lead anywhere else, which are a second way to name a peer.
func TestChannelsLeadNowhereElse(t *testing.T) {
	s, address := start(t)
	service, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer service.Close()
	conn := relayed(t, client(t, address, "anna", s.Admit("anna")))
	for range 20 { // the client binds a channel by itself after the first packets
		if _, err := conn.WriteTo([]byte("out"), service.LocalAddr()); err == nil {
			t.Fatal("may send to a service of the machine")
		}
	}
	_ = service.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := service.ReadFrom(make([]byte, 100)); err == nil {
		t.Errorf("a service got %d bytes", n)
	}
}
