package media

import (
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"

	"stimmbote/media/forward"
	"stimmbote/media/signal"
)

// errLost is a peer connection on which nothing has come for too long.
var errLost = errors.New("peer connection lost")

// participant is one person in a room. Its fields belong to the room's goroutine, those in the last block to everybody.
type participant struct {
	grant
	sid       string
	since     time.Time // joined
	heard     time.Time // said something on the WebSocket
	refreshed time.Time // got a token for reconnecting
	active    bool      // receives; only now others learn of them
	version   uint32
	tracks    []*publication
	taken     []taking                           // tracks that it may no longer send
	auto      bool                               // gets every track that it does not refuse
	wants     map[string]bool                    // tracks that it has asked for, or refused
	prefers   map[string]preference              // how it wants tracks
	protocol  int32                              // of the client
	allowed   permissions                        // who may receive its tracks
	asked     permissions                        // and who from soon on
	permits   pace                               // of these
	told      pace                               // of what it changes about itself
	renewed   bool                               // it has changed what its token says
	owed      map[string]*livekit.SignalResponse // what is new, while it is behind
	voice     voice
	speaks    atomic.Bool    // what others' legs know of it
	log       zerolog.Logger // names it by its sid

	ice    []*livekit.ICEServer // through which the client may reach the server
	single bool                 // one peer connection, on which the client offers
	data   dataLine
	pub    *publisher
	sub    *subscriber
	conn   atomic.Pointer[signal.Conn] // nil while the client is between two connections
	failed chan struct{}
	quit   chan struct{}
	broke  sync.Once
	ended  sync.Once
	fault  atomic.Value // string: what failed
}

// publication is a track that a participant has announced, and sends once packets have come.
type publication struct {
	info   *livekit.TrackInfo
	layers []*livekit.VideoLayer // as announced
	codec  string                // that the client would send it with
	cid    string                // the client's name for it in messages
	sdpID  string                // and in session descriptions, where Firefox uses another
	track  *forward.Track        // nil until packets come
	alive  int                   // layers that are being received
	seen   bool                  // somebody has received it, and the sender knows
	silent bool                  // silenced by others, until the client says that it is on again
	hushed bool                  // … and the client has not said that it knows
	told   int                   // best quality that somebody wants, as the sender knows
	less   time.Time             // since when nobody has wanted it
}

// newParticipant makes the peer connections of somebody who joins: two, or one for both directions.
func (s *Server) newParticipant(r *room, j joining) (*participant, error) {
	now := time.Now()
	p := &participant{
		grant: j.grant, sid: newSID("PA_"), single: j.single, auto: j.auto, protocol: j.protocol,
		since: now, heard: now, refreshed: now, wants: map[string]bool{}, prefers: map[string]preference{}, allowed: everybody(), asked: everybody(),
		owed:   map[string]*livekit.SignalResponse{},
		failed: make(chan struct{}), quit: make(chan struct{}),
	}
	p.log = s.log.With().Str("participant", p.sid).Logger()
	echo := forward.NewEcho(func() { p.sub.alarm() }, r.guard)
	kind, hears := forward.Receiving, (*forward.Echo)(nil)
	if j.single {
		kind, hears = forward.Both, echo
	}
	in, api, err := s.connection(kind, hears)
	if err != nil {
		return nil, fmt.Errorf("making publisher: %w", err)
	}
	out := in
	if !j.single {
		if out, api, err = s.connection(forward.Sending, echo); err != nil {
			_ = in.Close()
			return nil, fmt.Errorf("making subscriber: %w", err)
		}
	}
	p.connect(r, in, out, api, echo)
	if s.turn != nil {
		p.ice = s.turn.servers(j.host, p.sid, s.turn.Admit(p.sid))
	}
	return p, nil
}

// dismiss takes from somebody who is gone the way in.
func (s *Server) dismiss(p *participant) {
	if s.turn != nil {
		s.turn.Dismiss(p.sid)
	}
}

// connection makes a peer connection and its API, which knows what codecs and numbers are negotiated on it. Reports of
// arrivals that come on it are for echo, if it is not nil.
func (s *Server) connection(kind func(webrtc.SettingEngine) (*webrtc.API, error), echo *forward.Echo) (*webrtc.PeerConnection, *webrtc.API, error) {
	settings, err := s.told()
	if err != nil {
		return nil, nil, err
	}
	if echo != nil {
		settings.BufferFactory = echo.Buffers
	}
	api, err := kind(settings)
	if err != nil {
		return nil, nil, err
	}
	pc, err := api.NewPeerConnection(webrtc.Configuration{Certificates: []webrtc.Certificate{s.cert}})
	return pc, api, err
}

