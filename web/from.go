package web

import (
	"net/http"
	"net/netip"
	"strings"

	"stimmbote/media/bounded"
)

// from is where a request comes from: whoever connects, or, where that is a proxy on this machine, the last one that it
// names, because what stands before that clients can write themselves. It is not valid where nobody knows.
func (s *Server) from(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || s.cfg.endsTLS() || !peer.Addr().Unmap().IsLoopback() {
		return bounded.Host(peer.Addr())
	}
	named := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	last, _ := netip.ParseAddr(strings.TrimSpace(named[strings.LastIndexByte(named, ',')+1:]))
	return bounded.Host(last)
}
