package media

import (
	"maps"
	"time"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"stimmbote/media/signal"
)

const (
	newsEvery = 100 * time.Millisecond // how often at most others are told what somebody has changed
	newsBytes = 64 << 10               // and how many bytes of it in a second
	maxOwed   = maxWants + maxPeople   // messages that somebody behind has still to get
)

// pace lets a first change through at once and gathers those that follow too soon: whoever changes something all the time
// costs the others no more than a few messages in a second.
type pace struct {
	next  time.Time // when one may go again
	waits bool      // one is going to
}

// soon does what tells of a change, now or when it may: it tells the newest state, however often that has changed meanwhile,
// and says how long to wait until the next time.
func (r *room) soon(p *participant, c *pace, tell func() time.Duration) {
	if c.waits {
		return
	}
	now := r.now()
	if wait := c.next.Sub(now); wait > 0 {
		c.waits = true
		time.AfterFunc(wait, func() {
			r.post(func() {
				c.waits = false
				if r.people[p.identity] == p {
					c.next = r.now().Add(tell())
				}
			})
		})
		return
	}
	c.next = now.Add(tell())
}

// news tells everybody, soon, what somebody has changed about themselves.
func (r *room) news(p *participant) {
	r.soon(p, &p.told, func() time.Duration { return r.report(p) })
}

// changed is news of what their token says, too, of which they get a new one. They are told at once, of each change: clients
// wait for that.
func (r *room) changed(p *participant) {
	p.version++
	delete(p.owed, p.sid) // what is older
	p.send(signal.Update(p.info(p.state())))
	p.renewed = true
	r.news(p)
}

// report tells the news of somebody.
func (r *room) report(p *participant) time.Duration {
	p.version++
	m := signal.Update(p.info(p.state()))
	if p.active && !p.hidden() {
		for _, to := range r.people {
			to.owe(p.sid, m)
		}
	}
	if p.renewed {
		p.renewed = false
		r.refresh(p, r.now())
		r.count()
	}
	return max(newsEvery, time.Duration(proto.Size(m))*time.Second/newsBytes)
}

// owe sends what is new about somebody or something, unless the client is behind or away: then it gets only the newest of
// it, once it is no longer. So it is not ended for what others do.
func (p *participant) owe(about string, m *livekit.SignalResponse) {
	if c := p.conn.Load(); c != nil && !c.Behind() {
		delete(p.owed, about)
		c.Send(m)
		return
	}
	if _, known := p.owed[about]; known || len(p.owed) < maxOwed {
		p.owed[about] = m
	}
}

// learn sends something about somebody at once: older news of them are void.
func (p *participant) learn(sid string, m *livekit.SignalResponse) {
	delete(p.owed, sid)
	p.send(m)
}

// pay sends what is owed, as far as the client is not behind.
func (p *participant) pay() {
	c := p.conn.Load()
	for about, m := range p.owed {
		if c == nil || c.Behind() {
			return
		}
		delete(p.owed, about)
		c.Send(m)
	}
}

// forgive drops the news of people that are owed: all of them are about to be told.
func (p *participant) forgive() {
	maps.DeleteFunc(p.owed, func(_ string, m *livekit.SignalResponse) bool { return m.GetUpdate() != nil })
}

// pay sends to all what they are owed, and what has waited for their channels.
func (r *room) pay(now time.Time) {
	for _, p := range r.people {
		p.pay()
		p.data.pay(now)
	}
}