// connect makes legs of the peer connections, which may be the same.
func (p *participant) connect(r *room, in, out *webrtc.PeerConnection, outAPI *webrtc.API, echo *forward.Echo) {
	p.pub = &publisher{log: p.log, leg: newLeg(in, signal.Publisher, p.send, p.fail, r.guard)}
	p.pub.remind = func() { r.post(func() { r.remind(p) }) }
	leg := p.pub.leg
	if !p.single {
		leg = newLeg(out, signal.Subscriber, p.send, p.fail, r.guard)
	}
	p.sub = &subscriber{
		leg: leg, log: p.log, api: outAPI, incoming: map[string]incoming{}, single: p.single, used: map[*webrtc.RTPTransceiver]bool{},
		opened: p.data.sends,
	}
	leg.beat = p.sub.beat
	p.sub.thin.echo = echo
	if p.single {
		p.pub.shared = p.sub
	}
	p.pub.data.beside(in, p.pub.work)
	in.OnTrack(func(t *webrtc.TrackRemote, rx *webrtc.RTPReceiver) {
		r.post(func() { r.arrived(p, t, rx) })
	})
	in.OnDataChannel(func(ch *webrtc.DataChannel) { r.listen(p, ch, p.single) })
	in.OnConnectionStateChange(p.watch)
	out.SCTP().Transport().ICETransport().OnSelectedCandidatePairChange(func(*webrtc.ICECandidatePair) { p.sub.post(p.sub.moved) })
	out.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			p.sub.post(p.sub.begin)
			r.post(func() { r.activate(p) })
		}
		p.watch(state)
	})
}

func (p *participant) watch(state webrtc.PeerConnectionState) {
	if state == webrtc.PeerConnectionStateClosed {
		return // by us; pion says so when it likes, even after the end
	}
	p.log.Trace().Stringer("state", state).Msg("Connection changed")
	if state == webrtc.PeerConnectionStateFailed {
		p.fail(errLost)
	}
}

// send queues a message. Between two connections messages are dropped: the next one begins with all there is to know.
func (p *participant) send(m *livekit.SignalResponse) {
	if c := p.conn.Load(); c != nil {
		c.Send(m)
	}
}

// fail ends the participant. Of the error only the operation is kept: the rest may hold addresses.
func (p *participant) fail(err error) {
	p.broke.Do(func() {
		at, _, _ := strings.Cut(err.Error(), ":")
		p.fault.Store(at)
		close(p.failed)
	})
}

// end lets run return.
func (p *participant) end() { p.ended.Do(func() { close(p.quit) }) }

// run works on both peer connections until end is called; lost is called if one fails before.
func (p *participant) run(lost func()) {
	var legs sync.WaitGroup
	if !p.single {
		legs.Go(p.pub.run)
	}
	legs.Go(p.sub.run)
	select {
	case <-p.failed:
		lost()
	case <-p.quit:
	}
	<-p.quit
	p.pub.close()
	p.sub.close()
	legs.Wait()
}

// match finds the announced track that packets belong to: by the client's name for it, else the oldest of its kind that
// waits for packets.
func (p *participant) match(sdpID string, kind livekit.TrackType) *publication {
	var oldest *publication
	for _, t := range p.tracks {
		switch {
		case t.info.Type != kind:
		case t.sdpID == sdpID, t.track == nil && t.cid == sdpID:
			return t
		case t.track == nil && oldest == nil:
			oldest = t
		}
	}
	return oldest
}

// info describes the participant to clients.
func (p *participant) info(state livekit.ParticipantInfo_State) *livekit.ParticipantInfo {
	i := &livekit.ParticipantInfo{
		Sid: p.sid, Identity: p.identity, Name: p.name, State: state, Version: p.version,
		JoinedAt: p.since.Unix(), JoinedAtMs: p.since.UnixMilli(),
		Metadata: p.metadata, Attributes: maps.Clone(p.attributes), Kind: p.kind, Permission: p.permission(),
	}
	for _, t := range p.tracks {
		if t.track != nil {
			i.Tracks = append(i.Tracks, t.info)
			i.IsPublisher = true
		}
	}
	return i
}

// departing describes somebody who goes to those who stay.
func (p *participant) departing(why livekit.DisconnectReason) *livekit.ParticipantInfo {
	p.version++
	gone := p.info(livekit.ParticipantInfo_DISCONNECTED)
	gone.Tracks, gone.IsPublisher, gone.DisconnectReason = nil, false, why
	return gone
}

func (p *participant) person() Person {
	return Person{Identity: p.identity, Name: p.name, Since: p.since}
}

// source says where a track comes from, and names its stream so that the client knows whose it is.
func (p *participant) source(t *publication) source {
	return source{
		sid: p.sid, stream: p.sid + "|" + t.info.Sid, shared: t.info.GetSource() == livekit.TrackSource_SCREEN_SHARE, speaks: &p.speaks,
	}
}

func newSID(prefix string) string { return prefix + rand.Text()[:14] }
