package media

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/webrtc/v4"

	"stimmbote/media/bounded"
)

const (
	udpBuffer       = 4 << 20 // bytes that the kernel keeps for us in each direction
	tcpBuffer       = 1 << 20 // bytes that wait for one client on TCP; what comes then is lost, as on UDP
	tcpReads        = 64      // packets that wait for a connection's turn to read them
	tcpFirst        = 5 * time.Second
	iceDisconnected = 5 * time.Second
	iceFailed       = 10 * time.Second // after that
	iceKeepAlive    = 2 * time.Second
	dtlsRetransmit  = 100 * time.Millisecond
	iceLearned      = 100 * time.Millisecond // that an address learned on the way waits for one that the client has named
	iceRelayed      = 500 * time.Millisecond // and a relayed one for any other
)

// open opens the ports.
func (s *Server) open(cfg Config) error {
	addr, err := net.ResolveUDPAddr("udp", cfg.UDP)
	if err != nil {
		return fmt.Errorf("media.udp: %q is not an address with a port: %w", cfg.UDP, err)
	}
	if s.udp, err = net.ListenUDP("udp", addr); err != nil {
		return fmt.Errorf("opening media.udp %q (is another program using it?): %w", cfg.UDP, err)
	}
	_ = s.udp.SetReadBuffer(udpBuffer) // the kernel may grant less
	_ = s.udp.SetWriteBuffer(udpBuffer)
	line := net.PacketConn(s.udp)
	if s.opt.line != nil {
		line = s.opt.line(line)
	}
	s.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: line, Logger: quiet{}})
	if cfg.TCP != "" {
		tcp, err := net.Listen("tcp", cfg.TCP)
		if err != nil {
			return fmt.Errorf("opening media.tcp %q (is another program using it?): %w", cfg.TCP, err)
		}
		s.tcp = ice.NewTCPMuxDefault(ice.TCPMuxParams{
			Listener: bounded.Listen(tcp), Logger: quiet{}, ReadBufferSize: tcpReads, WriteBufferSize: tcpBuffer,
			FirstStunBindTimeout: tcpFirst, AliveDurationForConnFromStun: tcpFirst,
		})
	}
	if cfg.TURN != "" || s.opt.Secure != nil {
		if s.turn, err = newTURN(cfg, s.opt.Secure, s.mux); err != nil {
			return fmt.Errorf("opening media.turn %q (is another program using it?): %w", cfg.TURN, err)
		}
	}
	return nil
}

// shut closes the ports that are open.
func (s *Server) shut() error {
	var udp, tcp, turn error
	if s.turn != nil {
		turn = s.turn.close()
	}
	if s.mux != nil {
		udp = s.mux.Close()
	}
	if s.tcp != nil {
		tcp = s.tcp.Close()
	}
	return errors.Join(udp, tcp, turn)
}

// share makes what all peer connections share: the certificate and the settings.
func (s *Server) share() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("making certificate: %w", err)
	}
	cert, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return fmt.Errorf("making certificate: %w", err)
	}
	s.cert = *cert

	e := webrtc.SettingEngine{LoggerFactory: quiet{}}
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	e.SetICEUDPMux(s.mux)
	if s.turn != nil {
		e.SetICEUDPMux(s.turn.muxes(s.Addr().Addr().IsLoopback()))
	}
	if s.tcp != nil {
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
		e.SetICETCPMux(s.tcp)
	}
	e.SetNetworkTypes(networks)
	e.SetIncludeLoopbackCandidate(s.Addr().Addr().IsLoopback())
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetICETimeouts(iceDisconnected, iceFailed, iceKeepAlive)
	e.SetSrflxAcceptanceMinWait(iceLearned)
	e.SetPrflxAcceptanceMinWait(iceLearned)
	e.SetRelayAcceptanceMinWait(iceRelayed)
	e.SetDTLSRetransmissionInterval(dtlsRetransmit)
	e.SetDTLSInsecureSkipHelloVerify(true) // the address has been checked by ICE
	e.DisableCloseByDTLS(true)             // who leaves says so on the WebSocket
	e.DisableActiveTCP(true)
	e.SetIgnoreRidPauseForRecv(true)
	e.DisableMediaEngineCopy(true) // each connection has one of its own
	s.settings = e
	return nil
}

// Addr is the address that all media goes through which comes by UDP.
func (s *Server) Addr() netip.AddrPort {
	return s.udp.LocalAddr().(*net.UDPAddr).AddrPort()
}

// TCP is the address that media goes through which comes by TCP; it is not valid if there is none.
func (s *Server) TCP() netip.AddrPort {
	if s.tcp == nil {
		return netip.AddrPort{}
	}
	return s.tcp.LocalAddr().(*net.TCPAddr).AddrPort()
}
