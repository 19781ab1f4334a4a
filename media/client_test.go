package media

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
)

// client speaks the protocol as a page does.
type client struct {
	t        *testing.T
	ws       *websocket.Conn
	pub, sub *webrtc.PeerConnection
	cancel   context.CancelFunc
	reading  sync.WaitGroup
	sending  sync.WaitGroup
	quit     chan struct{} // ends what sends
	ended    sync.Once

	mu        sync.Mutex
	join      *livekit.JoinResponse
	resumed   *livekit.ReconnectResponse
	people    map[string]*livekit.ParticipantInfo // by sid
	published map[string]*livekit.TrackInfo       // by cid
	received  map[string]int                      // packets by stream
	keys      map[string]int                      // first packets of key frames by stream
	mids      map[string]string
	leave     *livekit.LeaveRequest
	token     string
	pongs     int
	early     map[livekit.SignalTarget][]webrtc.ICECandidateInit
	plis      int
	last      map[string]uint16          // newest number by stream
	gaps      int                        // packets that have not come, though later ones have
	lacks     map[string]map[uint16]bool // their numbers, by stream
	numbers   map[string]map[uint16]bool // all of the last minutes, by stream
	data      []*livekit.DataPacket
	speakers  map[string]*livekit.SpeakerInfo // by sid
	refusals  []*livekit.RequestResponse
	permitted map[string]bool // by track
	muted     map[string]bool // tracks of its own that were muted from outside
	crowd     uint32
	tune      func(*webrtc.SettingEngine)
	config    webrtc.Configuration          // of its peer connections
	level     *atomic.Int32                 // of its voice, in dB below overload; nil where it does not say
	late      bool                          // sends candidates before the description that they belong to
	comes     func()                        // at the join, with the lock held; may be nil
	deaf      <-chan struct{}               // data is not read until it is closed
	blind     atomic.Pointer[chan struct{}] // nor the WebSocket until this is
	sizes     map[livekit.TrackType]int     // of payloads; may be nil
	paused    map[string]bool               // tracks that its line has no room for, as it was told
	apart     atomic.Bool                   // keeps candidates back, so that nothing connects
	unsaid    chan *livekit.SignalRequest   // its own
	slow      bool                          // does not answer offers
	timeless  bool                          // does not report when packets arrive
	offered   *livekit.SessionDescription   // the last one that it has not answered
	notes     []*livekit.SignalResponse     // what has come since it resumed, or since this was made
	wanted    map[string][]int              // best quality that is wanted of tracks of its own, each time that it was told
	dropped   []string                      // own tracks that are no longer published

	negotiating sync.Mutex // held during an offer and its answer
	offers      uint32
	out         map[string]*webrtc.DataChannel // by label, once open
}

// enter joins a room with two connections and waits until the server has let the client in.
func (w *world) enter(t *testing.T, room, identity string, more ...url.Values) *client {
	t.Helper()
	q := url.Values{"access_token": {w.token(t, room, identity)}}
	for _, m := range more {
		maps.Copy(q, m)
	}
	c, ws := w.come(t, q)
	return c.stay(ws)
}

// come makes a client with two connections that has not read anything yet.
func (w *world) come(t *testing.T, q url.Values) (*client, *websocket.Conn) {
	t.Helper()
	ws, _, err := w.dial(t, q)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t)
	c.tune, c.level, c.timeless = w.tune, w.level, w.timeless
	c.pub = c.peer(livekit.SignalTarget_PUBLISHER)
	c.sub = c.peer(livekit.SignalTarget_SUBSCRIBER)
	c.sub.OnDataChannel(c.hearData)
	c.openData()
	return c, ws
}

func newClient(t *testing.T) *client {
	return &client{
		t: t, quit: make(chan struct{}), people: map[string]*livekit.ParticipantInfo{}, published: map[string]*livekit.TrackInfo{},
		numbers: map[string]map[uint16]bool{}, lacks: map[string]map[uint16]bool{},
		received: map[string]int{}, keys: map[string]int{}, last: map[string]uint16{},
		early:    map[livekit.SignalTarget][]webrtc.ICECandidateInit{},
		speakers: map[string]*livekit.SpeakerInfo{}, permitted: map[string]bool{}, muted: map[string]bool{}, wanted: map[string][]int{}, paused: map[string]bool{},
		out: map[string]*webrtc.DataChannel{}, unsaid: make(chan *livekit.SignalRequest, maxCandidates),
	}
}

