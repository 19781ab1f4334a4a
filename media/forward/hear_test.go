package forward

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v5/packetio"
	"github.com/pion/webrtc/v4"
)

// reported is a report of arrivals with these parts, and what is said of times.
func reported(first, count uint16, reference uint32, parts []uint16, times ...byte) []byte {
	b := []byte{0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, first), count)
	b = binary.BigEndian.AppendUint32(b, reference<<8)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint16(b, p)
	}
	b = append(b, times...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	return b
}

// joined is a peer connection of ours that sends a track to one of theirs, on which read is what comes.
func joined(t *testing.T, track *Track, echo *Echo, read func(*webrtc.TrackRemote)) *Sender {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var e webrtc.SettingEngine
	e.SetIncludeLoopbackCandidate(true)
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	receiving, err := Receiving(e)
	must(err)
	theirs, err := receiving.NewPeerConnection(webrtc.Configuration{})
	must(err)
	t.Cleanup(func() { _ = theirs.GracefulClose() })
	e.BufferFactory = echo.Buffers
	sending, err := Sending(e)
	must(err)
	ours, err := sending.NewPeerConnection(webrtc.Configuration{})
	must(err)
	t.Cleanup(func() { _ = ours.GracefulClose() })
	theirs.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { read(t) })
	sender := track.Send("s", echo)
	rtp, err := ours.AddTrack(sender)
	must(err)
	var controls sync.WaitGroup
	controls.Go(func() { sender.Control(rtp) })
	t.Cleanup(func() { _ = ours.Close(); controls.Wait() })
	for _, from := range []*webrtc.PeerConnection{ours, theirs} {
		to := map[bool]*webrtc.PeerConnection{true: theirs, false: ours}[from == ours]
		d, err := from.CreateOffer(nil)
		if from == theirs {
			d, err = from.CreateAnswer(nil)
		}
		must(err)
		gathered := webrtc.GatheringCompletePromise(from)
		must(from.SetLocalDescription(d))
		<-gathered
		must(to.SetRemoteDescription(*from.LocalDescription()))
	}
	return sender
}

// Where packets that are sent once more come last, reports of arrivals name the stream that those are on. They are heard
// all the same: soon something has been said of every packet.
func TestReportsThatNameTheOtherStream(t *testing.T) {
	t.Parallel()
	var asks asked
	track, echo := testTrack(&asks), NewEcho(func() {}, atOnce)
	sender := joined(t, track, echo, func(r *webrtc.TrackRemote) {
		for b := make([]byte, mtu); ; {
			if _, _, err := r.Read(b); err != nil {
				return
			}
		}
	})
	sender.Fill(200_000)
	begun, first, number := time.Now(), uint16(0), uint16(0)
	for known := uint16(0); known < 300; time.Sleep(5 * time.Millisecond) {
		now := time.Now()
		if now.Sub(begun) > 20*time.Second {
			t.Fatalf("something has been said of %d packets, of that after them nothing", known)
		}
		number++
		payload := append([]byte{0x10, 0, 0}, make([]byte, 97)...)
		track.forward(&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 11, SequenceNumber: number, Timestamp: uint32(number) * 450, Marker: true}, Payload: payload}, 2, now)
		echo.mu.Lock()
		if echo.told.IsZero() {
			first = echo.next // it is not connected before
		}
		for known = 0; known < echo.next-first && !echo.sent[(first+known)%echoKept].open; {
			known++
		}
		echo.mu.Unlock()
	}
	if n := track.Counters.Again.Load(); n < 100 {
		t.Errorf("%d packets were sent again", n)
	}
}

// What a receiver reports may be anything.
func TestEchoBearsAnything(t *testing.T) {
	f := newFar(t, 4_000_000)
	const all, many = 0x2000 | 0x1fff, 0x8000                // came: a row of them, and any of fourteen
	f.echo.heard(reported(0, 1, 0, []uint16{all}, 1), f.now) // nothing has been sent
	f.send(time.Second)
	for _, b := range [][]byte{
		nil,
		reported(0, 0, 0, nil),
		reported(0, 0xffff, 0, []uint16{all}),
		reported(0, 100, 0, []uint16{all, all}),
		reported(0xfffe, 3, 0xffffff, []uint16{all}, 1, 2),
		reported(0, 2, 0, []uint16{0xc000 | 3<<12 | 2<<10 | 1<<8}, 0x7f),
		reported(0, 14, 0, []uint16{many | 0x3fff})[:20],
		reported(0, 14, 0, []uint16{0, 0, 0}),
	} {
		for n := range b {
			f.echo.heard(b[:n], f.now)
		}
		f.echo.heard(b, f.now)
		f.echo.Arrivals(f.now)
	}
}

