package media

import (
	"slices"
	"time"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/signal"
)

// knownFor is how long a room remembers who has left: longer than somebody may be away and come back.
const knownFor = 2 * silence

// departure is somebody who has left, or is hidden.
type departure struct {
	info *livekit.ParticipantInfo
	at   time.Time
}

// departed tells all others that somebody has left, also those who are away for the moment.
func (r *room) departed(gone *livekit.ParticipantInfo) {
	r.gone = append(r.recent(), departure{&livekit.ParticipantInfo{
		Sid: gone.GetSid(), Identity: gone.GetIdentity(), Name: gone.GetName(), State: gone.GetState(), Version: gone.GetVersion(),
		DisconnectReason: gone.GetDisconnectReason(),
	}, r.now()})
	m := signal.Update(gone)
	for _, to := range r.people {
		if to.sid != gone.GetSid() {
			to.learn(gone.GetSid(), m)
		}
	}
}

// recent are those who have left not long ago.
func (r *room) recent() []departure {
	now := r.now()
	return slices.DeleteFunc(r.gone, func(d departure) bool { return now.Sub(d.at) > knownFor })
}

// taking is a track that was taken from somebody, who may no longer send it.
type taking struct {
	sid string
	at  time.Time
}

// lately are the tracks that were taken from somebody not long ago.
func (p *participant) lately(now time.Time) []taking {
	return slices.DeleteFunc(p.taken, func(t taking) bool { return now.Sub(t.at) > knownFor })
}

// takes tells somebody that a track of theirs is no longer sent, and remembers that: the word of it may be lost with a line.
func (p *participant) takes(sid string, now time.Time) {
	p.taken = append(p.lately(now), taking{sid, now})
	p.send(signal.Unpublished(sid))
}

// catchUp tells somebody who resumes what was said while they were away: that others have left, of whom clients think that
// they are there until they are told; that tracks of their own were taken from them, or have been muted, before they learn
// how these are, since clients take their own word for it; who speaks; and what else is.
func (r *room) catchUp(p *participant) {
	var list []*livekit.ParticipantInfo
	r.gone = r.recent()
	for _, d := range r.gone {
		who := d.info.GetIdentity()
		if back := r.people[who]; who != p.identity && (back == nil || !back.active || back.hidden()) {
			list = append(list, d.info)
		}
	}
	p.taken = p.lately(r.now())
	for _, t := range p.taken {
		p.send(signal.Unpublished(t.sid))
	}
	for _, t := range p.tracks {
		if t.hushed {
			p.send(signal.Mute(t.info.GetSid(), true))
		}
	}
	p.forgive()
	p.send(signal.Update(append(append(list, r.others(p)...), p.info(p.state()))...))
	var voices []*livekit.SpeakerInfo
	for _, other := range r.people {
		if other != p && other.active && !other.hidden() {
			voices = append(voices, other.voiced())
		}
	}
	p.send(signal.Speakers(voices))
	p.pay()
	r.remind(p)
}
