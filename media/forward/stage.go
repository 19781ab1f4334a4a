package forward

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	stageStay   = time.Second            // that nobody is pushed off by somebody louder
	stageSilent = 500 * time.Millisecond // after which a place is free for whoever speaks
	stageLouder = 6                      // dB by which somebody has to be louder to take another's place
)

// Stage has places for a few voices of a large room. What others say is not forwarded: more than a few at once are not
// understood, and each costs every receiver. Whoever begins to speak gets a place with the first loud packet, if somebody
// who is silent has one, or is much quieter. Who is silent keeps the place until another needs it.
type Stage struct {
	places int
	closed atomic.Bool // only those on stage are heard

	mu sync.Mutex
	on []*voice
}

// voice is a track with a place.
type voice struct {
	track *Track
	since time.Time
	spoke time.Time
	level int // dB below overload, smoothed, in eighths
}

// NewStage returns a stage on which everybody is heard until it is closed to all but so many.
func NewStage(places int) *Stage { return &Stage{places: places} }

// Close says whether only those with a place are heard.
func (s *Stage) Close(closed bool) { s.closed.Store(closed) }

// Leave takes a track's place.
func (s *Stage) Leave(t *Track) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.on = slices.DeleteFunc(s.on, func(v *voice) bool { return v.track == t })
}

// hears says whether a packet of a track is forwarded. level is how far below overload it is, in dB.
func (s *Stage) hears(t *Track, level int, now time.Time) bool {
	if !s.closed.Load() {
		return true
	}
	loud := level <= loudness
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.on {
		if v.track == t {
			if loud {
				v.spoke = now
				v.level += level - v.level/8
			}
			return true
		}
	}
	if !loud {
		return false
	}
	v := &voice{track: t, since: now, spoke: now, level: 8 * level}
	if len(s.on) < s.places {
		s.on = append(s.on, v)
		return true
	}
	i := s.weakest(level, now)
	if i < 0 {
		return false
	}
	s.on[i] = v
	return true
}

// weakest finds whose place somebody of this level may take: of the one that has been silent longest, else of the
// quietest; -1 if nobody's.
func (s *Stage) weakest(level int, now time.Time) int {
	silent, quietest := 0, 0
	for i, v := range s.on {
		if v.spoke.Before(s.on[silent].spoke) {
			silent = i
		}
		if v.level > s.on[quietest].level {
			quietest = i
		}
	}
	switch q := s.on[quietest]; {
	case now.Sub(s.on[silent].spoke) >= stageSilent:
		return silent
	case q.level/8 >= level+stageLouder && now.Sub(q.since) >= stageStay:
		return quietest
	default:
		return -1
	}
}
