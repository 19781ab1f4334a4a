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
	track   *Track
	stream  string
	echo    *Echo
	out     atomic.Pointer[binding]
	paused  atomic.Bool
	useless atomic.Bool   // the receiver lacks the codec
	held    atomic.Bool   // the receiver is not connected yet
	starved atomic.Bool   // the line to the receiver has no room for it
	lost    atomic.Uint32 // 256ths of the packets
	flow    flow

	mu       sync.Mutex // held while a packet is rewritten and handed over: header is reused
	want     int        // best quality that is of use
	room     int        // best quality that the line has room for
	layer    *layer     // the one that is sent
	rewrite  rewriter
	pictures pictures
	history  history
	header   rtp.Header
	wide     [2]byte         // the number of the packet that is sent, among all of the receiver's
	numbered []rtp.Extension // header extensions with it; nil if the receiver has no use for it
	filling  filling
	packets  uint32 // sent
	octets   uint32 // of their payloads
}

type binding struct {
	id   string
	ssrc uint32
	pt   uint8
	to   webrtc.TrackLocalWriter

	red     uint8  // payload type of sound with redundancy, 0 if there is none
	rtxSSRC uint32 // of the stream for packets that are sent again, 0 if there is none
	rtxPT   uint8

	since time.Time
}

// Bind is called by the peer connection when the receiver is ready to receive.
func (s *Sender) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	codec, ok := s.choose(c.CodecParameters())
	if !ok {
		s.useless.Store(true)
		return webrtc.RTPCodecParameters{}, fmt.Errorf("receiver takes no %s: %w", s.track.Codec.MimeType, webrtc.ErrUnsupportedCodec)
	}
	now := time.Now()
	b := &binding{id: c.ID(), ssrc: uint32(c.SSRC()), pt: uint8(codec.PayloadType), to: c.WriteStream(), since: now}
	if !s.track.video {
		b.red = redOf(codec.PayloadType, c.CodecParameters())
	}
	if pt, ok := again(c.CodecParameters(), codec.PayloadType); ok {
		b.rtxSSRC, b.rtxPT = uint32(c.SSRCRetransmission()), pt
	}
	s.mu.Lock()
	s.numbered = s.extensions(c.HeaderExtensions())
	s.mu.Unlock()
	s.out.Store(b)
	if !s.held.Load() {
		s.ask(now, true)
	}
	return codec, nil
}

// Useless says whether the receiver has turned out not to have the track's codec.
func (s *Sender) Useless() bool { return s.useless.Load() }

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

// again finds the payload type under which packets of another one are sent again.
func again(codecs []webrtc.RTPCodecParameters, of webrtc.PayloadType) (pt uint8, ok bool) {
	for _, c := range codecs {
		if isCodec(c.MimeType, webrtc.MimeTypeRTX) && c.SDPFmtpLine == fmt.Sprintf("apt=%d", of) {
			return uint8(c.PayloadType), true
		}
	}
	return 0, false
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

// Prefer sets the best quality that is of use to this receiver. The switch comes with the next key frame.
func (s *Sender) Prefer(quality int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.want = quality
}

// String says how far the track has come on its way, for a log.
func (s *Sender) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("%d packets, bound %v, held %v, paused %v, starved %v, waiting %v",
		s.packets, s.out.Load() != nil, s.held.Load(), s.paused.Load(), s.starved.Load(), s.rewrite.waiting())
}

// ask asks for a key frame of the layer that the receiver gets; a fresh one does not get any yet.
func (s *Sender) ask(now time.Time, fresh bool) {
	s.mu.Lock()
	l := s.layer
	if fresh || !l.alive(now) {
		l = s.track.target(s.most(), l, now)
	}
	s.mu.Unlock()
	s.track.wantKeyFrame(l, now, fresh)
}

// takes says whether a packet of a layer is for this receiver: of the present layer, or of the one to switch to.
// waiting is true if the switch waits for a key frame.
func (s *Sender) takes(l *layer, key bool, now time.Time) (ok, waiting bool) {
	switch {
	case l == s.layer && !s.leaves(l, now):
		return true, false
	case l != s.track.target(s.most(), s.layer, now):
		return false, false
	case s.track.video && !key && s.layer.alive(now):
		return false, true
	default:
		return true, false
	}
}

