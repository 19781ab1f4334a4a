package forward

import (
	"fmt"
	"strings"

	"github.com/pion/webrtc/v4"
)

// mimeRED is sound that travels with what was before it, RFC 2198: what one packet loses the next brings.
const mimeRED = "audio/red"

// Redundant finds among a sender's codecs what it sends sound with, and the payload type under which it sends it with
// redundancy; 0 if it does not. codec is what a packet came with.
func Redundant(codec webrtc.RTPCodecParameters, all []webrtc.RTPCodecParameters) (sound webrtc.RTPCodecParameters, red uint8) {
	sound = codec
	for _, c := range all {
		if isCodec(codec.MimeType, mimeRED) && codec.SDPFmtpLine == twice(c.PayloadType) {
			sound = c
		}
	}
	return sound, redOf(sound.PayloadType, all)
}

// redOf finds the payload type of sound with redundancy.
func redOf(sound webrtc.PayloadType, all []webrtc.RTPCodecParameters) uint8 {
	for _, c := range all {
		if isCodec(c.MimeType, mimeRED) && strings.HasPrefix(c.SDPFmtpLine, twice(sound)) {
			return uint8(c.PayloadType)
		}
	}
	return 0
}

// twice is how it is said of a payload type that it is sent together with itself.
func twice(pt webrtc.PayloadType) string { return fmt.Sprintf("%d/%d", pt, pt) }

// newest is the sound in a packet that is sent for the first time, without those before it; nil if there is none.
func newest(b []byte) []byte {
	at, before := 0, 0
	for at < len(b) && b[at]&0x80 != 0 {
		if len(b) < at+4 {
			return nil
		}
		before += int(b[at+2]&0x03)<<8 | int(b[at+3])
		at += 4
	}
	if len(b) <= at+1+before {
		return nil
	}
	return b[at+1+before:]
}

// redundant gives a packet of sound as a receiver is to get it, and its payload type: with what was before it if it knows
// that, under its own numbers, else without. It is nil if there is nothing in it. The lock is held.
func (s *Sender) redundant(b *binding, payload []byte) (pt uint8, out []byte) {
	sound := newest(payload)
	if b.red == 0 || sound == nil {
		return b.pt, sound
	}
	s.pictures.scratch = append(s.pictures.scratch[:0], payload...)
	out = s.pictures.scratch
	for at := 0; ; at += 4 {
		more := out[at] & 0x80
		if out[at] = more | b.pt; more == 0 {
			return b.red, out
		}
	}
}
