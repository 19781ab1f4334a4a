package forward

import (
	"io"
	"testing"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// packets is a layer that ends.
type packets [][]byte

func (p *packets) Read(b []byte) (int, interceptor.Attributes, error) {
	if len(*p) == 0 {
		return 0, nil, io.EOF
	}
	n := copy(b, (*p)[0])
	*p = (*p)[1:]
	return n, nil, nil
}

func raw(t *testing.T, h rtp.Header, payload ...byte) []byte {
	t.Helper()
	h.Version = 2
	b, err := (&rtp.Packet{Header: h, Payload: payload}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// receiver is where a sender's packets end; ready is false before the connection stands.
type receiver struct {
	webrtc.TrackLocalContext
	ready bool
	rtx   webrtc.SSRC
	got   []rtp.Packet
}

func (r *receiver) HeaderExtensions() []webrtc.RTPHeaderExtensionParameter {
	return []webrtc.RTPHeaderExtensionParameter{{URI: sdp.TransportCCURI, ID: 3}}
}
func (r *receiver) ID() string                           { return "receiver" }
func (r *receiver) SSRCRetransmission() webrtc.SSRC      { return r.rtx }
func (r *receiver) SSRC() webrtc.SSRC                    { return 4711 }
func (r *receiver) WriteStream() webrtc.TrackLocalWriter { return r }
func (r *receiver) Write([]byte) (int, error)            { return 0, io.ErrClosedPipe }
func (r *receiver) CodecParameters() []webrtc.RTPCodecParameters {
	return []webrtc.RTPCodecParameters{
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, SDPFmtpLine: "a"}, PayloadType: 100},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "video/vp8"}, PayloadType: 120},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: "video/rtx", SDPFmtpLine: "apt=120"}, PayloadType: 121},
	}
}

func (r *receiver) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	if !r.ready {
		return 0, nil
	}
	r.got = append(r.got, rtp.Packet{Header: h.Clone(), Payload: append([]byte(nil), payload...)})
	return len(payload), nil
}

// bound is a track on its way to a receiver that is connected; rtx is its stream for packets that are sent again, 0 for none.
func bound(t *testing.T, track *Track, rtx webrtc.SSRC) (*Sender, *receiver) {
	t.Helper()
	sender, r := track.Send("s", nil), &receiver{ready: true, rtx: rtx}
	if _, err := sender.Bind(r); err != nil {
		t.Fatal(err)
	}
	return sender, r
}

type asked []uint32

func testTrack(asks *asked) *Track {
	return NewTrack(Options{
		ID: "TR_1", Kind: webrtc.RTPCodecTypeVideo,
		Codec:       webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000},
		AskKeyFrame: func(ssrc uint32) { *asks = append(*asks, ssrc) },
		Counters:    &Counters{},
	})
}

const keyByte, deltaByte = 0x10, 0x11

func TestTrackForwards(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	var tapped []byte
	track.Tap = func(id string, _ *rtp.Header, payload []byte) { tapped = append(tapped, payload[1]) }
	sender, r := track.Send("PA_1|TR_1", nil), &receiver{ready: true}
	if codec, err := sender.Bind(r); err != nil || codec.PayloadType != 120 {
		t.Fatalf("bound to %v, %v", codec, err)
	}
	h := rtp.Header{SSRC: 1, PayloadType: 96, SequenceNumber: 7, Timestamp: 100, Marker: true}
	if err := h.SetExtension(3, []byte("mid")); err != nil {
		t.Fatal(err)
	}
	in := packets{[]byte("not a packet"), raw(t, h, 0x10, keyByte, 1, 2)}
	for i := range uint16(3) {
		in = append(in, raw(t, rtp.Header{SSRC: 1, PayloadType: 96, SequenceNumber: 8 + i, Timestamp: 3100}, 0x10, deltaByte, byte(i)))
	}
	track.Receive(&in, 0)

	if len(r.got) != 4 {
		t.Fatalf("got %d packets, want 4", len(r.got))
	}
	first := r.got[0]
	if first.SSRC != 4711 || first.PayloadType != 120 || first.SequenceNumber != 7 || first.Timestamp != 100 || !first.Marker || first.Extension {
		t.Errorf("first header: %+v", first.Header)
	}
	if string(first.Payload) != string([]byte{0x10, keyByte, 1, 2}) {
		t.Errorf("payload changed to %x", first.Payload)
	}
	if in, out := track.Counters.In.Load(), track.Counters.Out.Load(); in != 4 || out != 4 {
		t.Errorf("counted %d in, %d out", in, out)
	}
	if string(tapped) != string([]byte{keyByte, deltaByte, deltaByte, deltaByte}) {
		t.Errorf("tapped %x", tapped)
	}

	track.Remove(sender)
	again := packets{raw(t, rtp.Header{SSRC: 1, SequenceNumber: 11}, 0x10, deltaByte)}
	track.Receive(&again, 0)
	if len(r.got) != 4 {
		t.Error("a removed receiver still gets packets")
	}
}

