package media

import (
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// receive counts what comes of a track, and asks for a key frame as long as it cannot decode, as a browser does.
func (c *client) receive(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	for n := 0; ; n++ {
		p, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		c.mu.Lock()
		stream := remote.StreamID()
		c.misses(stream, p.SequenceNumber)
		c.received[stream]++
		if remote.Kind() == webrtc.RTPCodecTypeVideo && p.Payload[1]&1 == 0 {
			c.keys[stream]++
		}
		blind := remote.Kind() == webrtc.RTPCodecTypeVideo && c.keys[stream] == 0
		c.mu.Unlock()
		if blind && n%20 == 0 {
			_ = c.sub.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(remote.SSRC())}})
		}
	}
}

// misses counts the packets that have not come: one that was sent again is no gap any more. The lock is held.
func (c *client) misses(stream string, number uint16) {
	if c.numbers[stream] == nil {
		c.numbers[stream], c.lacks[stream], c.last[stream] = map[uint16]bool{}, map[uint16]bool{}, number-1
	}
	ahead, lacks := int16(number-c.last[stream]), c.lacks[stream]
	switch {
	case ahead > 1000: // another beginning
		c.gaps++
	case ahead > 0:
		for n := c.last[stream] + 1; n != number; n++ {
			lacks[n] = true
			c.gaps++
		}
	case lacks[number]:
		delete(lacks, number)
		c.gaps--
	case !c.numbers[stream][number]:
		c.gaps++
	}
	if ahead > 0 {
		c.last[stream] = number
	}
	c.numbers[stream][number] = true
}

// publish announces a track and sends fake packets until the client ends: one each 10 ms, video with a key frame at the
// beginning and after each request. Its name in descriptions may differ from that in messages, as in Firefox.
func (c *client) publish(kind livekit.TrackType, cid, sdpID string, enc livekit.Encryption_Type) (stop func()) {
	c.t.Helper()
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	source := livekit.TrackSource_MICROPHONE
	if kind == livekit.TrackType_VIDEO {
		codec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
		source = livekit.TrackSource_CAMERA
	}
	c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: cid, Type: kind, Source: source, Encryption: enc, Name: cid,
	}}})
	c.until("announced "+cid, func() bool { return c.published[cid] != nil })

	track, err := webrtc.NewTrackLocalStaticRTP(codec, sdpID, "stream")
	c.must(err)
	c.negotiating.Lock()
	tr, err := c.pub.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	c.must(err)
	c.exchange(nil)
	c.negotiating.Unlock()

	quit, want := make(chan struct{}), make(chan struct{}, 1)
	want <- struct{}{}
	c.sending.Go(func() { c.feedback(tr.Sender(), want) })
	c.sending.Go(func() { c.send(track, kind, want, quit) })
	return func() {
		close(quit)
		c.must(c.pub.RemoveTrack(tr.Sender()))
		c.offer()
	}
}

func (c *client) offer() {
	c.negotiating.Lock()
	defer c.negotiating.Unlock()
	c.exchange(nil)
}

// exchange offers and waits for the answer. negotiating is held.
func (c *client) exchange(options *webrtc.OfferOptions) {
	offer, err := c.pub.CreateOffer(options)
	c.must(err)
	c.describe(c.pub, offer)
	c.offers++
	c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{
		Offer: &livekit.SessionDescription{Type: "offer", Sdp: offer.SDP, Id: c.offers},
	}})
	clock, late := time.NewTicker(5*time.Millisecond), time.After(patience)
	defer clock.Stop()
	for c.pub.SignalingState() != webrtc.SignalingStateStable {
		select {
		case <-clock.C:
		case <-c.quit:
			return
		case <-late:
			c.t.Errorf("offer %d is not answered", c.offers)
			return
		}
	}
}

func (c *client) feedback(s *webrtc.RTPSender, want chan<- struct{}) {
	for {
		packets, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				c.mu.Lock()
				c.plis++
				c.mu.Unlock()
				select {
				case want <- struct{}{}:
				default:
				}
			}
		}
	}
}

func (c *client) send(track *webrtc.TrackLocalStaticRTP, kind livekit.TrackType, want <-chan struct{}, quit <-chan struct{}) {
	clock := time.NewTicker(10 * time.Millisecond)
	defer clock.Stop()
	p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: 65500}, Payload: make([]byte, c.size(kind))}
	for {
		select {
		case <-quit:
			return
		case <-c.quit:
			return
		case <-clock.C:
		}
		if c.level != nil && kind == livekit.TrackType_AUDIO {
			c.must(p.SetExtension(1, []byte{byte(c.level.Load())})) // the only one that there is
		}
		p.SequenceNumber++
		p.Timestamp += 900
		if kind == livekit.TrackType_VIDEO {
			p.Payload[0], p.Payload[1] = 0x10, 1
			if c.pub.ConnectionState() == webrtc.PeerConnectionStateConnected {
				select {
				case <-want:
					p.Payload[1] = 0
				default:
				}
			}
		}
		if track.WriteRTP(p) != nil {
			return
		}
	}
}
