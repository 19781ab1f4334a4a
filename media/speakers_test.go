package media

import (
	"testing"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtp"

	"stimmbote/media/forward"
)

// Who speaks is told once, who goes on speaking is not told again, and a pause for breath ends nothing.
func TestSpeak(t *testing.T) {
	track := forward.NewTrack(forward.Options{Counters: &forward.Counters{}, Level: 1})
	p := &participant{sid: "PA_x", tracks: []*publication{{info: &livekit.TrackInfo{}, track: track}}}
	h := &rtp.Header{}
	if err := h.SetExtension(1, []byte{20}); err != nil {
		t.Fatal(err)
	}
	loud := func() *livekit.SpeakerInfo {
		for range 20 {
			track.Levels.Observe(h)
		}
		return p.speak()
	}
	if s := p.speak(); s != nil {
		t.Errorf("silence: %v", s)
	}
	if s := loud(); !s.GetActive() || s.GetLevel() <= 0 || s.GetLevel() > 1 {
		t.Errorf("speech: %v", s)
	}
	told := 0
	for range 20 {
		if loud() != nil {
			told++
		}
	}
	if told > 5 {
		t.Errorf("the same level was told %d times", told)
	}
	if s := p.speak(); s != nil {
		t.Errorf("pause for breath: %v", s)
	}
	if s := loud(); s != nil && !s.GetActive() {
		t.Errorf("speech goes on: %v", s)
	}
	p.speak()
	if s := p.speak(); s == nil || s.GetActive() {
		t.Errorf("silence: %v", s)
	}
	if s := p.speak(); s != nil {
		t.Errorf("silence was told twice: %v", s)
	}
	loud()
	p.tracks[0].info.Muted = true
	p.speak()
	if s := loud(); s == nil || s.GetActive() {
		t.Errorf("muted: %v", s)
	}
}
