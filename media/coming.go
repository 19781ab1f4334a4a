package media

import (
	"context"
	"time"

	"github.com/livekit/protocol/livekit"

	"stimmbote/media/signal"
)

// attach gives a connection to a participant: to the known one with this id if the client resumes, else to a new one.
func (r *room) attach(conn *signal.Conn, j joining) (p *participant, err error) {
	if j.resume {
		err = r.call(context.Background(), func() error {
			p = r.people[j.identity]
			if p == nil || p.sid != j.sid || p.single != j.single {
				return errUnknown
			}
			r.resume(p, conn)
			r.begin(p, j)
			return nil
		})
		return p, err
	}
	if p, err = r.server.newParticipant(r, j); err != nil {
		return nil, err
	}
	if err = r.call(context.Background(), func() error { return r.join(p, conn, j) }); err != nil {
		r.server.dismiss(p)
		_ = p.pub.pc.Close()
		_ = p.sub.pc.Close()
		return nil, err
	}
	return p, nil
}

// begin does what a client has asked for together with its connection.
func (r *room) begin(p *participant, j joining) {
	for _, t := range j.tracks {
		r.addTrack(p, t)
	}
	if j.offer.GetSdp() != "" {
		p.pub.answerTo(j.offer, p.pub.answer(j.offer, p.codecs()))
	}
}

// join lets somebody in. Whoever was in under the same identity goes: the newer one wins.
func (r *room) join(p *participant, conn *signal.Conn, j joining) error {
	if old := r.people[p.identity]; old != nil {
		r.expel(old, livekit.DisconnectReason_DUPLICATE_IDENTITY, livekit.LeaveRequest_DISCONNECT)
	}
	if now := time.Now(); r.full(now) {
		return errFull
	} else if len(r.people) >= maxPeople {
		r.expel(r.slowest(now), livekit.DisconnectReason_JOIN_FAILURE, livekit.LeaveRequest_DISCONNECT)
	}
	r.people[p.identity] = p
	r.resize()
	conn.Send(signal.Join(signal.Welcome{
		Room: r.info(),
		You:  p.info(livekit.ParticipantInfo_JOINED), Others: r.others(p), Trailer: r.trailer, Codecs: enabledCodecs(),
		Single: p.single, ICE: p.ice,
	}))
	p.conn.Store(conn)
	r.refresh(p, time.Now())

	r.server.keep(r)
	r.members.Go(func() {
		defer r.server.leave(r)
		defer r.server.dismiss(p)
		p.run(func() { r.post(func() { r.lost(p) }) })
	})
	p.sub.post(p.sub.open)
	for _, other := range r.people {
		for _, t := range other.tracks {
			r.give(p, other, t)
		}
	}
	r.begin(p, j)
	return nil
}

// resume goes on with a new connection where an old one broke.
func (r *room) resume(p *participant, conn *signal.Conn) {
	conn.Send(signal.Reconnect(p.data.last.Load(), p.ice))
	if old := p.conn.Swap(conn); old != nil {
		old.Abort()
	}
	p.heard = time.Now()
	r.catchUp(p)
	r.refresh(p, time.Now())
	p.sub.post(p.sub.resume)
}

// detach notes that a connection has ended. The person is gone at once if the page was closed; else there is time to
// resume.
func (r *room) detach(p *participant, conn *signal.Conn, left bool) {
	if p.conn.CompareAndSwap(conn, nil) && left {
		r.remove(p, livekit.DisconnectReason_CLIENT_INITIATED)
	}
}

// activate notes that somebody receives: now they are in, and others learn of them.
func (r *room) activate(p *participant) {
	if r.people[p.identity] != p || p.active {
		return
	}
	p.active = true
	p.log.Trace().Msg("Participant receives")
	if !IsCheckRoom(r.name) {
		r.server.ways.note(p.sub.pc)
	}
	r.server.events.note(Came, r.name, p.person())
	r.announce(p)
	for _, t := range p.tracks {
		r.offer(p, t)
	}
	r.count()
}
