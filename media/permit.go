package media

import (
	"maps"
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/signal"
)

// permissions are whom a participant lets receive its tracks.
type permissions struct {
	all  bool
	some []*livekit.TrackPermission
}

func everybody() permissions { return permissions{all: true} }

// allows says whether somebody may receive a track.
func (a permissions) allows(to *participant, sid string) bool {
	if a.all {
		return true
	}
	for _, p := range a.some {
		if p.GetParticipantSid() != to.sid && (p.GetParticipantIdentity() == "" || p.GetParticipantIdentity() != to.identity) {
			continue
		}
		if p.GetAllTracks() || slices.Contains(p.GetTrackSids(), sid) {
			return true
		}
	}
	return false
}

// permit follows whom somebody lets receive their tracks from now on.
func (r *room) permit(from *participant, m *livekit.SubscriptionPermission) {
	some := m.GetTrackPermissions()
	from.asked = permissions{all: m.GetAllParticipants(), some: some[:min(len(some), maxPeople)]}
	r.soon(from, &from.permits, func() time.Duration { return r.allow(from) })
}

// allow follows what somebody has asked for. The more there is to tell, the longer it takes until the next time.
func (r *room) allow(from *participant) time.Duration {
	before, changes := from.allowed, 1
	from.allowed = from.asked
	for _, to := range r.people {
		told := 0
		for _, t := range from.tracks {
			had, has := before.allows(to, t.info.Sid), from.allowed.allows(to, t.info.Sid)
			if to == from || t.track == nil || had == has || from.hidden() {
				continue
			}
			told++
			to.owe(t.info.Sid, signal.Permitted(from.sid, t.info.Sid, has))
			if has {
				r.give(to, from, t)
			} else {
				to.sub.change(t.info.Sid, to.sub.remove(t.info.Sid))
			}
		}
		changes = max(changes, told)
	}
	return time.Duration(changes) * newsEvery
}

// mayPublish says whether somebody may send a track from this source.
func (p *participant) mayPublish(source livekit.TrackSource) bool {
	return p.video.GetCanPublishSource(source)
}

// describe changes what somebody says of themselves.
func (r *room) describe(p *participant, m *livekit.UpdateParticipantMetadata) {
	before := p.grant
	switch {
	case !p.video.GetCanUpdateOwnMetadata():
		p.refuse(m.GetRequestId(), livekit.RequestResponse_NOT_ALLOWED)
		return
	case !p.grant.describe(m.GetName(), m.GetMetadata(), m.GetAttributes()):
		p.refuse(m.GetRequestId(), livekit.RequestResponse_LIMIT_EXCEEDED)
		return
	}
	p.send(signal.Answered(m.GetRequestId(), livekit.RequestResponse_OK))
	if p.name != before.name || p.metadata != before.metadata || !maps.Equal(p.attributes, before.attributes) {
		r.changed(p)
	}
}
