package media

import (
	"encoding/binary"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v5/packetio"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/forward"
)

// soundEvery is the time between two sounds of a voice.
const soundEvery = 20 * time.Millisecond

// picture is a frame's packets of a layer, the size being in bits per second.
func picture(layer int, n uint32, number *uint16, bits int, key bool) (all [][]byte) {
	size := bits / 8 / 15
	if key {
		size *= 3
	}
	parts := (size + 1099) / 1100
	for part := range parts {
		body := make([]byte, max(size/parts, 20))
		if part == 0 {
			body[0] = 0x10
		}
		if !key {
			body[1] = 1
		}
		body[2], body[7], body[8] = byte(layer), byte(part), byte(parts)
		if key {
			body[9] = 1
		}
		binary.BigEndian.PutUint32(body[3:], n)
		*number++
		b, err := (&rtp.Packet{
			Header:  rtp.Header{Version: 2, SSRC: uint32(10 + layer), SequenceNumber: *number, Timestamp: n * 6000, Marker: part == parts-1},
			Payload: body,
		}).Marshal()
		if err != nil {
			panic(err)
		}
		all = append(all, b)
	}
	return all
}

// newQueued lets somebody receive a voice and a camera with three layers by such a line, until stop is called; and before
// the camera another one, which is off at first.
func newQueued() (q *queued, stop func()) {
	q = &queued{
		most: 250 * time.Millisecond, delay: 20 * time.Millisecond, recorder: twcc.NewRecorder(1), next: map[uint32]uint16{}, missing: map[uint32]map[uint16]time.Time{},
		sounds: map[uint32]time.Duration{}, parts: map[[2]uint32]map[byte]bool{}, whole: map[[2]uint32]byte{}, wants: [3]bool{true, true, true},
	}
	leg := &leg{do: make(chan func() error, legQueue), quit: make(chan struct{}), send: func(*livekit.SignalResponse) {}, fail: func(error) {}}
	q.s = &subscriber{leg: leg, log: zerolog.Nop(), incoming: map[string]incoming{}, ready: true}
	q.s.thin.echo = forward.NewEcho(q.s.alarm, func(f func()) { f() })
	q.heard = q.s.thin.echo.Buffers(packetio.RTCPBufferPacket, 1)
	var all sync.WaitGroup
	counters := &forward.Counters{}
	voice, camera, other := feed(make(chan []byte, 64)), [3]feed{}, feed(make(chan []byte, 64))
	tracks := []*forward.Track{
		forward.NewTrack(forward.Options{ID: "voice", Kind: webrtc.RTPCodecTypeAudio, Codec: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000}, Counters: counters}),
		forward.NewTrack(forward.Options{
			ID: "camera", Kind: webrtc.RTPCodecTypeVideo, Codec: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, Counters: counters,
			AskKeyFrame: func(ssrc uint32) {
				time.AfterFunc(10*time.Millisecond, func() {
					q.mu.Lock()
					defer q.mu.Unlock()
					q.wants[ssrc-10] = true
				})
			},
		}),
		forward.NewTrack(forward.Options{
			ID: "another", Kind: webrtc.RTPCodecTypeVideo, Codec: webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, Counters: counters,
			AskKeyFrame: func(uint32) {}, // it sends no others
		}),
	}
	all.Go(func() { tracks[0].Receive(voice, 0) })
	all.Go(func() { tracks[2].Receive(other, 0) })
	for i := range camera {
		camera[i] = make(chan []byte, 256)
		all.Go(func() { tracks[1].Receive(camera[i], i) })
	}
	var ends []*end
	for i, t := range tracks {
		e := &end{q: q, kind: t.Kind, ssrc: webrtc.SSRC(1000 + i), says: feed(make(chan []byte, 256))}
		send := t.Send("s", q.s.thin.echo)
		if _, err := send.Bind(e); err != nil {
			panic(err)
		}
		all.Go(func() { send.Control(e.says) })
		q.s.incoming[t.ID] = incoming{track: t, send: send, want: forward.Best, large: true, from: source{sid: "PA", speaks: &atomic.Bool{}}}
		ends = append(ends, e)
	}
	quit := make(chan struct{})
	var sources sync.WaitGroup // who fills the channels
	every := func(interval time.Duration, f func(n uint32)) {
		sources.Go(func() {
			clock := time.NewTicker(interval)
			defer clock.Stop()
			for n := uint32(1); ; n++ {
				select {
				case <-quit:
					return
				case <-clock.C:
					f(n)
				}
			}
		})
	}
	every(soundEvery, func(n uint32) {
		body := make([]byte, 80)
		binary.BigEndian.PutUint32(body, n)
		binary.BigEndian.PutUint64(body[4:], uint64(time.Now().UnixMicro()))
		b, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 5, SequenceNumber: uint16(n), Timestamp: n * 960}, Payload: body}).Marshal()
		q.mu.Lock()
		q.spoken = n
		q.mu.Unlock()
		voice <- b
	})
	numbers := [4]uint16{}
	every(time.Second/15, func(n uint32) {
		if bits := q.other.Load(); bits > 0 {
			for _, b := range picture(0, n, &numbers[3], int(bits)/3, true) {
				other <- b
			}
		}
		for i, bits := range []int{100_000, 300_000, 1_200_000} {
			q.mu.Lock()
			key := q.wants[i]
			q.wants[i] = false
			q.mu.Unlock()
			for _, b := range picture(i, n, &numbers[i], bits, key) {
				camera[i] <- b
			}
		}
	})
	every(100*time.Millisecond, func(uint32) {
		q.mu.Lock()
		defer q.mu.Unlock()
		for _, p := range q.recorder.BuildFeedbackPacket() {
			q.tell(q.heard, p)
		}
	})
	every(30*time.Millisecond, func(uint32) {
		q.mu.Lock()
		defer q.mu.Unlock()
		var lost []uint16
		for n, since := range q.missing[1001] {
			if time.Since(since) > time.Second/2 {
				delete(q.missing[1001], n)
			} else {
				lost = append(lost, n)
			}
		}
		slices.Sort(lost)
		if lost = lost[:min(len(lost), 250)]; len(lost) > 0 {
			q.tell(ends[1].says, &rtcp.TransportLayerNack{MediaSSRC: 1001, Nacks: rtcp.NackPairsFromSequenceNumbers(lost)})
		}
	})
	sources.Go(func() {
		clock := time.NewTicker(beatEvery)
		defer clock.Stop()
		for {
			select {
			case <-quit:
				return
			case <-clock.C:
				q.s.weigh(time.Now())
			case f := <-leg.do:
				_ = f()
			}
		}
	})
	return q, func() {
		close(quit)
		sources.Wait()
		time.Sleep(time.Second) // until all that is in the line has come
		q.reports.Wait()
		close(voice)
		close(other)
		for _, f := range camera {
			close(f)
		}
		for _, e := range ends {
			close(e.says)
		}
		all.Wait()
	}
}