// leaves says whether a layer is not to go on after a break: another one is wanted.
func (s *Sender) leaves(l *layer, now time.Time) bool {
	return s.rewrite.waiting() && l != s.track.target(s.most(), l, now)
}

// write sends one packet of a layer; waiting is true if the receiver cannot go on, or switch, without a key frame of it.
func (s *Sender) write(l *layer, h *rtp.Header, d descriptor, payload []byte, key bool, now time.Time) (waiting bool) {
	b := s.out.Load()
	if b == nil || s.stopped() {
		if b != nil && s.starved.Load() && !s.paused.Load() {
			s.pad(b, now)
		}
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if ok, waiting := s.takes(l, key, now); !ok {
		return waiting
	}
	if !key && s.open(b, l, now) {
		return false // this packet was among those
	}
	return s.send(b, l, h, d, payload, key, now)
}

// send rewrites one packet and hands it over; waiting is as in write. The lock is held.
func (s *Sender) send(b *binding, l *layer, h *rtp.Header, d descriptor, payload []byte, key bool, now time.Time) (waiting bool) {
	pt := b.pt
	if s.track.RED != 0 && h.PayloadType == s.track.RED {
		if pt, payload = s.redundant(b, payload); payload == nil {
			return false
		}
	}
	number, ts, ok := s.rewrite.next(h, key, now, s.since(l, h.Timestamp))
	if !ok {
		return s.rewrite.waiting()
	}
	if s.history.has(number, l, h.SequenceNumber) {
		return false
	}
	if s.layer != nil && l.quality > s.layer.quality {
		s.filling = filling{} // a better picture fills the line itself
	}
	s.layer = l
	payload = s.pictures.next(d, h.SSRC, payload)
	s.header = *h
	s.header.SSRC, s.header.PayloadType, s.header.SequenceNumber, s.header.Timestamp = b.ssrc, pt, number, ts
	s.number(len(payload))
	if n, err := b.to.WriteRTP(&s.header, payload); n == 0 || err != nil {
		s.rewrite.pause() // not ready yet, or not any more: a key frame that nobody got begins nothing
		return s.rewrite.waiting()
	}
	s.packets++
	s.octets += uint32(len(payload))
	s.flow.sent(len(payload))
	s.track.Counters.Out.Add(1)
	if !s.track.video {
		return false // lost sound is not asked for again: it would come too late
	}
	s.history.note(now, was{
		layer: l, out: number, number: h.SequenceNumber, time: s.rewrite.time, pid: s.pictures.pid, tl0: s.pictures.tl0,
		at: now.UnixNano(),
	})
	if h.Marker {
		s.fill(b, now)
	}
	return false
}

// Control reads what the receiver reports until it ends, and passes its requests for key frames on.
func (s *Sender) Control(r Reader) {
	buf := make([]byte, mtu)
	for {
		n, _, err := r.Read(buf)
		if err != nil {
			return
		}
		packets, err := rtcp.Unmarshal(buf[:n])
		if err != nil {
			continue // what cannot be read is passed over
		}
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.ReceiverReport:
				s.reported(p.Reports)
			case *rtcp.SenderReport:
				s.reported(p.Reports)
			case *rtcp.ReceiverEstimatedMaximumBitrate:
				s.flow.estimated(p.Bitrate)
			case *rtcp.TransportLayerNack:
				s.resend(p, time.Now())
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				b, now := s.out.Load(), time.Now()
				s.ask(now, b != nil && now.Sub(b.since) < freshFor)
			}
		}
	}
}

// reported notes what the receiver says of the packets that were sent to it.
func (s *Sender) reported(list []rtcp.ReceptionReport) {
	b := s.out.Load()
	for _, r := range list {
		if b != nil && r.SSRC == b.ssrc {
			s.noteLoss(r.FractionLost)
			s.flow.lost(r.FractionLost)
		}
	}
}