// stay reads the connection until the client vanishes, does what is to be done then, and waits until it is in.
func (c *client) stay(ws *websocket.Conn, then ...func()) *client {
	c.t.Helper()
	c.sub.OnTrack(c.receive)
	c.attach(ws)
	c.t.Cleanup(c.vanish)
	for _, f := range then {
		f()
	}
	c.until("joined and connected", func() bool {
		return c.join != nil && c.sub.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
	return c
}

// openData makes the channels that a client sends data on.
func (c *client) openData() {
	for label, init := range map[string]*webrtc.DataChannelInit{
		reliable: {Ordered: new(true)}, lossy: {Ordered: new(false), MaxRetransmits: new(uint16(0))},
	} {
		ch, err := c.pub.CreateDataChannel(label, init)
		c.must(err)
		ch.OnOpen(func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.out[label] = ch
		})
		c.hearData(ch)
	}
}

func (c *client) hearData(ch *webrtc.DataChannel) {
	ch.OnMessage(func(m webrtc.DataChannelMessage) {
		p := &livekit.DataPacket{}
		if err := proto.Unmarshal(m.Data, p); err != nil {
			c.t.Errorf("data: %v", err)
		}
		c.mu.Lock()
		deaf := c.deaf
		c.mu.Unlock()
		if deaf != nil {
			<-deaf
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.data = append(c.data, p)
	})
}

func (c *client) peer(target livekit.SignalTarget) *webrtc.PeerConnection {
	e := webrtc.SettingEngine{LoggerFactory: quiet{}}
	e.SetIncludeLoopbackCandidate(true)
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	if c.tune != nil {
		c.tune(&e)
	}
	// Pion's usual ones, without statistics: when these close they race with a stream that comes.
	m, r := c.codecs(), &interceptor.Registry{}
	c.must(webrtc.ConfigureNack(m, r))
	c.must(webrtc.ConfigureRTCPReports(r))
	c.must(webrtc.ConfigureSimulcastExtensionHeaders(m))
	if !c.timeless {
		c.must(webrtc.ConfigureTWCCSenderWithOptions(m, r, twcc.WithLoggerFactory(quiet{})))
	}
	r.Add(&ofClient{})
	api := webrtc.NewAPI(webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(e), webrtc.WithMediaEngine(m))
	pc, err := api.NewPeerConnection(c.config)
	if err != nil {
		c.t.Fatal(err)
	}
	pc.OnICECandidate(func(ic *webrtc.ICECandidate) {
		if ic == nil {
			return
		}
		b, _ := json.Marshal(ic.ToJSON())
		c.trickle(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{
			Trickle: &livekit.TrickleRequest{CandidateInit: string(b), Target: target},
		}})
	})
	return pc
}

// ofClient does nothing but to be seen in the goroutines that read streams of a client of these tests.
type ofClient struct{ interceptor.NoOp }

func (o *ofClient) NewInterceptor(string) (interceptor.Interceptor, error) { return o, nil }

func (*ofClient) BindRemoteStream(_ *interceptor.StreamInfo, r interceptor.RTPReader) interceptor.RTPReader {
	return interceptor.RTPReaderFunc(func(b []byte, a interceptor.Attributes) (int, interceptor.Attributes, error) {
		return r.Read(b, a)
	})
}

// codecs go by other numbers than the server's own, as Firefox's do.
func (c *client) codecs() *webrtc.MediaEngine {
	m := &webrtc.MediaEngine{}
	for _, codec := range []struct {
		mime, fmtp string
		clock      uint32
		pt         webrtc.PayloadType
	}{
		{webrtc.MimeTypeOpus, "minptime=10;useinbandfec=1", 48000, 109},
		{webrtc.MimeTypeVP8, "", 90000, 120},
		{webrtc.MimeTypeRTX, "apt=120", 90000, 124},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", 90000, 126},
	} {
		kind, p := webrtc.RTPCodecTypeVideo, webrtc.RTPCodecParameters{PayloadType: codec.pt}
		p.MimeType, p.ClockRate, p.SDPFmtpLine = codec.mime, codec.clock, codec.fmtp
		if codec.mime == webrtc.MimeTypeOpus {
			kind, p.Channels = webrtc.RTPCodecTypeAudio, 2
		}
		c.must(m.RegisterCodec(p, kind))
	}
	if c.level != nil {
		c.must(m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.AudioLevelURI}, webrtc.RTPCodecTypeAudio))
	}
	return m
}