func TestReceiverThatIsNotReadyMissesNoKeyFrame(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := track.Send("s", nil), &receiver{}
	now := time.Now()
	packet := func(seq uint16, b byte) {
		now = now.Add(keyGap)
		p := &rtp.Packet{Header: rtp.Header{SSRC: 9, SequenceNumber: seq}, Payload: []byte{0x10, b}}
		track.forward(p, 0, now)
	}
	packet(1, keyByte)
	if _, err := sender.Bind(r); err != nil {
		t.Fatal(err)
	}
	if len(asks) != 1 || asks[0] != 9 {
		t.Fatalf("asked %v at the beginning, want [9]", asks)
	}
	packet(2, keyByte) // lost: not ready
	r.ready = true
	packet(3, deltaByte)
	if len(r.got) != 0 {
		t.Error("began without a key frame")
	}
	if len(asks) < 2 {
		t.Error("not asked again")
	}
	packet(4, keyByte)
	packet(5, deltaByte)
	if len(r.got) != 2 {
		t.Errorf("got %d packets, want 2", len(r.got))
	}
	if err := sender.Unbind(r); err != nil {
		t.Fatal(err)
	}
	packet(6, keyByte)
	if len(r.got) != 2 {
		t.Error("an ended receiver still gets packets")
	}
}

// What is held back until the receiver is connected asks for nothing before, and at once then.
func TestHeldBack(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	now := time.Now()
	packet := func(seq uint16, b byte) {
		track.forward(&rtp.Packet{Header: rtp.Header{SSRC: 9, SequenceNumber: seq}, Payload: []byte{0x10, b}}, 0, now)
	}
	packet(1, deltaByte)
	sender, r := track.Send("s", nil), &receiver{ready: true}
	sender.Hold()
	if _, err := sender.Bind(r); err != nil {
		t.Fatal(err)
	}
	packet(2, keyByte)
	if len(asks) > 0 || len(r.got) > 0 {
		t.Errorf("asked %v, got %v while held back", asks, r.got)
	}
	now = now.Add(youngKey)
	sender.Begin(now)
	if len(asks) != 1 {
		t.Errorf("asked %v at the beginning", asks)
	}
	packet(3, keyByte)
	if len(r.got) != 1 {
		t.Errorf("got %v", r.got)
	}
}

func TestOneLayerIsForwarded(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	_, r := bound(t, track, 0)
	now := time.Now()
	packet := func(ssrc uint32, seq uint16, b byte) {
		p := &rtp.Packet{Header: rtp.Header{SSRC: ssrc, SequenceNumber: seq}, Payload: []byte{0x10, b, byte(ssrc)}}
		track.forward(p, 0, now)
	}
	for i := range uint16(5) {
		packet(1, i, keyByte)
		packet(2, 1000+i, keyByte)
	}
	now = now.Add(2 * layerSilence) // the first layer falls silent
	packet(2, 1005, deltaByte)
	packet(2, 1006, keyByte)
	packet(1, 5, deltaByte)
	var layers []byte
	for i, p := range r.got {
		layers = append(layers, p.Payload[2])
		if want := r.got[0].SequenceNumber + uint16(i); p.SequenceNumber != want {
			t.Errorf("packet %d has number %d, want %d", i, p.SequenceNumber, want)
		}
	}
	if string(layers) != "\x01\x01\x01\x01\x01\x02" {
		t.Errorf("got layers %v", layers)
	}
}

func TestPausedReceiver(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 0)
	now := time.Now()
	packet := func(seq uint16, b byte) {
		track.forward(&rtp.Packet{Header: rtp.Header{SSRC: 1, SequenceNumber: seq}, Payload: []byte{0x10, b}}, 0, now)
	}
	packet(1, keyByte)
	sender.Pause(true)
	packet(2, deltaByte)
	sender.Pause(false)
	packet(3, deltaByte)
	packet(4, keyByte)
	if len(r.got) != 2 || r.got[1].SequenceNumber != 2 {
		t.Errorf("got %v", r.got)
	}
	if len(asks) == 0 {
		t.Error("no key frame asked for")
	}
}

func TestCodecThatReceiverLacks(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	track.Codec.MimeType = webrtc.MimeTypeAV1
	if _, err := track.Send("s", nil).Bind(&receiver{}); err == nil {
		t.Error("bound to a codec that is not there")
	}
	track.Codec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeH264, SDPFmtpLine: "other"}
	if c, err := track.Send("s", nil).Bind(&receiver{}); err != nil || c.PayloadType != 100 {
		t.Errorf("H.264 with other parameters: %v, %v", c, err)
	}
}
