package lab

import (
	"encoding/binary"
	"net/netip"
)

// Protocols that the lab can tell apart.
const (
	TCP = 6
	UDP = 17
)

// Packet is an IP packet on its way.
type Packet struct {
	b        []byte
	Protocol int // TCP, UDP or another
	From, To netip.AddrPort
	ports    int // where in b the ports are; 0: nowhere
}

// read understands what is needed of a packet; ok is whether it is one.
func read(b []byte) (p Packet, ok bool) {
	p.b = b
	var from, to netip.Addr
	header := 0
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		from, to = netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
		p.Protocol, header = int(b[9]), int(b[0]&15)*4
		if binary.BigEndian.Uint16(b[6:])&0x1fff != 0 { // not the first part
			header = 0
		}
	case len(b) >= 40 && b[0]>>4 == 6:
		from, to = netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
		p.Protocol, header = int(b[6]), 40
	default:
		return p, false
	}
	var ports [2]uint16
	if header > 0 && (p.Protocol == TCP || p.Protocol == UDP) && len(b) >= header+8 {
		p.ports = header
		ports = [2]uint16{binary.BigEndian.Uint16(b[header:]), binary.BigEndian.Uint16(b[header+2:])}
	}
	p.From, p.To = netip.AddrPortFrom(from, ports[0]), netip.AddrPortFrom(to, ports[1])
	return p, true
}

// move gives the packet another sender or another destination, of the same family.
func (p *Packet) move(sender bool, to netip.AddrPort) {
	offset, port := 16, p.ports+2
	if p.b[0]>>4 == 6 {
		offset = 24
	}
	size := len(to.Addr().AsSlice())
	if sender {
		offset, port = offset-size, p.ports
	}
	sum := p.ports + 16
	if p.Protocol == UDP {
		sum = p.ports + 6
	}
	change := func(at int, words []byte) {
		for i := 0; i < len(words); i += 2 {
			old, now := binary.BigEndian.Uint16(p.b[at+i:]), binary.BigEndian.Uint16(words[i:])
			if sum+2 <= len(p.b) {
				fix(p.b[sum:], old, now)
			}
			if size == 4 && at < 20 {
				fix(p.b[10:], old, now)
			}
		}
		copy(p.b[at:], words)
	}
	change(offset, to.Addr().AsSlice())
	change(port, binary.BigEndian.AppendUint16(nil, to.Port()))
	if sender {
		p.From = to
		return
	}
	p.To = to
}

// fix corrects a checksum for a word that changes (RFC 1624).
func fix(sum []byte, old, now uint16) {
	s := uint32(^binary.BigEndian.Uint16(sum)) + uint32(^old) + uint32(now)
	s = s&0xffff + s>>16
	s = s&0xffff + s>>16
	binary.BigEndian.PutUint16(sum, ^uint16(s))
}