// attach reads messages of a connection until it ends.
func (c *client) attach(ws *websocket.Conn) {
	ctx, cancel := context.WithCancel(context.Background())
	c.ws, c.cancel = ws, cancel
	c.reading.Go(func() {
		for {
			_, b, err := ws.Read(ctx)
			if err != nil {
				return
			}
			if until := c.blind.Load(); until != nil {
				<-*until
			}
			m := &livekit.SignalResponse{}
			if err := proto.Unmarshal(b, m); err != nil {
				c.t.Errorf("message of the server: %v", err)
				return
			}
			c.hear(m)
		}
	})
}

// trickle says a candidate, later if the client is apart.
func (c *client) trickle(m *livekit.SignalRequest) {
	if c.apart.Load() {
		c.unsaid <- m
		return
	}
	c.say(m)
}

func (c *client) say(m *livekit.SignalRequest) {
	b, err := proto.Marshal(m)
	if err != nil {
		c.t.Error(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = c.ws.Write(ctx, websocket.MessageBinary, b) // the server may be gone
}

func (c *client) hear(m *livekit.SignalResponse) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.resumed != nil || c.notes != nil {
		c.notes = append(c.notes, m)
	}
	switch m := m.GetMessage().(type) {
	case *livekit.SignalResponse_Join:
		c.join = m.Join
		for _, p := range m.Join.GetOtherParticipants() {
			c.people[p.GetSid()] = p
		}
		if c.comes != nil {
			c.comes()
		}
	case *livekit.SignalResponse_Reconnect:
		c.resumed = m.Reconnect
	case *livekit.SignalResponse_Update:
		for _, p := range m.Update.GetParticipants() {
			if old := c.people[p.GetSid()]; old != nil && old.GetVersion() > p.GetVersion() {
				c.t.Errorf("version of %s went from %d to %d", p.GetIdentity(), old.GetVersion(), p.GetVersion())
			}
			c.people[p.GetSid()] = p
		}
	case *livekit.SignalResponse_TrackPublished:
		c.published[m.TrackPublished.GetCid()] = m.TrackPublished.GetTrack()
	case *livekit.SignalResponse_Offer:
		c.mids = m.Offer.GetMidToTrackId()
		c.knows(m.Offer)
		if c.slow {
			c.offered = m.Offer
			return
		}
		c.answer(m.Offer)
	case *livekit.SignalResponse_Answer:
		if c.pub == c.sub {
			c.mids = m.Answer.GetMidToTrackId()
			c.knows(m.Answer)
		}
		c.must(c.pub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m.Answer.GetSdp()}))
		c.flush(livekit.SignalTarget_PUBLISHER, c.pub)
	case *livekit.SignalResponse_Trickle:
		var init webrtc.ICECandidateInit
		c.must(json.Unmarshal([]byte(m.Trickle.GetCandidateInit()), &init))
		target, pc := m.Trickle.GetTarget(), c.pub
		if target == livekit.SignalTarget_SUBSCRIBER {
			pc = c.sub
		}
		c.early[target] = append(c.early[target], init)
		if pc.RemoteDescription() != nil {
			c.flush(target, pc)
		}
	case *livekit.SignalResponse_Leave:
		c.leave = m.Leave
	case *livekit.SignalResponse_RefreshToken:
		c.token = m.RefreshToken
	case *livekit.SignalResponse_MediaSectionsRequirement:
		c.sending.Go(func() { c.more(m.MediaSectionsRequirement) })
	case *livekit.SignalResponse_SpeakersChanged:
		for _, s := range m.SpeakersChanged.GetSpeakers() {
			c.speakers[s.GetSid()] = s
		}
	case *livekit.SignalResponse_RequestResponse:
		c.refusals = append(c.refusals, m.RequestResponse)
	case *livekit.SignalResponse_SubscriptionPermissionUpdate:
		c.permitted[m.SubscriptionPermissionUpdate.GetTrackSid()] = m.SubscriptionPermissionUpdate.GetAllowed()
	case *livekit.SignalResponse_StreamStateUpdate:
		for _, s := range m.StreamStateUpdate.GetStreamStates() {
			c.paused[s.GetTrackSid()] = s.GetState() == livekit.StreamState_PAUSED
		}
	case *livekit.SignalResponse_SubscribedQualityUpdate:
		best, sid := nobody, m.SubscribedQualityUpdate.GetTrackSid()
		for _, q := range m.SubscribedQualityUpdate.GetSubscribedCodecs()[0].GetQualities() {
			if q.GetEnabled() {
				best = max(best, int(q.GetQuality()))
			}
		}
		c.wanted[sid] = append(c.wanted[sid], best)
	case *livekit.SignalResponse_Mute:
		c.muted[m.Mute.GetSid()] = m.Mute.GetMuted()
	case *livekit.SignalResponse_RoomUpdate:
		c.crowd = m.RoomUpdate.GetRoom().GetNumParticipants()
	case *livekit.SignalResponse_TrackUnpublished:
		c.dropped = append(c.dropped, m.TrackUnpublished.GetTrackSid())
	case *livekit.SignalResponse_Pong, *livekit.SignalResponse_PongResp:
		c.pongs++
	}
}

