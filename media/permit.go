package media

import (
	"slices"

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
	before := from.allowed
	from.allowed = permissions{all: m.GetAllParticipants(), some: m.GetTrackPermissions()}
	for _, to := range r.people {
		for _, t := range from.tracks {
			had, has := before.allows(to, t.info.Sid), from.allowed.allows(to, t.info.Sid)
			if to == from || t.track == nil || had == has {
				continue
			}
			to.send(signal.Permitted(from.sid, t.info.Sid, has))
			if has {
				r.give(to, from, t)
			} else {
				to.sub.post(to.sub.remove(t.info.Sid))
			}
		}
	}
}

// mayPublish says whether somebody may send a track from this source.
func (p *participant) mayPublish(source livekit.TrackSource) bool {
	return p.video.GetCanPublishSource(source)
}

// describe changes what somebody says of themselves.
func (r *room) describe(p *participant, m *livekit.UpdateParticipantMetadata) {
	switch {
	case !p.video.GetCanUpdateOwnMetadata():
		p.refuse(m.GetRequestId(), livekit.RequestResponse_NOT_ALLOWED)
		return
	case !p.grant.describe(m.GetName(), m.GetMetadata(), m.GetAttributes()):
		p.refuse(m.GetRequestId(), livekit.RequestResponse_LIMIT_EXCEEDED)
		return
	}
	p.send(signal.Answered(m.GetRequestId(), livekit.RequestResponse_OK))
	r.changed(p)
}

// changed tells everybody, and first of all themselves, what is new about somebody, and renews their token.
func (r *room) changed(p *participant) {
	r.announce(p)
	if !p.active || p.hidden() {
		p.send(signal.Update(p.info(p.state())))
	}
	r.refresh(p, r.now())
	r.count()
}
