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

const (
	httpsPort = "443" // where clients come that name no port
	numbers   = 8     // that are tried
)

// turnServer is the way in for those who reach others through a relay only: to this server, and to nothing else.
type turnServer struct {
	*relay.Server
	addr   netip.AddrPort     // of UDP and TCP; not valid if there is none
	secure bool               // TLS comes from whoever serves the pages, at the same port
	public string             // address under which others reach the machine; may be empty
	port   *ice.UDPMuxDefault // of all others
	line   *ice.UDPMuxDefault // of relayed clients
}

// newTURN opens the address on UDP and on TCP, if there is one, and takes what comes by TLS, if that is not nil.
func newTURN(cfg Config, secure net.Listener, port *ice.UDPMuxDefault) (*turnServer, error) {
	t := &turnServer{public: cfg.IP, secure: secure != nil, port: port}
	var udp net.PacketConn
	var tcp []net.Listener
	if secure != nil {
		tcp = append(tcp, bounded.Listen(secure))
	}
	if cfg.TURN != "" {
		u, l, err := pair(cfg.TURN)
		if err != nil {
			return nil, err
		}
		udp, tcp, t.addr = u, append(tcp, bounded.Listen(l)), u.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	var err error
	if t.Server, err = relay.New(quiet{}, udp, tcp...); err != nil {
		if udp != nil {
			_, _ = udp.Close(), tcp[len(tcp)-1].Close()
		}
		return nil, err
	}
	t.line = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: t.Line(), Logger: quiet{}})
	return t, nil
}

// pair opens an address on UDP and on TCP, with the same number. If any number will do, it may have to try a few.
func pair(address string) (net.PacketConn, net.Listener, error) {
	for tries := 1; ; tries++ {
		udp, err := net.ListenPacket("udp", address)
		if err != nil {
			return nil, nil, err
		}
		tcp, err := net.Listen("tcp", udp.LocalAddr().String())
		if err == nil {
			return udp, tcp, nil
		}
		_ = udp.Close()
		if tries == numbers || !strings.HasSuffix(address, ":0") {
			return nil, nil, err
		}
	}
}

func (t *turnServer) close() error {
	_ = t.line.Close()
	return t.Close()
}

// servers tells a client how to use the relay: under the address by which it has reached this machine if nothing better is
// known, and by TLS where it has come by TLS itself, whose certificate is for that name.
func (t *turnServer) servers(host, name, secret string) []*livekit.ICEServer {
	at, through := strings.Trim(host, "[]"), httpsPort
	if h, p, err := net.SplitHostPort(host); err == nil {
		at, through = h, p
	}
	var urls []string
	if t.secure {
		urls = append(urls, "turns:"+net.JoinHostPort(at, through)+"?transport=tcp")
	}
	switch {
	case t.public != "" && sameFamily(t.public, at):
		at = t.public
	case t.public != "": // which who has come by the other family may not reach
	case !t.addr.Addr().IsUnspecified():
		at = t.addr.Addr().String()
	}
	if t.addr.IsValid() {
		here := "turn:" + net.JoinHostPort(at, strconv.Itoa(int(t.addr.Port())))
		urls = append([]string{here + "?transport=udp", here + "?transport=tcp"}, urls...)
	}
	return []*livekit.ICEServer{{Urls: urls, Username: name, Credential: secret}}
}

// sameFamily says whether two addresses may be reached by the same people; names may be by all.
func sameFamily(a, b string) bool {
	x, notX := netip.ParseAddr(a)
	y, notY := netip.ParseAddr(b)
	return notX != nil || notY != nil || x.Unmap().Is4() == y.Unmap().Is4()
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