// noticed is what a person would have, in some time.
type noticed struct {
	silent, longest time.Duration // without sound in time, in all; and the longest way of a sound
	freezes, frozen time.Duration
	steady, best    time.Duration // until pictures were there without standing still, and the best ones; -1: not
	silentUntil     time.Duration
	pictures, worse int // all, and those not in the best layer
}

func (q *queued) notice(d time.Duration) (n noticed) {
	const late = 200 * time.Millisecond
	q.mu.Lock()
	q.frames, q.longest = nil, 0
	begin := int(q.spoken)
	q.mu.Unlock()
	from := time.Now()
	time.Sleep(d)
	q.mu.Lock()
	defer q.mu.Unlock()
	n.longest, n.best, n.pictures = q.longest, -1, len(q.frames)
	underway := int((q.delay+late)/soundEvery) + 1 // sounds that may still come in time
	row := 0
	for i := max(1, begin+1-underway); i <= int(q.spoken)-underway; i++ {
		if way, came := q.sounds[uint32(i)]; came && way <= q.delay+late {
			row = 0
			continue
		}
		switch row++; {
		case row == 3:
			n.silent += 3 * soundEvery
		case row > 3:
			n.silent += soundEvery
		}
		if row >= 3 {
			n.silentUntil = time.Duration(i+1-begin) * soundEvery
		}
	}
	shown, since := from, time.Time{}
	for _, f := range append(q.frames, frame{time.Now(), 2}) {
		if still := f.at.Sub(shown); still > 217*time.Millisecond {
			n.freezes++
			n.frozen += still
			if still > 500*time.Millisecond {
				n.steady = f.at.Sub(from)
			}
		}
		shown = f.at
		switch {
		case f.layer < 2:
			n.worse++
			since = time.Time{}
		case since.IsZero():
			since = f.at
		case f.at.Sub(since) > 3*time.Second && n.best < 0:
			n.best = since.Sub(from)
		}
	}
	return n
}
