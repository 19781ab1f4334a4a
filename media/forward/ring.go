package forward

import (
	"sync"

	"github.com/pion/rtp"
)

// kept is how many packets of a layer are kept to be sent again: a power of two.
const kept = 512

// ring keeps the newest packets of one layer, once for all receivers.
type ring struct {
	mu      sync.Mutex
	packets []packet // made with the first packet
}

type packet struct {
	held    bool
	number  uint16
	time    uint32
	marker  bool
	picture descriptor
	payload []byte
}

// put keeps a packet in the place of the one that came kept packets before.
func (r *ring) put(h *rtp.Header, d descriptor, payload []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packets == nil {
		r.packets = make([]packet, kept)
	}
	p := &r.packets[h.SequenceNumber%kept]
	p.held, p.number, p.time, p.marker, p.picture = true, h.SequenceNumber, h.Timestamp, h.Marker, d
	p.payload = append(p.payload[:0], payload...)
}

// get copies a packet into one of the caller's.
func (r *ring) get(number uint16, into *packet) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packets == nil {
		return false
	}
	p := &r.packets[number%kept]
	if !p.held || p.number != number {
		return false
	}
	payload := append(into.payload[:0], p.payload...)
	*into = *p
	into.payload = payload
	return true
}

func headerOf(p *packet) rtp.Header {
	return rtp.Header{Version: 2, SequenceNumber: p.number, Timestamp: p.time, Marker: p.marker}
}
