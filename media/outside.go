package media

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pion/stun/v4"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/relay"
)

const (
	lookEvery = 5 * time.Minute // routers at home get new addresses, mostly at night
	lookAgain = 20 * time.Second
	lookFor   = 5 * time.Second
	stunTries = 3
)

// outside knows the addresses of a router before this machine, under which others reach it. They are told beside the
// machine's own, so that a wrong one does no harm.
type outside struct {
	name    string // of this machine, as others know it; empty: none
	server  string // a STUN server to be asked; empty: none
	resolve func(ctx context.Context, network, name string) ([]netip.Addr, error)
	ask     func(ctx context.Context, network, server string) (netip.Addr, error)
	own     func() ([]net.Addr, error)
	log     zerolog.Logger
	found   atomic.Pointer[[]netip.Addr]
}

func newOutside(name, server string, log zerolog.Logger) *outside {
	return &outside{name: name, server: server, resolve: net.DefaultResolver.LookupNetIP, ask: askSTUN, own: net.InterfaceAddrs, log: log}
}

// addresses are those found last.
func (o *outside) addresses() []netip.Addr {
	if list := o.found.Load(); list != nil {
		return *list
	}
	return nil
}

// run looks now and then until ctx ends.
func (o *outside) run(ctx context.Context) {
	if o.name == "" && o.server == "" {
		return
	}
	clock := time.NewTimer(0)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		next := lookEvery
		if !o.look(ctx) {
			next = lookAgain
		}
		clock.Reset(next)
	}
}

// look finds the addresses, and reports whether everybody has answered. Who has not leaves the ones found before.
func (o *outside) look(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	var all []netip.Addr
	whole := true
	if o.name != "" {
		list, err := o.resolve(ctx, "ip", o.name)
		all, whole = append(all, list...), err == nil
	}
	if o.server != "" {
		asked := 0
		for _, network := range []string{"udp4", "udp6"} {
			if addr, err := o.ask(ctx, network, o.server); err == nil {
				all = append(all, addr)
				asked++
			}
		}
		whole = whole && asked > 0
	}
	if !whole && len(all) == 0 {
		return false
	}
	o.keep(all)
	return whole
}

// keep remembers what can be an address of a router: none of this machine, and none that leads nowhere.
func (o *outside) keep(all []netip.Addr) {
	own := map[netip.Addr]bool{}
	list, _ := o.own()
	for _, a := range list {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			own[prefix.Addr().Unmap()] = true
		}
	}
	var found []netip.Addr
	for _, a := range all {
		if a = a.Unmap().WithZone(""); a.IsGlobalUnicast() && !own[a] && a != relay.Address {
			found = append(found, a)
		}
	}
	slices.SortFunc(found, netip.Addr.Compare)
	found = slices.Compact(found)
	if slices.Equal(found, o.addresses()) {
		return
	}
	o.found.Store(&found)
	if len(found) == 0 {
		o.log.Info().Msg("No router stands before this machine any more, members are told its own addresses alone")
		return
	}
	o.log.Info().Int("addresses", len(found)).Msg("A router stands before this machine, members are told its addresses as well")
}

// askSTUN asks a server from which address it sees this machine.
func askSTUN(ctx context.Context, network, server string) (netip.Addr, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, server)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("asking %s: %w", server, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	request := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	for wait := 500 * time.Millisecond; ; wait *= 2 {
		if _, err := conn.Write(request.Raw); err != nil {
			return netip.Addr{}, fmt.Errorf("asking %s: %w", server, err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		b := make([]byte, 1500)
		n, err := conn.Read(b)
		if err != nil && wait < stunTries*time.Second {
			continue
		}
		if err != nil {
			return netip.Addr{}, fmt.Errorf("asking %s: %w", server, err)
		}
		return seenFrom(b[:n], request)
	}
}

// seenFrom is the address in an answer.
func seenFrom(b []byte, request *stun.Message) (netip.Addr, error) {
	answer := &stun.Message{Raw: b}
	if err := answer.Decode(); err != nil {
		return netip.Addr{}, fmt.Errorf("reading an answer of STUN: %w", err)
	}
	var from stun.XORMappedAddress
	if answer.TransactionID != request.TransactionID || from.GetFrom(answer) != nil {
		return netip.Addr{}, fmt.Errorf("reading an answer of STUN: it does not say the address")
	}
	addr, _ := netip.AddrFromSlice(from.IP)
	return addr.Unmap(), nil
}

// told are the settings of a new peer connection, with the addresses that its client is told.
func (s *Server) told() (webrtc.SettingEngine, error) {
	e, mode, external := s.settings, webrtc.ICEAddressRewriteAppend, []string{}
	if s.public.IsValid() {
		mode, external = webrtc.ICEAddressRewriteReplace, []string{s.public.String()}
	}
	for _, a := range s.outside.addresses() {
		external = append(external, a.String())
	}
	if len(external) == 0 {
		return e, nil
	}
	inside := relay.Address.String()
	err := e.SetICEAddressRewriteRules(
		webrtc.ICEAddressRewriteRule{
			Local: inside, External: []string{inside}, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
		},
		webrtc.ICEAddressRewriteRule{External: external, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: mode},
	)
	return e, err
}
