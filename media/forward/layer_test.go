package forward

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// source sends one layer: its own numbers, times and pictures, one packet a picture.
type source struct {
	ssrc    uint32
	quality int
	seq     uint16
	ts      uint32
	pid     uint16
	tl0     uint8
}

// send sends the next picture of a layer. The payload names the layer behind the descriptor.
func (s *source) send(track *Track, now time.Time, key bool) {
	s.seq++
	s.ts += 3000
	s.pid++
	s.tl0++
	b := byte(deltaByte)
	if key {
		b = keyByte
	}
	track.forward(&rtp.Packet{
		Header:  rtp.Header{SSRC: s.ssrc, SequenceNumber: s.seq, Timestamp: s.ts, Marker: true},
		Payload: []byte{0x90, 0xc0, 0x80 | byte(s.pid>>8)&0x7f, byte(s.pid), s.tl0, b, byte(s.quality)},
	}, s.quality, now)
}

// A receiver gets the layer that it wants, from a key frame of it on, as one stream.
func TestLayers(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 0)
	now := time.Now()
	layers := []*source{
		{ssrc: 11, quality: 0, seq: 65530, ts: 5, pid: 0x7ffe, tl0: 250},
		{ssrc: 12, quality: 1, seq: 100, ts: 1 << 31, pid: 17, tl0: 9},
		{ssrc: 13, quality: 2, seq: 40000, ts: 1<<32 - 1, pid: 300, tl0: 99},
	}
	step := func(key ...int) {
		now = now.Add(33 * time.Millisecond)
		for i, l := range layers {
			l.send(track, now, slices.Contains(key, i))
		}
	}
	last := func() byte { return r.got[len(r.got)-1].Payload[6] }
	for range 3 {
		step(0, 1, 2)
	}
	if last() != 2 {
		t.Errorf("gets layer %d, want the best", last())
	}
	sender.Prefer(0)
	now = now.Add(keyGap)
	asks = nil
	step()
	step(1)
	if last() != 2 {
		t.Error("switched before there was a key frame")
	}
	if !slices.Contains(asks, 11) {
		t.Errorf("asked %v for key frames, want 11", asks)
	}
	step(0)
	if last() != 0 {
		t.Error("did not switch with the key frame")
	}
	sender.Prefer(1)
	for range 3 {
		step()
	}
	step(0, 1)
	if last() != 1 {
		t.Error("did not switch up")
	}
	layers = layers[:1] // the sender stops the others
	now = now.Add(2 * layerSilence)
	step()
	step(0)
	if last() != 0 {
		t.Error("did not fall back to what there is")
	}
	for i, p := range r.got[1:] {
		before := r.got[i]
		pid := func(p rtp.Packet) uint16 { return uint16(p.Payload[2]&0x7f)<<8 | uint16(p.Payload[3]) }
		switch {
		case p.SequenceNumber != before.SequenceNumber+1:
			t.Errorf("packet %d: number %d after %d", i, p.SequenceNumber, before.SequenceNumber)
		case int32(p.Timestamp-before.Timestamp) <= 0 || p.Timestamp-before.Timestamp > 90000*3:
			t.Errorf("packet %d: time %d after %d", i, p.Timestamp, before.Timestamp)
		case pid(p) != (pid(before)+1)&0x7fff || p.Payload[4] != before.Payload[4]+1:
			t.Errorf("packet %d: picture %d, %d after %d, %d", i, pid(p), p.Payload[4], pid(before), before.Payload[4])
		}
	}
}

func TestTarget(t *testing.T) {
	now := time.Now()
	aged := func(quality int, age time.Duration) *layer {
		l := &layer{ssrc: uint32(quality), quality: quality}
		l.last.Store(now.Add(-age).UnixNano())
		return l
	}
	for name, c := range map[string]struct {
		ages [3]time.Duration // by quality
		want int
		is   int
	}{
		"the one wanted":          {[3]time.Duration{}, 1, 1},
		"the best there is":       {[3]time.Duration{0, 0, time.Hour}, 2, 1},
		"the smallest above":      {[3]time.Duration{time.Hour, 0, 0}, 0, 1},
		"none, so the latest one": {[3]time.Duration{3 * time.Hour, time.Hour, 2 * time.Hour}, 2, 1},
	} {
		track := NewTrack(Options{})
		list := []*layer{aged(0, c.ages[0]), aged(1, c.ages[1]), aged(2, c.ages[2])}
		for range 2 {
			slices.Reverse(list)
			track.layers.Store(&list)
			if got := track.target(c.want, nil, now); got.quality != c.is {
				t.Errorf("%s: got %d, want %d", name, got.quality, c.is)
			}
		}
	}
	if got := NewTrack(Options{}).target(Best, nil, now); got != nil {
		t.Errorf("of nothing: %v", got)
	}
}

// A sender that begins layer after layer takes no more memory than for a few.
func TestManyLayers(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	for i := range uint32(1000) {
		(&source{ssrc: i}).send(track, time.Now(), true)
	}
	if n := len(*track.layers.Load()); n > maxLayers {
		t.Errorf("%d layers are kept", n)
	}
}

func FuzzDescribe(f *testing.F) {
	for _, b := range []string{"", "\x90", "\x90\x80", "\x90\xc0\x81\x02\x03\x10", "\x90\xc0\x01\x03\x10", "\x90\xf0\xff\xff\xff\xff\x00"} {
		f.Add([]byte(b))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d := describe(b)
		was := slices.Clone(b)
		p := pictures{begun: true, source: 1, lastPID: 5, lastTL0: 6}
		out := p.next(d, 2, b)
		if !slices.Equal(b, was) || len(out) != len(b) {
			t.Error("the payload itself was changed")
		}
		if after := describe(out); d.pidAt != 0 && (after.pidAt != d.pidAt || after.tl0At != d.tl0At || after.wide != d.wide) {
			t.Errorf("%+v became %+v", d, after)
		}
		isKeyVP8(b)
		isKeyH264(b)
	})
}
