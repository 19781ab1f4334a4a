package forward

import (
	"sync"
	"time"

	"github.com/pion/rtp"
)

// How much is kept to be sent again: what may still be asked for, within bounds. All are powers of two.
const (
	keptFirst = 64
	kept      = 512
	keptFor   = 2 * time.Second
)

// numbered is a slot that holds something with a running number, or nothing.
type numbered[T any] interface {
	*T
	holds() (number uint16, at int64, ok bool)
}

// grown gives slots in which number has a place: twice as many, as often as it would take the place of something that may
// still be asked for.
func grown[T any, P numbered[T]](slots []T, number uint16, now time.Time) []T {
	if slots == nil {
		return make([]T, keptFirst)
	}
	for len(slots) < kept {
		old, at, ok := P(&slots[int(number)%len(slots)]).holds()
		if !ok || old == number || now.UnixNano()-at > int64(keptFor) {
			break
		}
		more := make([]T, 2*len(slots))
		for i := range slots {
			if n, _, ok := P(&slots[i]).holds(); ok {
				more[int(n)%len(more)] = slots[i]
			}
		}
		slots = more
	}
	return slots
}

// ring keeps the newest packets of one layer, once for all receivers.
type ring struct {
	mu      sync.Mutex
	packets []packet // made with the first packet
	newest  uint16
	key     keyFrame
}

type packet struct {
	held    bool
	marker  bool
	number  uint16
	time    uint32
	at      int64 // when it came, in nanoseconds
	picture descriptor
	payload []byte
}

func (p *packet) holds() (uint16, int64, bool) { return p.number, p.at, p.held }

// keyFrame is where the newest key frame of a layer begins.
type keyFrame struct {
	known  bool
	number uint16
	time   uint32
	at     time.Time
}

// put keeps a packet in the place of one that came long before. key is whether it begins a key frame.
func (r *ring) put(h *rtp.Header, d descriptor, payload []byte, key bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packets == nil || int16(h.SequenceNumber-r.newest) > 0 {
		r.newest = h.SequenceNumber
	}
	if key && (!r.key.known || int32(h.Timestamp-r.key.time) > 0) {
		r.key = keyFrame{known: true, number: h.SequenceNumber, time: h.Timestamp, at: now}
	}
	r.packets = grown(r.packets, h.SequenceNumber, now)
	p := &r.packets[int(h.SequenceNumber)%len(r.packets)]
	p.held, p.number, p.time, p.marker, p.picture, p.at = true, h.SequenceNumber, h.Timestamp, h.Marker, d, now.UnixNano()
	p.payload = append(p.payload[:0], payload...)
}

// get copies a packet into one of the caller's.
func (r *ring) get(number uint16, into *packet) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.packets == nil {
		return false
	}
	p := &r.packets[int(number)%len(r.packets)]
	if !p.held || p.number != number {
		return false
	}
	payload := append(into.payload[:0], p.payload...)
	*into = *p
	into.payload = payload
	return true
}

// opening gives the newest key frame and how many packets there are from its first to the newest, if it is young.
func (r *ring) opening(now time.Time) (k keyFrame, count int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.key, int(r.newest-r.key.number) + 1, r.key.known && now.Sub(r.key.at) < youngKey
}

func headerOf(p *packet) rtp.Header {
	return rtp.Header{Version: 2, SequenceNumber: p.number, Timestamp: p.time, Marker: p.marker}
}
