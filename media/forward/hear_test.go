package forward

import (
	"sync"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

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
