package media

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/ice/v4"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v5/test"
	"github.com/pion/webrtc/v4"
	"github.com/rs/zerolog"
	"google.golang.org/protobuf/proto"
)

const patience = 20 * time.Second

// until waits for a condition, which returns why it is not met, or nothing.
func until(t *testing.T, unmet func() string) {
	t.Helper()
	end := time.Now().Add(patience)
	for {
		why := unmet()
		if why == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %v still: %s", patience, why)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// world is a running server with its web port.
type world struct {
	*Server
	web     *httptest.Server
	stop    func()
	changes atomic.Pointer[[]Person]
}

func start(t *testing.T, change ...func(*Options)) *world {
	t.Helper()
	leaks := test.CheckRoutines(t)
	w := &world{}
	opt := Options{Secret: []byte("0123456789abcdef0123456789abcdef"), Changed: func(_ string, p []Person) { w.changes.Store(&p) }}
	for _, f := range change {
		f(&opt)
	}
	s, err := New(Config{UDP: "127.0.0.1:0"}, opt, zerolog.New(zerolog.NewTestWriter(t)))
	if err != nil {
		t.Fatal(err)
	}
	w.Server = s
	w.web = httptest.NewServer(s.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	var run sync.WaitGroup
	run.Go(func() {
		if err := s.Run(ctx); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	var once sync.Once
	w.stop = func() { once.Do(func() { cancel(); run.Wait() }) }
	t.Cleanup(func() {
		w.stop()
		w.web.Close()
		http.DefaultClient.CloseIdleConnections()
		leaks()
	})
	return w
}

func (w *world) token(t *testing.T, room, identity string) string {
	t.Helper()
	token, err := w.Token(room, identity, strings.ToUpper(identity[:1])+identity[1:], time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

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
	last      map[string]uint16 // newest number by stream
	gaps      int
}

func (w *world) dial(t *testing.T, query url.Values) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, resp, err := websocket.Dial(ctx, w.web.URL+"/rtc?"+query.Encode(), nil)
	if err == nil {
		ws.SetReadLimit(1 << 20)
	}
	return ws, resp, err
}

// enter joins a room and waits until the server has let the client in.
func (w *world) enter(t *testing.T, room, identity string) *client {
	t.Helper()
	ws, _, err := w.dial(t, url.Values{"access_token": {w.token(t, room, identity)}})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{
		t: t, quit: make(chan struct{}), people: map[string]*livekit.ParticipantInfo{}, published: map[string]*livekit.TrackInfo{},
		received: map[string]int{}, keys: map[string]int{}, last: map[string]uint16{},
		early: map[livekit.SignalTarget][]webrtc.ICECandidateInit{},
	}
	c.pub = c.peer(livekit.SignalTarget_PUBLISHER)
	c.sub = c.peer(livekit.SignalTarget_SUBSCRIBER)
	c.sub.OnTrack(c.receive)
	c.attach(ws)
	t.Cleanup(c.vanish)
	c.until("joined and connected", func() bool {
		return c.join != nil && c.sub.ConnectionState() == webrtc.PeerConnectionStateConnected
	})
	return c
}

func (c *client) peer(target livekit.SignalTarget) *webrtc.PeerConnection {
	e := webrtc.SettingEngine{LoggerFactory: quiet{}}
	e.SetIncludeLoopbackCandidate(true)
	e.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	m := &webrtc.MediaEngine{}
	if err := m.RegisterDefaultCodecs(); err != nil {
		c.t.Fatal(err)
	}
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(e), webrtc.WithMediaEngine(m)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		c.t.Fatal(err)
	}
	pc.OnICECandidate(func(ic *webrtc.ICECandidate) {
		if ic == nil {
			return
		}
		b, _ := json.Marshal(ic.ToJSON())
		c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{
			Trickle: &livekit.TrickleRequest{CandidateInit: string(b), Target: target},
		}})
	})
	return pc
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
			m := &livekit.SignalResponse{}
			if err := proto.Unmarshal(b, m); err != nil {
				c.t.Errorf("message of the server: %v", err)
				return
			}
			c.hear(m)
		}
	})
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
	switch m := m.GetMessage().(type) {
	case *livekit.SignalResponse_Join:
		c.join = m.Join
		for _, p := range m.Join.GetOtherParticipants() {
			c.people[p.GetSid()] = p
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
		c.answer(m.Offer)
	case *livekit.SignalResponse_Answer:
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
	case *livekit.SignalResponse_Pong, *livekit.SignalResponse_PongResp:
		c.pongs++
	}
}

