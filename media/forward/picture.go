package forward

// descriptor is where the running numbers stand in the payload descriptor of VP8, RFC 7741 §4.2. It lies outside of what
// frame encryption covers.
type descriptor struct {
	pidAt int // 0 if there is none
	wide  bool
	pid   uint16
	tl0At int // 0 if there is none
	tl0   uint8
}

// describe reads a descriptor; one that is cut short has no numbers.
func describe(b []byte) (d descriptor) {
	if len(b) < 3 || b[0]&0x80 == 0 || b[1]&0x80 == 0 {
		return descriptor{}
	}
	at := 2
	d.pidAt, d.pid = at, uint16(b[at]&0x7f)
	if b[at]&0x80 != 0 {
		if len(b) < at+2 {
			return descriptor{}
		}
		d.wide, d.pid = true, d.pid<<8|uint16(b[at+1])
		at++
	}
	if at++; b[1]&0x40 != 0 {
		if len(b) <= at {
			return descriptor{}
		}
		d.tl0At, d.tl0 = at, b[at]
	}
	return d
}

// pictures joins the running numbers of one source to those of the one before it, for one receiver.
type pictures struct {
	begun   bool
	source  uint32
	pid     uint16 // added to received numbers
	tl0     uint8
	lastPID uint16
	lastTL0 uint8
	scratch []byte
}

// next gives the payload as the receiver is to get it, valid until the next call.
func (p *pictures) next(d descriptor, source uint32, payload []byte) []byte {
	if d.pidAt == 0 {
		return payload
	}
	switch {
	case !p.begun:
		p.begun, p.source = true, source
		p.lastPID, p.lastTL0 = d.pid-1, d.tl0-1
	case p.source != source:
		p.source = source
		p.pid, p.tl0 = p.lastPID+1-d.pid, p.lastTL0+1-d.tl0
	}
	pid, tl0 := (d.pid+p.pid)&0x7fff, d.tl0+p.tl0
	if int16((pid-p.lastPID)<<1) > 0 {
		p.lastPID = pid
	}
	if int8(tl0-p.lastTL0) > 0 {
		p.lastTL0 = tl0
	}
	if p.pid == 0 && p.tl0 == 0 {
		return payload
	}
	p.scratch = append(p.scratch[:0], payload...)
	d.patch(p.scratch, p.pid, p.tl0)
	return p.scratch
}

// patch adds to the running numbers of a payload.
func (d descriptor) patch(b []byte, pid uint16, tl0 uint8) {
	if d.pidAt == 0 {
		return
	}
	pid = (d.pid + pid) & 0x7fff
	if d.wide {
		b[d.pidAt], b[d.pidAt+1] = 0x80|byte(pid>>8), byte(pid)
	} else {
		b[d.pidAt] = byte(pid) & 0x7f
	}
	if d.tl0At != 0 {
		b[d.tl0At] = d.tl0 + tl0
	}
}
