package guest

import (
	"encoding/binary"
	"time"
)

// stamp is what a packet says of itself. Of a picture it is one part of several.
type stamp struct {
	layer, part, parts byte
	key                bool
	number             uint32 // of the sound or the picture
	sent               time.Time
}

const (
	stampMagic = 0x4e455453
	stampSize  = 20
)

// append puts the stamp at the end of a payload, where no server writes.
func (s stamp) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, stampMagic)
	key := byte(0)
	if s.key {
		key = 1
	}
	b = append(b, s.layer, s.part, s.parts, key)
	b = binary.BigEndian.AppendUint32(b, s.number)
	return binary.BigEndian.AppendUint64(b, uint64(s.sent.UnixNano()))
}

func readStamp(b []byte) (stamp, bool) {
	if len(b) < stampSize {
		return stamp{}, false
	}
	b = b[len(b)-stampSize:]
	if binary.BigEndian.Uint32(b) != stampMagic {
		return stamp{}, false
	}
	return stamp{
		layer: b[4], part: b[5], parts: b[6], key: b[7] == 1,
		number: binary.BigEndian.Uint32(b[8:]), sent: time.Unix(0, int64(binary.BigEndian.Uint64(b[12:]))),
	}, true
}