// Every kind of report is read as pion reads it.
func FuzzReport(f *testing.F) {
	f.Add(reported(7, 3, 9, []uint16{0x2003}, 1, 2, 3))
	f.Add(reported(65535, 9, 0xffffff, []uint16{0x4002, 0xc000 | 1<<12 | 2<<10 | 3<<8, 0x8000}, 0x80, 0, 0x7f, 0xff, 5, 0xff, 0x38))
	f.Add(reported(0, 40, 1, []uint16{0x8000 | 0x2aaa, 0xbfff, 0x0002, 0x6001, 0xffff}, make([]byte, 40)...))
	f.Add(reported(0, 2048, 1, []uint16{0, 0x0fff}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := readNotice(b)
		var theirs rtcp.TransportLayerCC
		if !ok || theirs.Unmarshal(b) != nil {
			for range r.arrivals { // ends
			}
			return
		}
		var want []int64
		number, came, left, deltas := theirs.BaseSequenceNumber, int64(0), int(theirs.PacketStatusCount), theirs.RecvDeltas
		for _, c := range theirs.PacketChunks {
			var symbols []uint16
			switch c := c.(type) {
			case *rtcp.RunLengthChunk:
				symbols = slices.Repeat([]uint16{c.PacketStatusSymbol}, int(c.RunLength))
			case *rtcp.StatusVectorChunk:
				symbols = c.SymbolList
			}
			for _, s := range symbols[:min(left, len(symbols))] {
				if s == rtcp.TypeTCCPacketReceivedSmallDelta || s == rtcp.TypeTCCPacketReceivedLargeDelta {
					came += deltas[0].Delta
					deltas = deltas[1:]
					want = append(want, int64(number), came)
				}
				number++
			}
			left -= min(left, len(symbols))
		}
		var got []int64
		for number, came := range r.arrivals {
			got = append(got, int64(number), came.Microseconds())
		}
		if !slices.Equal(got, want) || r.reference != theirs.ReferenceTime {
			t.Errorf("read %v, want %v", got, want)
		}
	})
}

// Reports of arrivals are heard whichever stream they are about, and only they; a fault in that is the guard's matter. What
// else comes waits to be read.
func TestBuffers(t *testing.T) {
	guarded := 0
	echo := NewEcho(func() {}, func(f func()) { guarded++; f() })
	echo.leaves(100, time.Now())
	wish, err := (&rtcp.PictureLossIndication{MediaSSRC: 4711}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	arrived := reported(0, 1, 1, []uint16{0x2001}, 1)
	buffer := echo.Buffers(packetio.RTCPBufferPacket, 99)
	for _, b := range [][]byte{arrived, wish, arrived[:8], wish[:2]} {
		if n, err := buffer.Write(b); n != len(b) || err != nil {
			t.Fatal(n, err)
		}
	}
	if a := echo.Arrivals(time.Now()); !a.Told || guarded != 2 || len(echo.trail) != 1 {
		t.Errorf("%+v, guarded %d times, %d arrivals", a, guarded, len(echo.trail))
	}
	b := make([]byte, 100)
	for _, want := range [][]byte{wish, wish[:2]} {
		if n, err := buffer.Read(b); err != nil || !bytes.Equal(b[:n], want) {
			t.Errorf("read %x, want %x: %v", b[:n], want, err)
		}
	}
	media := echo.Buffers(packetio.RTPBufferPacket, 99)
	if _, err := media.Write(arrived); err != nil {
		t.Fatal(err)
	}
	if n, err := media.Read(b); err != nil || !bytes.Equal(b[:n], arrived) {
		t.Errorf("read %x: %v", b[:n], err)
	}
	for kind, most := range map[packetio.BufferPacketType]int{packetio.RTCPBufferPacket: reportsWaits, packetio.RTPBufferPacket: mediaWaits} {
		full, taken := echo.Buffers(kind, 1), 0
		for ; taken < 2*most; taken += 1000 {
			if _, err := full.Write(make([]byte, 1000)); errors.Is(err, packetio.ErrFull) {
				break
			}
		}
		if taken > most {
			t.Errorf("%d bytes wait", taken)
		}
	}
}
