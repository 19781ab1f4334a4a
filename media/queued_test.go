package media

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// queued is a line to a receiver, and the receiver, in virtual time: packets wait for their turn, and those that would wait
// for too long are lost. Sound is to be there in time, and pictures are to move.
type queued struct {
	s       *subscriber
	carries atomic.Int64  // bits per second; 0: any
	most    time.Duration // that a packet waits
	delay   time.Duration
	jitter  func() time.Duration
	lose    func() bool
	other   atomic.Int64   // another picture of so many bits per second comes; 0: none
	reports sync.WaitGroup // on their way to the server
	heard   io.Writer      // where those of arrivals come to

	mu       sync.Mutex
	free     time.Time
	last     time.Time
	recorder *twcc.Recorder
	next     map[uint32]uint16
	missing  map[uint32]map[uint16]time.Time
	spoken   uint32 // sounds that were sent
	sounds   map[uint32]time.Duration
	parts    map[[2]uint32]map[byte]bool
	whole    map[[2]uint32]byte
	shown    [2]uint32
	showed   time.Time
	asked    time.Time
	frames   []frame
	longest  time.Duration
	wants    [3]bool
	again    int
	padding  int
}

type frame struct {
	at    time.Time
	layer uint32
}

// feed is where packets, or reports, come from in a test.
type feed chan []byte

func (f feed) Read(b []byte) (int, interceptor.Attributes, error) {
	p, ok := <-f
	if !ok {
		return 0, nil, io.EOF
	}
	return copy(b, p), nil, nil
}

func (f feed) Write(b []byte) (int, error) {
	f <- b
	return len(b), nil
}

// end is one track of the receiver's.
type end struct {
	webrtc.TrackLocalContext
	q    *queued
	kind webrtc.RTPCodecType
	ssrc webrtc.SSRC
	says feed
}

func (e *end) ID() string                           { return fmt.Sprint(e.ssrc) }
func (e *end) SSRC() webrtc.SSRC                    { return e.ssrc }
func (e *end) SSRCRetransmission() webrtc.SSRC      { return e.ssrc + 100 }
func (e *end) WriteStream() webrtc.TrackLocalWriter { return e }
func (e *end) Write([]byte) (int, error)            { return 0, io.ErrClosedPipe }
func (e *end) HeaderExtensions() []webrtc.RTPHeaderExtensionParameter {
	return []webrtc.RTPHeaderExtensionParameter{{URI: sdp.TransportCCURI, ID: 3}}
}

func (e *end) CodecParameters() []webrtc.RTPCodecParameters {
	return []webrtc.RTPCodecParameters{
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus}, PayloadType: 111},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8}, PayloadType: 96},
		{RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeRTX, SDPFmtpLine: "apt=96"}, PayloadType: 97},
	}
}

func (e *end) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	p := &rtp.Packet{Header: h.Clone(), Payload: append([]byte(nil), payload...)}
	q, now := e.q, time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.lose != nil && q.lose() {
		return len(payload), nil
	}
	at := now
	if rate := q.carries.Load(); rate > 0 {
		if q.free.Before(now) {
			q.free = now
		}
		if q.free.Sub(now) > q.most {
			return len(payload), nil
		}
		q.free = q.free.Add(time.Duration(int64(len(payload)+int(h.PaddingSize)+50) * 8 * int64(time.Second) / rate))
		at = q.free
	}
	at = at.Add(q.delay)
	if q.jitter != nil {
		at = at.Add(q.jitter())
	}
	if at.Before(q.last) {
		at = q.last
	}
	q.last = at
	time.AfterFunc(at.Sub(now), func() { e.arrive(p) })
	return len(payload), nil
}

// arrive is what the receiver does with a packet.
func (e *end) arrive(p *rtp.Packet) {
	q, now := e.q, time.Now()
	q.mu.Lock()
	defer q.mu.Unlock()
	if b := p.GetExtension(3); len(b) == 2 {
		q.recorder.Record(p.SSRC, binary.BigEndian.Uint16(b), now.UnixMicro())
	}
	number, body := p.SequenceNumber, p.Payload
	if p.PayloadType == 97 {
		if len(body) == 0 {
			q.padding++
			return
		}
		q.again++
		number, body = binary.BigEndian.Uint16(body), body[2:]
	}
	if e.kind == webrtc.RTPCodecTypeAudio {
		sent := time.UnixMicro(int64(binary.BigEndian.Uint64(body[4:])))
		q.sounds[binary.BigEndian.Uint32(body)] = now.Sub(sent)
		q.longest = max(q.longest, now.Sub(sent))
		return
	}
	ssrc := uint32(e.ssrc)
	if q.missing[ssrc] == nil {
		q.missing[ssrc], q.next[ssrc] = map[uint16]time.Time{}, number
	}
	for ; int16(number-q.next[ssrc]) >= 0; q.next[ssrc]++ {
		q.missing[ssrc][q.next[ssrc]] = now
	}
	delete(q.missing[ssrc], number)
	q.see(body, now)
	if now.Sub(q.showed) > 300*time.Millisecond && now.Sub(q.asked) > time.Second/2 {
		q.asked = now
		q.tell(e.says, &rtcp.PictureLossIndication{MediaSSRC: ssrc})
	}
}

// see shows pictures that are whole and follow what was shown.
func (q *queued) see(body []byte, now time.Time) {
	for before := len(q.frames); ; before = len(q.frames) {
		if q.shows(body, now); len(q.frames) == before {
			return
		}
		body = slices.Clone(body)
		binary.BigEndian.PutUint32(body[3:], q.shown[1]+1)
		next := [2]uint32{q.shown[0], q.shown[1] + 1}
		if q.parts[next] == nil {
			return
		}
		for part := range q.parts[next] {
			body[7] = part
		}
		body[8], body[9] = q.whole[next], 0
	}
}

// shows is see for one picture.
func (q *queued) shows(body []byte, now time.Time) {
	layer, number, part, parts, key := uint32(body[2]), binary.BigEndian.Uint32(body[3:]), body[7], body[8], body[9] == 1
	id := [2]uint32{layer, number}
	if q.parts[id] == nil {
		q.parts[id] = map[byte]bool{}
	}
	q.parts[id][part] = true
	q.whole[id] = parts
	follows := layer == q.shown[0] && number == q.shown[1]+1
	fresh := key && (number > q.shown[1] || number == q.shown[1] && layer > q.shown[0])
	if len(q.parts[id]) < int(parts) || !follows && !fresh {
		return
	}
	q.shown, q.showed = id, now
	q.frames = append(q.frames, frame{now, layer})
}

// halt lets nothing through for a while.
func (q *queued) halt(d time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free = time.Now().Add(d)
}

// tell sends a report to the server.
func (q *queued) tell(to io.Writer, p ...rtcp.Packet) {
	b, err := rtcp.Marshal(p)
	if err != nil {
		panic(err)
	}
	q.reports.Add(1)
	time.AfterFunc(q.delay, func() {
		defer q.reports.Done()
		_, _ = to.Write(b)
	})
}
