package forward

import (
	"encoding/binary"
	"io"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/transport/v5/packetio"
)

// How much waits to be read of one stream, in bytes. What comes then is lost.
const (
	mediaWaits   = 1 << 20
	reportsWaits = 100 << 10
)

// Buffers is where what comes from the receiver waits until it is read, one for each stream: a webrtc.SettingEngine takes
// it. Reports of arrivals never wait, and are heard whichever stream they name: that is the one whose packet came last, also
// one that nobody reads here, on which packets are sent again.
func (e *Echo) Buffers(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
	b := waiting{packetio.NewBuffer()}
	if kind != packetio.RTCPBufferPacket {
		b.SetLimitSize(mediaWaits)
		return b
	}
	b.SetLimitSize(reportsWaits)
	return hearing{b, e}
}

// waiting is a buffer that keeps no attributes: nobody here gives any.
type waiting struct{ *packetio.Buffer }

func (w waiting) Write(b []byte) (int, error) { return w.Buffer.Write(b, nil) }

func (w waiting) Read(b []byte) (int, error) {
	n, _, err := w.Buffer.Read(b, nil)
	return n, err
}

// hearing is one from which reports of arrivals are taken.
type hearing struct {
	waiting
	echo *Echo
}

func (h hearing) Write(b []byte) (int, error) {
	if !isArrivals(b) {
		return h.waiting.Write(b)
	}
	h.echo.guard(func() { h.echo.heard(b, time.Now()) })
	return len(b), nil
}

func isArrivals(b []byte) bool {
	return len(b) >= 4 && rtcp.PacketType(b[1]) == rtcp.TypeTransportSpecificFeedback && b[0]&0x1f == rtcp.FormatTCC
}

// notice is what a receiver says of the arrival of packets, one after the other.
type notice struct {
	first     uint16 // number of a packet
	count     int
	reference uint32 // time, in 64 ms; 24 bits
	chunks    []byte
	deltas    []byte
}

// readNotice reads one as it came. Nothing is made for it: there may be many.
func readNotice(b []byte) (r notice, ok bool) {
	if len(b) < 20 || !isArrivals(b) {
		return notice{}, false
	}
	r.first, r.count = binary.BigEndian.Uint16(b[12:]), int(binary.BigEndian.Uint16(b[14:]))
	r.reference = binary.BigEndian.Uint32(b[16:]) >> 8
	if r.count > echoKept {
		return notice{}, false // nobody remembers so many
	}
	r.chunks = b[20:]
	for at, left := 0, r.count; ; at += 2 {
		if left <= 0 {
			r.chunks, r.deltas = r.chunks[:at], r.chunks[at:]
			return r, true
		}
		if len(r.chunks) < at+2 {
			return notice{}, false
		}
		left -= length(binary.BigEndian.Uint16(r.chunks[at:]))
	}
}

// length is of how many packets a part of a report is.
func length(chunk uint16) int {
	switch {
	case chunk&0x8000 == 0:
		return int(chunk & 0x1fff)
	case chunk&0x4000 == 0:
		return 14
	default:
		return 7
	}
}

// symbol is what a part says of the packet at a place in it.
func symbol(chunk uint16, at int) uint16 {
	switch {
	case chunk&0x8000 == 0:
		return chunk >> 13 & 3
	case chunk&0x4000 == 0:
		return chunk >> (13 - at) & 1
	default:
		return chunk >> (12 - 2*at) & 3
	}
}

// arrivals lists what has come, and when, by the receiver's clock from the reference time on. It ends where the report does.
func (r notice) arrivals(yield func(number uint16, came time.Duration) bool) {
	number, left, deltas, came := r.first, r.count, r.deltas, time.Duration(0)
	for i := 0; i < len(r.chunks); i += 2 {
		chunk := binary.BigEndian.Uint16(r.chunks[i:])
		for at := range min(length(chunk), left) {
			size := int(symbol(chunk, at)) % 3 // of what is said about its time
			switch {
			case size > len(deltas):
				return
			case size == 1:
				came += time.Duration(deltas[0]) * rtcp.TypeTCCDeltaScaleFactor * time.Microsecond
			case size == 2:
				came += time.Duration(int16(binary.BigEndian.Uint16(deltas))) * rtcp.TypeTCCDeltaScaleFactor * time.Microsecond
			}
			deltas = deltas[size:]
			if size > 0 && !yield(number, came) {
				return
			}
			number++
		}
		left -= length(chunk)
	}
}
