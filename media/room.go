package media

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"

	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

const (
	roomQueue    = 256              // commands that wait for a room
	maxPeople    = 100              // in one room
	manyPeople   = 25               // above which only some voices are heard
	manyVoices   = 6                // how many
	tick         = time.Second      // how often a room looks at the clock
	givesUp      = 10 * time.Second // after which who goes without having received has not got through
	comesWithin  = 5 * time.Second  // after which who does not receive yet gives way to others where there is no place
	joinFor      = 30 * time.Second // within which somebody has to receive
	refreshEvery = 5 * time.Minute
	countEvery   = 5 * time.Second // how often clients are told how many there are, at most
)

// Reasons not to attach a connection to a room.
var (
	errUnknown = errors.New("participant is not known")
	errFull    = errors.New("room is full")
)

// room is one call. Its goroutine, run, owns all fields but those in the last block.
type room struct {
	server  *Server
	sid     string
	opened  time.Time
	people  map[string]*participant // by identity
	trailer []byte
	crowd   int       // people that clients have been told of
	counted time.Time // when
	judged  time.Time // when clients were told how connections are
	over    bool      // all go, nobody is told who
	gone    []departure
	stage   *forward.Stage

	name    string
	do      chan func()
	quit    chan struct{}
	done    chan struct{} // run takes no more commands
	ending  sync.Once
	members sync.WaitGroup // participants
	size    atomic.Int32
	users   int // guarded by the server's lock
}

func newRoom(s *Server, name string) *room {
	return &room{
		server: s, sid: newSID("RM_"), opened: time.Now(), people: map[string]*participant{}, trailer: []byte(newSID("")),
		stage: forward.NewStage(s.voices),
		name:  name, do: make(chan func(), roomQueue), quit: make(chan struct{}), done: make(chan struct{}),
	}
}

// run works until end is called, then says goodbye to everybody and waits for them to be gone.
func (r *room) run() {
	r.server.log.Info().Msg("Room opened")
	r.server.events.note(Opened, r.name, Person{})
	clock, ear := time.NewTicker(tick), time.NewTicker(listenEvery)
	defer clock.Stop()
	defer ear.Stop()
	for {
		select {
		case f := <-r.do:
			r.guard(f)
		case now := <-clock.C:
			r.guard(func() { r.look(now) })
		case now := <-ear.C:
			r.guard(func() { r.hear(); r.adapt(now); r.pay(now) })
		case <-r.quit:
			r.over = true
			for _, p := range r.people {
				r.expel(p, livekit.DisconnectReason_SERVER_SHUTDOWN, livekit.LeaveRequest_RECONNECT)
			}
			close(r.done)
			r.members.Wait()
			r.server.events.note(Closed, r.name, Person{})
			r.server.log.Info().Msg("Room closed")
			return
		}
	}
}

// guard does something, and ends the room if that panics: the others go on.
func (r *room) guard(f func()) {
	defer func() {
		if what := recover(); what != nil {
			r.server.log.Error().Bytes("stack", debug.Stack()).Msg("Room ended by a fault of the program")
			r.server.forget(r)
			r.end()
		}
	}()
	f()
}

func (r *room) now() time.Time { return time.Now() }

func (r *room) end() { r.ending.Do(func() { close(r.quit) }) }

// post has something done by the room's goroutine. It waits for its turn, and is false if the room has ended.
func (r *room) post(f func()) bool {
	select {
	case r.do <- f:
		return true
	case <-r.done:
		return false
	}
}

// call is post and waits for the result, until ctx ends.
func (r *room) call(ctx context.Context, f func() error) error {
	result := make(chan error, 1)
	if !r.post(func() { result <- f() }) {
		return errClosed
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-r.done:
		return errClosed
	}
}

// full says whether nobody more comes in: all places are taken, and nobody gives way.
func (r *room) full(now time.Time) bool { return len(r.people) >= maxPeople && r.slowest(now) == nil }

// slowest is who has been about to come in for longest, and for longer than that takes; nil: nobody. Connections without
// anybody behind them keep nobody out.
func (r *room) slowest(now time.Time) (slow *participant) {
	for _, p := range r.people {
		if !p.active && now.Sub(p.since) > comesWithin && (slow == nil || p.since.Before(slow.since)) {
			slow = p
		}
	}
	return slow
}

// resize follows how many people there are.
func (r *room) resize() {
	r.size.Store(int32(len(r.people)))
	r.stage.Close(len(r.people) > r.server.many)
}

