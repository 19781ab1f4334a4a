package forward

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

func TestStage(t *testing.T) {
	const silence = 127
	type step struct {
		after time.Duration
		who   int
		level int
		heard bool
	}
	for name, steps := range map[string][]step{
		"who speaks gets a place, who is silent none": {{0, 1, 20, true}, {0, 2, silence, false}, {0, 2, 20, true}, {0, 3, 20, false}},
		"a place is kept in silence":                  {{0, 1, 20, true}, {0, 2, 20, true}, {time.Minute, 1, silence, true}, {0, 2, silence, true}},
		"until another needs it":                      {{0, 1, 20, true}, {0, 2, 20, true}, {stageSilent, 2, 20, true}, {0, 3, 20, true}, {0, 1, 20, false}, {0, 2, 20, true}},
		"a breath is no silence":                      {{0, 1, 20, true}, {0, 2, 20, true}, {stageSilent - 1, 3, 20, false}},
		"the quietest gives way to somebody louder":   {{0, 1, 33, true}, {0, 2, 20, true}, {stageStay - stageSilent, 1, 33, true}, {0, 2, 20, true}, {stageSilent - 1, 3, 10, false}, {1, 1, 33, true}, {0, 2, 20, true}, {0, 3, 10, true}, {0, 1, 33, false}},
		"not to somebody a little louder":             {{0, 1, 20, true}, {0, 2, 20, true}, {stageStay - stageSilent, 1, 20, true}, {0, 2, 20, true}, {stageSilent - 1, 1, 20, true}, {0, 2, 20, true}, {time.Second / 4, 3, 15, false}},
	} {
		s, now := NewStage(2), time.Now()
		tracks := []*Track{{}, {}, {}, {}}
		s.Close(true)
		for i, step := range steps {
			now = now.Add(step.after)
			if got := s.hears(tracks[step.who], step.level, now); got != step.heard {
				t.Errorf("%s: step %d: heard %v", name, i, got)
			}
		}
		s.Close(false)
		if !s.hears(tracks[3], silence, now) {
			t.Errorf("%s: not everybody is heard in the end", name)
		}
		for _, track := range tracks {
			s.Leave(track)
		}
		if len(s.on) > 0 {
			t.Errorf("%s: who has gone keeps a place", name)
		}
	}
}

// A voice that is not heard for a while goes on without a gap, and its times go on with the clock. One that nobody gets takes
// no place.
func TestStageLeavesNoGap(t *testing.T) {
	stage := NewStage(1)
	stage.Close(true)
	track := func() *Track {
		return NewTrack(Options{
			Kind: webrtc.RTPCodecTypeAudio, Codec: webrtc.RTPCodecCapability{MimeType: "video/vp8", ClockRate: 48000}, Counters: &Counters{},
			Level: 1, Stage: stage,
		})
	}
	one, other, hidden := track(), track(), track()
	_, r := bound(t, one, 0)
	bound(t, other, 0)
	now := time.Now()
	packet := func(to *Track, number uint16, level byte) {
		now = now.Add(20 * time.Millisecond)
		h := rtp.Header{SSRC: 9, SequenceNumber: number, Timestamp: 960 * uint32(number)}
		if err := h.SetExtension(1, []byte{level}); err != nil {
			t.Fatal(err)
		}
		to.forward(&rtp.Packet{Header: h, Payload: []byte{1}}, 0, now)
	}
	packet(hidden, 1, 20)
	packet(one, 1, 20)
	packet(one, 2, 127)
	now = now.Add(stageSilent)
	packet(other, 1, 20)
	for i := range uint16(10) {
		packet(one, 3+i, 20)
	}
	now = now.Add(stageSilent)
	packet(one, 13, 20)
	if n := len(r.got); n != 3 || r.got[2].SequenceNumber != r.got[1].SequenceNumber+1 || r.got[2].Timestamp != 13*960 {
		t.Errorf("got %v", r.got)
	}
}

// What was silenced is not forwarded, however loud it is; sound goes on without a gap, a picture with a key frame.
func TestSilence(t *testing.T) {
	var asks asked
	picture := testTrack(&asks)
	sound := NewTrack(Options{
		Kind: webrtc.RTPCodecTypeAudio, Codec: webrtc.RTPCodecCapability{MimeType: "video/vp8", ClockRate: 48000}, Counters: &Counters{},
	})
	now := time.Now()
	for name, track := range map[string]*Track{"sound": sound, "picture": picture} {
		_, r := bound(t, track, 0)
		number := uint16(0)
		packet := func(kind byte) {
			now, number = now.Add(20*time.Millisecond), number+1
			h := rtp.Header{SSRC: 9, SequenceNumber: number, Timestamp: 960 * uint32(number), Marker: true}
			track.forward(&rtp.Packet{Header: h, Payload: []byte{0x10, kind, byte(number)}}, 0, now)
		}
		packet(keyByte)
		packet(deltaByte)
		track.Silence(true)
		for range 10 {
			packet(deltaByte)
		}
		track.Silence(false)
		if name == "picture" {
			asks = nil
			packet(deltaByte)
			if len(asks) != 1 || len(r.got) != 2 {
				t.Errorf("after a silence %d key frames were asked for, and %d packets sent", len(asks), len(r.got))
			}
		}
		packet(keyByte)
		if n := len(r.got); n != 3 || r.got[2].SequenceNumber != r.got[1].SequenceNumber+1 || r.got[2].Payload[2] != byte(number) {
			t.Errorf("%s: got %v", name, r.got)
		}
	}
}
