package forward

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// Packets that lie about their length, extensions that are cut short, layers that nobody announced: what comes out has
// payloads that are no longer than what came in.
func FuzzReceive(f *testing.F) {
	whole := func(h rtp.Header, payload ...byte) []byte {
		h.Version = 2
		b, _ := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
		return b
	}
	extended := rtp.Header{SSRC: 1, SequenceNumber: 7, Extension: true, ExtensionProfile: 0xBEDE}
	_ = extended.SetExtension(1, []byte{0x85})
	vp8 := whole(rtp.Header{SSRC: 1, SequenceNumber: 1, Marker: true}, 0x90, 0xf0, 0x81, 0xff, 0x05, 0x21, keyByte)
	level := whole(extended, 1, 2, 3)
	f.Add(vp8, level)
	f.Add(vp8[:13], vp8)
	f.Add(level[:14], level[:17])                                                           // extensions cut short
	f.Add(append([]byte{0xb0}, level[1:]...), append([]byte{0x9f}, vp8[1:]...))             // padding, and sources that are not there
	f.Add(append(append([]byte{0xa0}, vp8[1:]...), 0xff), append(vp8[:0:0], 0x90, 96))      // more padding than packet
	f.Add(whole(rtp.Header{SSRC: 2, SequenceNumber: 65535}), whole(rtp.Header{SSRC: 3}, 0)) // nothing in it
	sr, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 1, NTPTime: 1 << 63, RTPTime: 5}})
	f.Add(sr, sr[:9])
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, codec := range []webrtc.RTPCodecCapability{
			{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, {MimeType: webrtc.MimeTypeH264, ClockRate: 90000}, {MimeType: webrtc.MimeTypeOpus, ClockRate: 48000},
		} {
			kind := webrtc.RTPCodecTypeVideo
			if codec.MimeType == webrtc.MimeTypeOpus {
				kind = webrtc.RTPCodecTypeAudio
			}
			track := NewTrack(Options{ID: "TR_1", Kind: kind, Codec: codec, AskKeyFrame: func(uint32) {}, Counters: &Counters{}, Level: 1})
			sender, r := track.Send("s", nil), &receiver{ready: true, rtx: 9}
			if _, err := sender.Bind(r); err != nil && kind == webrtc.RTPCodecTypeVideo {
				t.Fatal(err)
			}
			key := whole(rtp.Header{SSRC: 1, SequenceNumber: 0}, 0x90, 0x80, 0x05, keyByte)
			in := packets{key, first, second, first}
			longest := max(len(key), len(first), len(second))
			track.Receive(&in, 0)
			track.Reported(first, time.Unix(1000, 0))
			track.Reported(second, time.Unix(1000, 0))
			_, _ = sender.Report(time.Unix(1000, 0)), track.Loss()
			if kind == webrtc.RTPCodecTypeVideo {
				for _, p := range r.got {
					sender.resend(&rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{p.SequenceNumber})}, time.Unix(1000, 0))
				}
			}
			for _, p := range r.got {
				if len(p.Payload) > longest || p.Extension || p.SSRC != 4711 && p.SSRC != 9 {
					t.Errorf("sent on: %+v", p)
				}
			}
		}
	})
}
