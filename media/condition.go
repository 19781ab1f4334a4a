package media

import (
	"time"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/signal"
)

// judgeEvery is how often clients are told how good people's connections are.
const judgeEvery = 5 * time.Second

// Parts of the packets that may be lost before a connection is no longer excellent, and no longer good.
const (
	excellentLoss = 0.02
	goodLoss      = 0.08
)

// judge tells everybody how good the connections of all are, by what is lost on the way from them and to them. Somebody
// whose WebSocket is gone is lost to the others, and never told so of themselves: clients would begin anew.
func (r *room) judge(now time.Time) {
	if now.Sub(r.judged) < judgeEvery {
		return
	}
	r.judged = now
	var list []*livekit.ConnectionQualityInfo
	for _, p := range r.people {
		loss := p.loss()
		if p.active && !p.hidden() {
			list = append(list, p.condition(loss))
		}
	}
	if len(list) > 0 {
		r.tell(signal.Quality(list))
	}
}

// loss is the worst of what has been lost since the last time.
func (p *participant) loss() float64 {
	worst := p.sub.lost.take()
	for _, t := range p.tracks {
		if t.track != nil {
			worst = max(worst, t.track.Loss())
		}
	}
	return worst
}

func (p *participant) condition(loss float64) *livekit.ConnectionQualityInfo {
	info := &livekit.ConnectionQualityInfo{ParticipantSid: p.sid, Quality: livekit.ConnectionQuality_POOR, Score: 2}
	switch {
	case p.conn.Load() == nil:
		info.Quality, info.Score = livekit.ConnectionQuality_LOST, 0
	case loss < excellentLoss:
		info.Quality, info.Score = livekit.ConnectionQuality_EXCELLENT, 5
	case loss < goodLoss:
		info.Quality, info.Score = livekit.ConnectionQuality_GOOD, 4
	}
	return info
}