func (c *client) answer(offer *livekit.SessionDescription) {
	c.must(c.sub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer.GetSdp()}))
	answer, err := c.sub.CreateAnswer(nil)
	c.must(err)
	c.must(c.sub.SetLocalDescription(answer))
	c.flush(livekit.SignalTarget_SUBSCRIBER, c.sub)
	c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Answer{
		Answer: &livekit.SessionDescription{Type: "answer", Sdp: answer.SDP, Id: offer.GetId()},
	}})
}

func (c *client) flush(target livekit.SignalTarget, pc *webrtc.PeerConnection) {
	for _, init := range c.early[target] {
		c.must(pc.AddICECandidate(init))
	}
	c.early[target] = nil
}

func (c *client) must(err error) {
	if err != nil {
		c.t.Errorf("client: %v", err)
	}
}

// receive counts what comes of a track, and asks for a key frame as long as it cannot decode, as a browser does.
func (c *client) receive(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
	for n := 0; ; n++ {
		p, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		c.mu.Lock()
		stream := remote.StreamID()
		if c.received[stream] > 0 && p.SequenceNumber != c.last[stream]+1 {
			c.gaps++
		}
		c.last[stream] = p.SequenceNumber
		c.received[stream]++
		if remote.Kind() == webrtc.RTPCodecTypeVideo && p.Payload[1]&1 == 0 {
			c.keys[stream]++
		}
		blind := remote.Kind() == webrtc.RTPCodecTypeVideo && c.keys[stream] == 0
		c.mu.Unlock()
		if blind && n%20 == 0 {
			_ = c.sub.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(remote.SSRC())}})
		}
	}
}

// publish announces a track and sends fake packets until the client ends: one each 10 ms, video with a key frame at the
// beginning and after each request. Its name in descriptions may differ from that in messages, as in Firefox.
func (c *client) publish(kind livekit.TrackType, cid, sdpID string, enc livekit.Encryption_Type) (stop func()) {
	c.t.Helper()
	codec := webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2}
	source := livekit.TrackSource_MICROPHONE
	if kind == livekit.TrackType_VIDEO {
		codec = webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}
		source = livekit.TrackSource_CAMERA
	}
	c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: cid, Type: kind, Source: source, Encryption: enc, Name: cid,
	}}})
	c.until("announced "+cid, func() bool { return c.published[cid] != nil })

	track, err := webrtc.NewTrackLocalStaticRTP(codec, sdpID, "stream")
	c.must(err)
	tr, err := c.pub.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	c.must(err)
	c.offer()

	quit, want := make(chan struct{}), make(chan struct{}, 1)
	want <- struct{}{}
	c.sending.Go(func() { c.feedback(tr.Sender(), want) })
	c.sending.Go(func() { c.send(track, kind, want, quit) })
	return func() {
		close(quit)
		c.must(c.pub.RemoveTrack(tr.Sender()))
		c.offer()
	}
}

func (c *client) offer() {
	offer, err := c.pub.CreateOffer(nil)
	c.must(err)
	c.must(c.pub.SetLocalDescription(offer))
	c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{
		Offer: &livekit.SessionDescription{Type: "offer", Sdp: offer.SDP, Id: 1},
	}})
	c.until("offer answered", func() bool { return c.pub.SignalingState() == webrtc.SignalingStateStable })
}

func (c *client) feedback(s *webrtc.RTPSender, want chan<- struct{}) {
	for {
		packets, _, err := s.ReadRTCP()
		if err != nil {
			return
		}
		for _, p := range packets {
			if _, ok := p.(*rtcp.PictureLossIndication); ok {
				c.mu.Lock()
				c.plis++
				c.mu.Unlock()
				select {
				case want <- struct{}{}:
				default:
				}
			}
		}
	}
}

func (c *client) send(track *webrtc.TrackLocalStaticRTP, kind livekit.TrackType, want <-chan struct{}, quit <-chan struct{}) {
	clock := time.NewTicker(10 * time.Millisecond)
	defer clock.Stop()
	p := &rtp.Packet{Header: rtp.Header{Version: 2, Marker: true, SequenceNumber: 65500}, Payload: make([]byte, 100)}
	for {
		select {
		case <-quit:
			return
		case <-c.quit:
			return
		case <-clock.C:
		}
		p.SequenceNumber++
		p.Timestamp += 900
		if kind == livekit.TrackType_VIDEO {
			p.Payload[0], p.Payload[1] = 0x10, 1
			if c.pub.ConnectionState() == webrtc.PeerConnectionStateConnected {
				select {
				case <-want:
					p.Payload[1] = 0
				default:
				}
			}
		}
		if track.WriteRTP(p) != nil {
			return
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
	_ = c.pub.GracefulClose()
	_ = c.sub.GracefulClose()
	c.reading.Wait()
	c.sending.Wait()
}