func (c *client) answer(offer *livekit.SessionDescription) {
	c.must(c.sub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer.GetSdp()}))
	answer, err := c.sub.CreateAnswer(nil)
	c.must(err)
	c.describe(c.sub, answer)
	c.flush(livekit.SignalTarget_SUBSCRIBER, c.sub)
	c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Answer{
		Answer: &livekit.SessionDescription{Type: "answer", Sdp: answer.SDP, Id: offer.GetId()},
	}})
}

// describe sets a description that is to be sent, and waits for its candidates to be sent first if the client is late.
func (c *client) describe(pc *webrtc.PeerConnection, d webrtc.SessionDescription) {
	gathered := webrtc.GatheringCompletePromise(pc)
	c.must(pc.SetLocalDescription(d))
	if c.late {
		<-gathered
	}
}

func (c *client) flush(target livekit.SignalTarget, pc *webrtc.PeerConnection) {
	if c.apart.Load() {
		return
	}
	for _, init := range c.early[target] {
		c.must(pc.AddICECandidate(init))
	}
	c.early[target] = nil
}

// must fails the test, unless the client is leaving or the server has ended the connection: what still comes in then has no
// answer.
func (c *client) must(err error) {
	select {
	case <-c.quit:
	default:
		if err != nil && !errors.Is(err, webrtc.ErrConnectionClosed) {
			c.t.Errorf("client: %v", err)
		}
	}
}

// until waits for something that the client knows.
func (c *client) until(what string, met func() bool) {
	c.t.Helper()
	until(c.t, func() string {
		c.mu.Lock()
		defer c.mu.Unlock()
		if met() {
			return ""
		}
		return fmt.Sprintf("not %s (left: %v, received: %v)", what, c.leave, c.received)
	})
}

// left is how the server has sent the client out, for those who do not hold its lock.
func (c *client) left() *livekit.LeaveRequest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.leave
}

// sees waits until the client has been told that somebody is in a state.
func (c *client) sees(identity string, state livekit.ParticipantInfo_State) *livekit.ParticipantInfo {
	c.t.Helper()
	var found *livekit.ParticipantInfo
	c.until(fmt.Sprintf("told that %s is %v", identity, state), func() bool {
		for _, p := range c.people {
			if p.GetIdentity() == identity && p.GetState() == state {
				found = p
				return true
			}
		}
		return false
	})
	return found
}

// vanish drops everything without a word.
func (c *client) vanish() {
	c.ended.Do(func() { close(c.quit) })
	c.cancel()
	_ = c.ws.CloseNow()
	c.reading.Wait() // what was read last still does something with the peer connections
	_ = c.pub.GracefulClose()
	_ = c.sub.GracefulClose()
	c.sending.Wait()
}
