package forward

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// hears is a receiver of sound.
type hears struct {
	receiver
	codecs []webrtc.RTPCodecParameters
}

func (h *hears) CodecParameters() []webrtc.RTPCodecParameters { return h.codecs }
func (h *hears) WriteStream() webrtc.TrackLocalWriter         { return &h.receiver }

func audio(mime, fmtp string, pt webrtc.PayloadType) webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mime, ClockRate: 48000, Channels: 2, SDPFmtpLine: fmtp}, PayloadType: pt}
}

// Who knows sound with redundancy gets it under its own numbers, others the newest sound alone; sound without redundancy
// goes on beside it, and what is cut short goes nowhere.
func TestRedundantSound(t *testing.T) {
	sends := []webrtc.RTPCodecParameters{audio(webrtc.MimeTypeOpus, "", 111), audio(mimeRED, "111/111", 63)}
	sound, red := Redundant(sends[1], sends)
	if sound.PayloadType != 111 || red != 63 {
		t.Fatalf("%v, %d", sound, red)
	}
	if sound, red = Redundant(sends[0], sends[:1]); sound.PayloadType != 111 || red != 0 {
		t.Fatalf("%v, %d without redundancy", sound, red)
	}
	track := NewTrack(Options{Kind: webrtc.RTPCodecTypeAudio, Codec: sends[0].RTPCodecCapability, RED: 63, Counters: &Counters{}})
	knows := &hears{receiver{ready: true}, []webrtc.RTPCodecParameters{audio(webrtc.MimeTypeOpus, "", 96), audio(mimeRED, "96/96", 97)}}
	plain := &hears{receiver{ready: true}, []webrtc.RTPCodecParameters{audio(webrtc.MimeTypeOpus, "", 109)}}
	for _, h := range []*hears{knows, plain} {
		if _, err := track.Send("s", nil).Bind(h); err != nil {
			t.Fatal(err)
		}
	}
	number := uint16(0)
	for _, c := range []struct {
		pt                      uint8
		in, ofKnowing, ofOthers []byte
		as                      uint8
	}{
		{63, []byte{0x80 | 111, 0, 0, 2, 111, 1, 2, 3, 4}, []byte{0x80 | 96, 0, 0, 2, 96, 1, 2, 3, 4}, []byte{3, 4}, 97},
		{63, []byte{111, 3}, []byte{96, 3}, []byte{3}, 97},
		{111, []byte{3, 4}, []byte{3, 4}, []byte{3, 4}, 96},
		{63, nil, nil, nil, 0},
		{63, []byte{0x80 | 111, 0, 0}, nil, nil, 0},
		{63, []byte{0x80 | 111, 0, 3, 255, 111, 1}, nil, nil, 0},
		{63, []byte{111}, nil, nil, 0},
	} {
		number++
		knows.got, plain.got = nil, nil
		track.forward(&rtp.Packet{Header: rtp.Header{SSRC: 5, SequenceNumber: number, PayloadType: c.pt}, Payload: bytes.Clone(c.in)}, 0, time.Now())
		for _, got := range []struct {
			of   *hears
			want []byte
			as   uint8
		}{{knows, c.ofKnowing, c.as}, {plain, c.ofOthers, 109}} {
			list := got.of.got
			if got.want == nil && len(list) > 0 || got.want != nil && (len(list) != 1 || list[0].PayloadType != got.as || !bytes.Equal(list[0].Payload, got.want)) {
				t.Errorf("of %v: %v, want %v as %d", c.in, list, got.want, got.as)
			}
		}
	}
}
