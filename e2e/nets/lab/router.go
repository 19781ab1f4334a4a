package lab

import (
	"net/netip"
	"sync"
)

// Firewall says which packets a machine may send and receive; up is from the machine on.
type Firewall func(p Packet, up bool) bool

// NoUDP lets no UDP through.
func NoUDP(p Packet, _ bool) bool { return p.Protocol != UDP }

// Only lets nothing through but TCP to and from some ports of others.
func Only(ports ...uint16) Firewall {
	return func(p Packet, up bool) bool {
		other := p.From
		if up {
			other = p.To
		}
		for _, port := range ports {
			if p.Protocol == TCP && other.Port() == port {
				return true
			}
		}
		return false
	}
}

// hiding is a router at home: others see one address and ports of its own choice, which it forgets when it starts anew.
type hiding struct {
	mu      sync.Mutex
	address netip.Addr
	next    uint16
	out     map[flow]uint16
	in      map[flow]netip.AddrPort
}

type flow struct {
	protocol int
	inside   netip.AddrPort // of out
	port     uint16         // of in
}

func newHiding(address netip.Addr) *hiding {
	return &hiding{address: address, next: 20000, out: map[flow]uint16{}, in: map[flow]netip.AddrPort{}}
}

// restart forgets everything. New ports are others than before.
func (h *hiding) restart() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.next += 1000
	clear(h.out)
	clear(h.in)
}

// up lets a packet out, in the router's name.
func (h *hiding) up(p *Packet) bool {
	if p.ports == 0 || p.From.Addr().Is4() != h.address.Is4() {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	f := flow{protocol: p.Protocol, inside: p.From}
	port, known := h.out[f]
	if !known {
		h.next++
		port = h.next
		h.out[f] = port
		h.in[flow{protocol: p.Protocol, port: port}] = p.From
	}
	p.move(true, netip.AddrPortFrom(h.address, port))
	return true
}

// down lets a packet in that belongs to something that began inside.
func (h *hiding) down(p *Packet) bool {
	if p.ports == 0 {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	inside, known := h.in[flow{protocol: p.Protocol, port: p.To.Port()}]
	if known {
		p.move(false, inside)
	}
	return known
}
