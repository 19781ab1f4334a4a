package media

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/ice/v4"

	"stimmbote/media/bounded"
	"stimmbote/media/relay"
)

// turnServer is the way in for those who reach others through a relay only: to this server, and to nothing else.
type turnServer struct {
	*relay.Server
	addr   netip.AddrPort
	public string             // address under which others reach the machine; may be empty
	port   *ice.UDPMuxDefault // of all others
	line   *ice.UDPMuxDefault // of relayed clients
}

// newTURN opens the address on UDP and on TCP.
func newTURN(cfg Config, port *ice.UDPMuxDefault) (*turnServer, error) {
	udp, err := net.ListenPacket("udp", cfg.TURN)
	if err != nil {
		return nil, err
	}
	addr := udp.LocalAddr().(*net.UDPAddr)
	tcp, err := net.Listen("tcp", addr.String())
	if err != nil {
		_ = udp.Close()
		return nil, err
	}
	server, err := relay.New(udp, bounded.Listen(tcp), quiet{})
	if err != nil {
		_, _ = udp.Close(), tcp.Close()
		return nil, err
	}
	return &turnServer{
		Server: server, addr: addr.AddrPort(), public: cfg.IP, port: port,
		line: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: server.Line(), Logger: quiet{}}),
	}, nil
}

func (t *turnServer) close() error {
	_ = t.line.Close()
	return t.Close()
}

// servers tells a client how to use the relay, under the address by which it has reached this machine if nothing better is
// known.
func (t *turnServer) servers(host, name, secret string) []*livekit.ICEServer {
	at := strings.Trim(host, "[]")
	if h, _, err := net.SplitHostPort(host); err == nil {
		at = h
	}
	switch {
	case t.public != "":
		at = t.public
	case !t.addr.Addr().IsUnspecified():
		at = t.addr.Addr().String()
	}
	at = "turn:" + net.JoinHostPort(at, strconv.Itoa(int(t.addr.Port())))
	return []*livekit.ICEServer{{
		Urls: []string{at + "?transport=udp", at + "?transport=tcp"}, Username: name, Credential: secret,
	}}
}

// muxes joins the port of all with the line of relayed clients. loopback is whether the machine's own addresses are told.
func (t *turnServer) muxes(loopback bool) ice.UDPMux { return &muxes{t, loopback} }

type muxes struct {
	of       *turnServer
	loopback bool
}

// GetListenAddresses are the addresses that clients are told.
func (m *muxes) GetListenAddresses() []net.Addr {
	var list []net.Addr
	for _, a := range m.of.port.GetListenAddresses() {
		if u, ok := a.(*net.UDPAddr); ok && (m.loopback || !u.IP.IsLoopback()) {
			list = append(list, a)
		}
	}
	return append(list, m.of.line.GetListenAddresses()...) // last: of equals the first is decided on at once
}

// GetConn gives what comes for one client on one of the addresses.
func (m *muxes) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	if u, ok := addr.(*net.UDPAddr); ok && u.AddrPort().Addr().Unmap() == relay.Address {
		return m.of.line.GetConn(ufrag, addr)
	}
	return m.of.port.GetConn(ufrag, addr)
}

// RemoveConnByUfrag ends what GetConn gave.
func (m *muxes) RemoveConnByUfrag(ufrag string) {
	m.of.line.RemoveConnByUfrag(ufrag)
	m.of.port.RemoveConnByUfrag(ufrag)
}

// Close does nothing: the server closes both.
func (m *muxes) Close() error { return nil }
