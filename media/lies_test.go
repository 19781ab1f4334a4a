package media

import (
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// lies are packets that say of themselves what is not so, made of a true one as it goes over the line. Headers are read
// before anybody can know whether they are genuine.
func lies(b []byte) [][]byte {
	var list [][]byte
	lie := func(change func(p []byte) []byte) { list = append(list, change(slices.Clone(b))) }
	for n := range min(len(b), 24) { // cut short: in the header, its extension, or what comes after
		lie(func(p []byte) []byte { return p[:n] })
	}
	lie(func(p []byte) []byte { return p[:len(p)-1] })
	for _, version := range []byte{0, 1, 3} {
		lie(func(p []byte) []byte { p[0] = p[0]&0x3f | version<<6; return p })
	}
	lie(func(p []byte) []byte { p[0] |= 0x20; p[len(p)-1] = 0xff; return p })      // padding that is longer than all
	lie(func(p []byte) []byte { p[0] |= 0x20; p[len(p)-1] = 0; return p })         // of no length
	lie(func(p []byte) []byte { p[0] |= 0x0f; return p[:min(len(p), 12+4*15-1)] }) // fifteen contributors, one cut short
	extend := func(words uint16, body ...byte) {
		lie(func(p []byte) []byte {
			p[0] = p[0]&0xe0 | 0x10
			p = binary.BigEndian.AppendUint16(append(p[:12:12], 0xbe, 0xde), words)
			return append(p, body...)
		})
	}
	extend(0xffff, 0x10, 0)                             // longer than the packet
	extend(2, 0x10, 0, 0, 0)                            // by a word
	extend(1, 0x1f, 0, 0, 0)                            // one element that is longer than all of them
	extend(1, 0, 0, 0, 0x13)                            // one that has no body
	extend(1)                                           // nothing after its length
	report := []byte{0x81, 201, 0xff, 0xff, 0, 0, 0, 1} // and of reports: longer than the packet, more than there are
	list = append(list, report, report[:3], append([]byte{0x9f, 200, 0, 1}, report[4:]...))
	return list
}

// liar tells lies between the true packets of media.
type liar struct {
	on         atomic.Bool
	sent, told atomic.Uint64
}

// lyingLine is a liar's line of one peer connection.
type lyingLine struct {
	net.PacketConn
	*liar
}

func (l lyingLine) WriteTo(b []byte, to net.Addr) (int, error) {
	isRTP := len(b) > 12 && b[0]&0xc0 == 0x80 && (b[1] < 192 || b[1] > 223)
	if isRTP && l.on.Load() && l.sent.Add(1)%4 == 0 { // a few: this is no flood
		for _, lie := range lies(b) {
			_, _ = l.PacketConn.WriteTo(lie, to)
			l.told.Add(1)
		}
	}
	return l.PacketConn.WriteTo(b, to)
}

// Packets that lie about themselves, from the address of somebody who is in and sends, take nothing from anybody: not from
// the meeting next door, nor from that person's own pictures.
func TestPacketsThatLie(t *testing.T) {
	t.Parallel()
	w := start(t)
	nextDoor(t, w)
	dora := w.enter(t, "r", "dora")
	var lying liar
	w.tune = func(e *webrtc.SettingEngine) { // answers of one server on one port would be taken for those of another connection
		mux := webrtc.NewICEUDPMux(quiet{}.NewLogger(""), lyingLine{port(t), &lying})
		t.Cleanup(func() { _ = mux.Close() })
		e.SetICEUDPMux(mux)
	}
	eve := w.enter(t, "r", "eve")
	eve.publish(video, "cam", "cam", gcm)
	stream := dora.gets(eve, "cam", 10)
	lying.on.Store(true)
	until(t, func() string {
		if n := lying.told.Load(); n < 300 {
			return fmt.Sprintf("%d lies were told", n)
		}
		return ""
	})
	lying.on.Store(false)
	dora.mu.Lock()
	before := dora.received[stream]
	dora.mu.Unlock()
	dora.gets(eve, "cam", before+20)

	// Genuine ones can lie about what is in them: padding, and what extensions there are.
	opus := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	odd, err := webrtc.NewTrackLocalStaticRTP(opus, "odd", "x")
	eve.must(err)
	eve.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: "odd", Type: audio, Source: livekit.TrackSource_MICROPHONE, Encryption: gcm,
	}}})
	eve.until("announced", func() bool { return eve.published["odd"] != nil })
	eve.negotiating.Lock()
	_, err = eve.pub.AddTransceiverFromTrack(odd, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	eve.must(err)
	eve.exchange(nil)
	eve.negotiating.Unlock()
	p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: 1}, Payload: []byte{0x10, 0, 0, 0}}
	send := func(change func(p *rtp.Packet)) {
		p.SequenceNumber++
		p.Timestamp += 900
		lie := *p
		lie.Payload = slices.Clone(p.Payload)
		change(&lie)
		eve.must(odd.WriteRTP(&lie))
	}
	eve.mu.Lock()
	heard := eve.join.GetParticipant().GetSid() + "|" + eve.published["odd"].GetSid()
	eve.mu.Unlock()
	arrives := func(n int) {
		t.Helper()
		until(t, func() string {
			send(func(*rtp.Packet) {})
			dora.mu.Lock()
			defer dora.mu.Unlock()
			if got := dora.received[heard]; got < n {
				return fmt.Sprintf("%d true packets have arrived, want %d", got, n)
			}
			return ""
		})
	}
	arrives(1)
	for range 100 {
		send(func(p *rtp.Packet) { p.Padding, p.Payload[3] = true, 0xff })
		send(func(p *rtp.Packet) { p.Padding, p.Payload[3] = true, 0 })
		send(func(p *rtp.Packet) { p.Padding, p.Payload = true, nil })
		send(func(p *rtp.Packet) { p.Payload = nil })
		send(func(p *rtp.Packet) { // an element that is longer than all of them
			p.Extension, p.ExtensionProfile = true, 0x1234
			eve.must(p.SetExtension(0, []byte{0x1f, 0, 0, 0}))
			p.ExtensionProfile = 0xbede
		})
		send(func(p *rtp.Packet) { p.CSRC = make([]uint32, 15) })
	}
	arrives(700)             // of which the lies are 600 at most
	until(t, func() string { // one that is asked for again is missing for a moment
		left := eve.left()
		dora.mu.Lock()
		defer dora.mu.Unlock()
		ends := 0
		for n := range dora.numbers[stream] {
			if !dora.numbers[stream][n+1] {
				ends++
			}
		}
		if ends != 1 || dora.leave != nil || left != nil {
			return fmt.Sprintf("eve's picture came in %d pieces, left: %v, %v", ends, dora.leave, left)
		}
		return ""
	})
}
