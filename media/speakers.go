package media

import (
	"math"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

const (
	listenEvery = 400 * time.Millisecond // how often it is decided who speaks
	quietFor    = 2                      // of these times in a row before somebody no longer does
	levelStep   = 1.0 / 8                // by which a level has to change to be told anew
)

// voice is how loud somebody is.
type voice struct {
	level  float32 // last told; 0 to 1
	smooth float32
	quiet  int // times in a row without speech
	active bool
}

// hear decides who speaks, and tells what has changed.
func (r *room) hear() {
	var changes []*livekit.SpeakerInfo
	for _, p := range r.people {
		info := p.speak()
		p.speaks.Store(p.voice.active)
		if info != nil && p.active && !p.hidden() {
			changes = append(changes, info)
		}
	}
	if len(changes) == 0 {
		return
	}
	slices.SortFunc(changes, func(a, b *livekit.SpeakerInfo) int {
		return int(math.Copysign(1, float64(b.GetLevel()-a.GetLevel())))
	})
	r.tell(signal.Speakers(changes))
}

// speak takes what has been heard since the last time; the answer is nil if there is nothing to tell.
func (p *participant) speak() *livekit.SpeakerInfo {
	loudest := float32(0)
	for _, t := range p.tracks {
		if t.track != nil && !t.info.Muted {
			loudest = max(loudest, t.track.Levels.Take(listenEvery))
		}
	}
	v := &p.voice
	v.smooth += (loudest - v.smooth) / 2
	switch {
	case loudest > 0:
		v.quiet = 0
		if v.active && math.Abs(float64(v.smooth-v.level)) < levelStep*float64(v.level) {
			return nil
		}
		v.active, v.level = true, max(v.smooth, loudest/2)
	case !v.active:
		return nil
	default:
		if v.quiet++; v.quiet < quietFor {
			return nil
		}
		*v = voice{}
	}
	return p.voiced()
}

// voiced is how somebody speaks just now.
func (p *participant) voiced() *livekit.SpeakerInfo {
	return &livekit.SpeakerInfo{Sid: p.sid, Level: p.voice.level, Active: p.voice.active}
}

// stageOf is where a track needs a place: a voice does, and nothing that somebody shares.
func (r *room) stageOf(t *publication) *forward.Stage {
	if t.info.GetSource() == livekit.TrackSource_MICROPHONE {
		return r.stage
	}
	return nil
}
