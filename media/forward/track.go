// Package forward is the hot path of a call: it receives one sender's packets, rewrites them for each receiver and sends
// them on.
//
// It guarantees that every receiver sees one unbroken stream per track, whatever happens to its source: sequence numbers
// without invented gaps, time that only goes forward, and video that begins with a key frame. Of several layers it
// forwards exactly one. It looks at headers and at the few bytes of a payload that frame encryption leaves in clear,
// never changes a payload, and knows packets only: no rooms, no people, no messages.
package forward

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// mtu is the largest packet that is received.
const mtu = 1500

// Tap sees every video packet that is forwarded, as the server has it, before it is rewritten. Tests use it to show what
// a server can see; header and payload are only valid during the call.
type Tap func(track string, header *rtp.Header, payload []byte)

// Counters count the packets that came in, went out, and went out again because somebody had not got them.
type Counters struct {
	In, Out, Again atomic.Uint64
}

// Reader is where the packets of one layer come from, or a receiver's reports. webrtc.TrackRemote and webrtc.RTPSender are
// such.
type Reader interface {
	Read(b []byte) (n int, attributes interceptor.Attributes, err error)
}

// Options say what a track is.
type Options struct {
	// ID names the track in session descriptions.
	ID string
	// Kind is audio or video.
	Kind webrtc.RTPCodecType
	// Codec is what the sender uses.
	Codec webrtc.RTPCodecCapability
	// RED is the payload type under which sound comes with what was before it, 0 if it does not.
	RED uint8
	// AskKeyFrame asks the sender of the layer with this SSRC for a key frame.
	AskKeyFrame func(ssrc uint32)
	// Counters are shared by all tracks of a server.
	Counters *Counters
	// Tap may be nil.
	Tap Tap
	// Level is the number of the header extension with a sound's level, 0 if there is none.
	Level uint8
	// Stage is where a voice needs a place to be heard in a large room; nil for what is always heard.
	Stage *Stage
}

// Track is one published track: what one sender sends, for any number of receivers.
type Track struct {
	Options
	video bool

	vp8      bool
	off      atomic.Bool // nobody gets it: it is silenced, or has no place on the stage
	silenced atomic.Bool
	// Levels is how loud a sound is.
	Levels Levels

	mu       sync.Mutex // held to change one of the lists
	outgoing atomic.Pointer[[]*Sender]
	layers   atomic.Pointer[[]*layer]
}

// NewTrack returns a track without receivers.
func NewTrack(o Options) *Track {
	t := &Track{Options: o, video: o.Kind == webrtc.RTPCodecTypeVideo, vp8: isCodec(o.Codec.MimeType, webrtc.MimeTypeVP8)}
	t.Levels.id = o.Level
	t.outgoing.Store(&[]*Sender{})
	t.layers.Store(&[]*layer{})
	return t
}

// Send returns the track as one receiver gets it, under the given stream name. It is to be added to a peer connection,
// its Control to be run, and Remove to be called at the end. echo is of all that the receiver gets; it may be nil.
func (t *Track) Send(stream string, echo *Echo) *Sender {
	s := &Sender{track: t, stream: stream, echo: echo, want: Best, room: Best, rewrite: rewriter{video: t.video, clock: t.Codec.ClockRate}}
	t.mu.Lock()
	defer t.mu.Unlock()
	list := append(slices.Clone(*t.outgoing.Load()), s)
	t.outgoing.Store(&list)
	return s
}

// Remove ends what Send began.
func (t *Track) Remove(s *Sender) {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := slices.DeleteFunc(slices.Clone(*t.outgoing.Load()), func(x *Sender) bool { return x == s })
	t.outgoing.Store(&list)
}

// Receive forwards the packets of one layer until its reader ends; the better its quality, the larger the number. Layers
// of one track may be received at the same time.
func (t *Track) Receive(r Reader, quality int) {
	buf := make([]byte, mtu)
	for {
		n, _, err := r.Read(buf)
		if err != nil {
			return
		}
		var p rtp.Packet
		if p.Unmarshal(buf[:n]) != nil {
			continue
		}
		t.forward(&p, quality, time.Now())
	}
}

func (t *Track) forward(p *rtp.Packet, quality int, now time.Time) {
	t.Counters.In.Add(1)
	l := t.layer(p.SSRC, quality)
	l.last.Store(now.UnixNano())
	l.arrivals.note(p.SequenceNumber)
	l.rate.note(overhead+len(p.Payload), now)
	var d descriptor
	key := false
	if !t.heard(&p.Header, now) {
		return
	}
	if t.video {
		key = isKeyFrame(t.Codec.MimeType, p.Payload)
		if t.Tap != nil {
			t.Tap(t.ID, &p.Header, p.Payload)
		}
	}
	if t.vp8 {
		d = describe(p.Payload)
	}

	// The sender's header extensions were negotiated with the sender alone.
	p.Extension, p.Extensions, p.ExtensionProfile = false, nil, 0
	if t.video {
		l.ring.put(&p.Header, d, p.Payload, key, now)
	}
	waiting := false
	for _, s := range *t.outgoing.Load() {
		waiting = s.write(l, &p.Header, d, p.Payload, key, now) || waiting
	}
	if waiting && l.keys.want(now, false) || l.keys.due(now) {
		t.AskKeyFrame(p.SSRC)
	}
}

// Silence has nothing of the track forwarded any more, or all again.
func (t *Track) Silence(on bool) { t.silenced.Store(on) }

// heard says whether a packet is forwarded. Where none is any more, receivers see one stream without a gap.
func (t *Track) heard(h *rtp.Header, now time.Time) bool {
	on := !t.silenced.Load()
	if on && !t.video {
		level, says := t.Levels.Observe(h)
		on = !says || t.Stage == nil || len(*t.outgoing.Load()) > 0 && t.Stage.hears(t, level, now)
	}
	if was := t.off.Swap(!on); !on && !was {
		for _, s := range *t.outgoing.Load() {
			s.interrupt()
		}
	}
	return on
}

// wantKeyFrame passes a receiver's wish for a layer on, merged with those of others. A fresh receiver has just begun: its
// picture must not wait for the next slot.
func (t *Track) wantKeyFrame(l *layer, now time.Time, fresh bool) {
	if !t.video || l == nil || !l.keys.want(now, fresh) {
		return
	}
	t.AskKeyFrame(l.ssrc)
}

func isCodec(mime, want string) bool { return strings.EqualFold(mime, want) }
