package guest

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// sender is a track that the guest sends.
type sender struct {
	tracks []*webrtc.TrackLocalStaticRTP // layers, the smallest first
	tr     *webrtc.RTPTransceiver
	wants  [3]atomic.Bool // a whole picture, of each layer
	most   atomic.Int32   // best layer that anybody wants; -1: none
	target *atomic.Int64  // bit/s that the line is thought to carry
}

func newSender(pc *webrtc.PeerConnection, kind webrtc.RTPCodecType, cid string, target *atomic.Int64) (*sender, error) {
	s := &sender{target: target}
	s.most.Store(int32(len(layers) - 1))
	codec, names := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}, []string{""}
	if kind == webrtc.RTPCodecTypeVideo {
		codec, names = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, nil
		for _, l := range layers {
			names = append(names, l.rid)
		}
	}
	for i, name := range names {
		var options []func(*webrtc.TrackLocalStaticRTP)
		if name != "" {
			options = append(options, webrtc.WithRTPStreamID(name))
		}
		t, err := webrtc.NewTrackLocalStaticRTP(codec, cid, "guest", options...)
		if err != nil {
			return nil, err
		}
		s.tracks = append(s.tracks, t)
		if i == 0 {
			s.tr, err = pc.AddTransceiverFromTrack(t, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
		} else {
			err = s.tr.Sender().AddEncoding(t)
		}
		if err != nil {
			return nil, err
		}
		s.wants[i].Store(true)
		go s.feedback(i, name)
	}
	return s, nil
}

// feedback hears of whole pictures that are wanted.
func (s *sender) feedback(i int, rid string) {
	b := make([]byte, 1500)
	for {
		var n int
		var err error
		if rid == "" {
			n, _, err = s.tr.Sender().Read(b)
		} else {
			n, _, err = s.tr.Sender().ReadSimulcast(b, rid)
		}
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(b[:n])
		if err != nil {
			continue
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				s.wants[i].Store(true)
			}
		}
	}
}

// every calls f at even times until ctx ends.
func every(ctx context.Context, interval time.Duration, f func(n uint32, now time.Time)) {
	next := time.Now()
	clock := time.NewTimer(0)
	defer clock.Stop()
	for n := uint32(0); ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		f(n, next)
		next = next.Add(interval)
		clock.Reset(time.Until(next))
	}
}

func (s *sender) sound(ctx context.Context) {
	every(ctx, soundEvery, func(n uint32, now time.Time) {
		body := stamp{number: n, sent: now}.append(make([]byte, soundSize-stampSize))
		body[0] = 0x78
		_ = s.tracks[0].WriteRTP(&rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: uint16(n), Timestamp: n * 960}, Payload: body})
	})
}

// fits is how many layers the line carries beside the sound.
func (s *sender) fits() int {
	left, n := float64(s.target.Load())-50_000, 0
	for _, l := range layers {
		if left -= float64(l.rate) * 1.1; left < 0 && n > 0 {
			break
		}
		n++
	}
	return min(n, int(s.most.Load())+1)
}

func (s *sender) picture(ctx context.Context) {
	var numbers [3]uint16
	was := 0
	every(ctx, pictureEvery, func(n uint32, now time.Time) {
		fits := s.fits()
		for i := was; i < fits; i++ {
			s.wants[i].Store(true)
		}
		was = fits
		for i, l := range layers[:fits] {
			key := s.wants[i].Swap(false)
			size := int(float64(l.rate) / 8 * pictureEvery.Seconds())
			if key {
				size *= 3
			}
			parts := (size + 1099) / 1100
			for part := range parts {
				body := append(begin(n, part == 0, key, l), make([]byte, size/parts)...)
				body = stamp{layer: byte(i), part: byte(part), parts: byte(parts), key: key, number: n, sent: now}.append(body)
				p := &rtp.Packet{
					Header:  rtp.Header{Version: 2, SequenceNumber: numbers[i], Timestamp: n * 6000, Marker: part == parts-1},
					Payload: body,
				}
				numbers[i]++
				s.label(p, l.rid)
				_ = s.tracks[i].WriteRTP(p)
			}
		}
	})
}

// label says in the packet which layer it is of.
func (s *sender) label(p *rtp.Packet, rid string) {
	for _, e := range s.tr.Sender().GetParameters().HeaderExtensions {
		switch e.URI {
		case sdp.SDESMidURI:
			_ = p.SetExtension(uint8(e.ID), []byte(s.tr.Mid()))
		case sdp.SDESRTPStreamIDURI:
			_ = p.SetExtension(uint8(e.ID), []byte(rid))
		}
	}
}

// begin is what a packet of VP8 begins with.
func begin(number uint32, first, key bool, l layer) []byte {
	b := []byte{0x80, 0x80, 0x80 | byte(number>>8&0x7f), byte(number)}
	if !first {
		return b
	}
	b[0] |= 0x10
	if !key {
		return append(b, 0x11, 0x10, 0x00)
	}
	return append(b, 0x10, 0x10, 0x00, 0x9d, 0x01, 0x2a, byte(l.width), byte(l.width>>8), byte(l.height), byte(l.height>>8))
}