// info describes the room to clients.
func (r *room) info() *livekit.Room {
	publishers := 0
	for _, p := range r.people {
		if len(p.tracks) > 0 {
			publishers++
		}
	}
	return &livekit.Room{
		Sid: r.sid, Name: r.name, CreationTime: r.opened.Unix(), CreationTimeMs: r.opened.UnixMilli(),
		MaxParticipants: maxPeople, NumParticipants: uint32(r.visible()), NumPublishers: uint32(publishers),
		EnabledCodecs: enabledCodecs(),
	}
}

// visible is how many people others know of.
func (r *room) visible() (n int) {
	for _, p := range r.people {
		if !p.hidden() {
			n++
		}
	}
	return n
}

// lost ends a participant whose peer connections do not work. Its client may try anew.
func (r *room) lost(p *participant) {
	if r.people[p.identity] != p {
		return
	}
	at, _ := p.fault.Load().(string)
	r.server.log.Debug().Str("at", at).Msg("Participant lost")
	r.expel(p, livekit.DisconnectReason_CONNECTION_TIMEOUT, livekit.LeaveRequest_RECONNECT)
}

// expel tells somebody to leave, and removes them.
func (r *room) expel(p *participant, why livekit.DisconnectReason, then livekit.LeaveRequest_Action) {
	p.send(signal.Leave(why, then))
	r.remove(p, why)
}

// remove ends a participant and tells the others.
func (r *room) remove(p *participant, why livekit.DisconnectReason) {
	if r.people[p.identity] != p {
		return
	}
	delete(r.people, p.identity)
	r.resize()
	if conn := p.conn.Swap(nil); conn != nil {
		conn.Close()
	}
	p.end()
	for _, t := range p.tracks {
		r.withdraw(t)
	}
	if !p.active {
		r.failed(p)
		return
	}
	r.server.events.note(Went, r.name, p.person())
	if !p.hidden() && !r.over {
		r.departed(p.departing(why))
	}
	r.count()
}

// failed counts somebody who goes without having received, if they have waited for it: their network lets nothing through
// that is offered here.
func (r *room) failed(p *participant) {
	if IsCheckRoom(r.name) || r.now().Sub(p.since) < min(givesUp, r.server.joinFor) {
		return
	}
	r.server.ways.none.Add(1)
	r.server.log.Warn().Msg("Somebody joined and got neither sound nor pictures: see Networks in docs/media.md")
}

// look ends who has been silent, and renews tokens.
func (r *room) look(now time.Time) {
	for _, p := range r.people {
		switch {
		case now.Sub(p.heard) > r.server.silence:
			r.expel(p, livekit.DisconnectReason_SIGNAL_CLOSE, livekit.LeaveRequest_RECONNECT)
		case !p.active && now.Sub(p.since) > r.server.joinFor:
			r.expel(p, livekit.DisconnectReason_JOIN_FAILURE, livekit.LeaveRequest_DISCONNECT)
		case p.data.unread(now):
			p.fail(errUnread)
		case now.Sub(p.refreshed) > refreshEvery:
			r.refresh(p, now)
		}
	}
	r.judge(now)
	if n := r.visible(); n != r.crowd && now.Sub(r.counted) >= countEvery {
		r.crowd, r.counted = n, now
		r.tell(signal.Room(r.info()))
	}
}

func (r *room) refresh(p *participant, now time.Time) {
	if token, err := r.server.token(&p.grant, now); err == nil {
		p.send(signal.RefreshToken(token))
		p.refreshed = now
	}
}

// announce tells everybody the newest about somebody who is in.
func (r *room) announce(p *participant) {
	p.version++
	if p.active && !p.hidden() {
		r.tellOf(p.sid, signal.Update(p.info(p.state())))
	}
}

// tellOf tells everybody something about somebody that comes before all that follows.
func (r *room) tellOf(sid string, m *livekit.SignalResponse) {
	for _, to := range r.people {
		to.learn(sid, m)
	}
}

// tell sends a message to everybody.
func (r *room) tell(m *livekit.SignalResponse) {
	for _, p := range r.people {
		p.send(proto.CloneOf(m))
	}
}

// others describes everybody else who is in.
func (r *room) others(p *participant) []*livekit.ParticipantInfo {
	var list []*livekit.ParticipantInfo
	for _, other := range r.people {
		if other != p && other.active && !other.hidden() {
			list = append(list, other.info(other.state()))
		}
	}
	return list
}

// count notes who is in.
func (r *room) count() {
	var list []Person
	for _, p := range r.people {
		if p.active && !p.hidden() {
			list = append(list, p.person())
		}
	}
	slices.SortFunc(list, func(a, b Person) int { return a.Since.Compare(b.Since) })
	r.server.presence.set(r.name, list)
}
