package media

import (
	"time"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

// lowerAfter is how long nobody has to want a layer before its sender is told so: people go back and forth.
const lowerAfter = 5 * time.Second

// nobody wants any layer.
const nobody = -1

// preferring is what a change of how a track is wanted is called, before the track's id.
const preferring = "prefer "

// preference is what somebody wants to receive of a track.
type preference struct {
	disabled bool
	quality  int
}

// qualityOf is the quality of a layer by its name: q, h and f, from the smallest; a picture without layers is the best.
func qualityOf(rid string) int {
	switch rid {
	case "q":
		return int(livekit.VideoQuality_LOW)
	case "h":
		return int(livekit.VideoQuality_MEDIUM)
	default:
		return forward.Best
	}
}

// prefer follows what a client shows of tracks, and how large.
func (r *room) prefer(p *participant, m *livekit.UpdateTrackSettings) {
	for _, t := range r.published(m.GetTrackSids()) {
		sid, want := t.info.GetSid(), preference{disabled: m.GetDisabled(), quality: int(m.GetQuality())}
		if m.GetWidth() > 0 {
			want.quality = t.fitting(m.GetWidth(), m.GetHeight())
		}
		if want.quality < 0 || want.quality > forward.Best {
			want.quality = forward.Best
		}
		p.prefers[sid] = want
		p.sub.change(preferring+sid, p.sub.prefer(sid, want))
	}
	r.adapt(r.now())
}

// fitting is the quality of the smallest layer that is at least as large.
func (t *publication) fitting(width, height uint32) int {
	best := forward.Best
	for _, l := range t.layers {
		if q := int(l.GetQuality()); q < best && l.GetWidth() >= width && l.GetHeight() >= height {
			best = q
		}
	}
	return best
}

// adapt tells senders of several layers which of them somebody wants: more at once, fewer after a while.
func (r *room) adapt(now time.Time) {
	for _, p := range r.people {
		for _, t := range p.tracks {
			if t.track == nil || len(t.layers) < 2 {
				continue
			}
			switch want := r.wanted(p, t); {
			case want > t.told:
				t.told, t.less = want, time.Time{}
				p.send(signal.Wanted(t.info.GetSid(), t.info.GetMimeType(), want))
			case want == t.told:
				t.less = time.Time{}
			case t.less.IsZero():
				t.less = now
			case now.Sub(t.less) >= lowerAfter:
				t.told, t.less = want, time.Time{}
				p.send(signal.Wanted(t.info.GetSid(), t.info.GetMimeType(), want))
			}
		}
	}
}

// remind tells somebody again which layers of their tracks are wanted.
func (r *room) remind(p *participant) {
	if r.people[p.identity] != p {
		return
	}
	for _, t := range p.tracks {
		if t.track != nil && len(t.layers) > 1 {
			p.send(signal.Wanted(t.info.GetSid(), t.info.GetMimeType(), t.told))
		}
	}
}

// wanted is the best quality of a track that anybody wants.
func (r *room) wanted(from *participant, t *publication) int {
	most := nobody
	for _, to := range r.people {
		if !to.mayGet(from, t) {
			continue
		}
		want, said := to.prefers[t.info.GetSid()]
		switch {
		case !said:
			return forward.Best
		case !want.disabled:
			most = max(most, want.quality)
		}
	}
	return most
}
