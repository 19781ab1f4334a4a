package forward

import (
	"encoding/binary"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// extensions are what each packet carries in its header.
func (s *Sender) extensions(negotiated []webrtc.RTPHeaderExtensionParameter) []rtp.Extension {
	for _, e := range negotiated {
		if s.echo != nil && e.URI == sdp.TransportCCURI && e.ID > 0 && e.ID < 15 {
			h := rtp.Header{}
			_ = h.SetExtension(uint8(e.ID), s.wide[:]) // it fits
			return h.Extensions
		}
	}
	return nil
}

// number gives the packet whose header is ready its place among all that the receiver gets. It is called just before the
// packet is handed over: the time until then, in which others got theirs, says nothing of the line. The lock is held.
func (s *Sender) number(payload int) {
	if s.numbered == nil {
		return
	}
	binary.BigEndian.PutUint16(s.wide[:], s.echo.leaves(payload, time.Now()))
	s.header.Extension, s.header.ExtensionProfile, s.header.Extensions = true, rtp.ExtensionProfileOneByte, s.numbered
}
