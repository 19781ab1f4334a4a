package forward

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// freshFor is how long after its beginning a receiver counts as fresh.
const freshFor = 3 * time.Second

// Sender is a track on its way to one receiver. It is a webrtc.TrackLocal.
type Sender struct {
	track  *Track
	stream string
	out    atomic.Pointer[binding]
	paused atomic.Bool

	mu      sync.Mutex // held while a packet is rewritten and handed over: header is reused
	rewrite rewriter
	header  rtp.Header
}

type binding struct {
	id    string
	ssrc  uint32
	pt    uint8
	to    webrtc.TrackLocalWriter
	since time.Time
}

// Bind is called by the peer connection when the receiver is ready to receive.
func (s *Sender) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codec, ok := s.choose(c.CodecParameters())
	if !ok {
		return webrtc.RTPCodecParameters{}, fmt.Errorf("receiver takes no %s: %w", s.track.Codec.MimeType, webrtc.ErrUnsupportedCodec)
	}
	now := time.Now()
	s.out.Store(&binding{id: c.ID(), ssrc: uint32(c.SSRC()), pt: uint8(codec.PayloadType), to: c.WriteStream(), since: now})
	s.track.wantKeyFrame(now, true)
	return codec, nil
}

// choose finds the track's codec among those of the receiver: with the same parameters if there is one, else by name.
func (s *Sender) choose(codecs []webrtc.RTPCodecParameters) (webrtc.RTPCodecParameters, bool) {
	found, ok := webrtc.RTPCodecParameters{}, false
	for _, c := range codecs {
		if !isCodec(c.MimeType, s.track.Codec.MimeType) {
			continue
		}
		if c.SDPFmtpLine == s.track.Codec.SDPFmtpLine {
			return c, true
		}
		if !ok {
			found, ok = c, true
		}
	}
	return found, ok
}

// Unbind is called by the peer connection when the receiver has ended.
func (s *Sender) Unbind(c webrtc.TrackLocalContext) error {
	if b := s.out.Load(); b != nil && b.id == c.ID() {
		s.out.CompareAndSwap(b, nil)
	}
	return nil
}

// ID names the track.
func (s *Sender) ID() string { return s.track.ID }

// RID is empty: receivers get one layer.
func (s *Sender) RID() string { return "" }

// StreamID names the stream that the track belongs to.
func (s *Sender) StreamID() string { return s.stream }

// Kind is audio or video.
func (s *Sender) Kind() webrtc.RTPCodecType { return s.track.Kind }

// Pause stops or resumes the flow to this receiver; video resumes with a key frame.
func (s *Sender) Pause(paused bool) {
	if s.paused.Swap(paused) == paused {
		return
	}
	if !paused {
		s.track.wantKeyFrame(time.Now(), true)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rewrite.pause()
}

// write sends one packet; waiting is true if the receiver cannot begin without a key frame.
func (s *Sender) write(h *rtp.Header, payload []byte, key bool, now time.Time) (waiting bool) {
	b := s.out.Load()
	if b == nil || s.paused.Load() {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	number, ts, ok := s.rewrite.next(h, key, now)
	if !ok {
		return s.rewrite.waiting()
	}
	s.header = *h
	s.header.SSRC, s.header.PayloadType, s.header.SequenceNumber, s.header.Timestamp = b.ssrc, b.pt, number, ts
	if n, err := b.to.WriteRTP(&s.header, payload); n == 0 || err != nil {
		s.rewrite.pause() // not ready yet, or not any more: a key frame that nobody got begins nothing
		return s.rewrite.waiting()
	}
	s.track.Counters.Out.Add(1)
	return false
}

// Control reads what the receiver reports until it ends, and passes its requests for key frames on.
func (s *Sender) Control(r *webrtc.RTPSender) {
	for {
		packets, _, err := r.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			switch p.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				b, now := s.out.Load(), time.Now()
				s.track.wantKeyFrame(now, b != nil && now.Sub(b.since) < freshFor)
			}
		}
	}
}
