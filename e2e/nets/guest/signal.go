package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
)

var (
	errAgain = errors.New("the server wants a fresh join")
	errGone  = errors.New("the server does not answer")
)

// line is one WebSocket to the server.
type line struct {
	ws *websocket.Conn
	in chan *livekit.SignalResponse // closed when it has ended
}

// dial connects; where sid is not empty, to go on as that participant.
func (g *Guest) dial(ctx context.Context, sid string) (*line, error) {
	q := url.Values{"access_token": {g.token}, "protocol": {"16"}, "sdk": {"go"}, "version": {"2.0.0"}, "auto_subscribe": {"1"}, "adaptive_stream": {"0"}}
	if !g.opt.Receives {
		q.Set("auto_subscribe", "0")
	}
	if sid != "" {
		q.Set("reconnect", "1")
		q.Set("sid", sid)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ws, _, err := websocket.Dial(ctx, g.opt.URL+"/rtc?"+q.Encode(), nil)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	ws.SetReadLimit(4 << 20)
	l := &line{ws: ws, in: make(chan *livekit.SignalResponse, 256)}
	go func() {
		defer close(l.in)
		for {
			_, b, err := ws.Read(context.Background())
			if err != nil {
				return
			}
			m := &livekit.SignalResponse{}
			if proto.Unmarshal(b, m) == nil {
				l.in <- m
			}
		}
	}()
	return l, nil
}

func (g *Guest) say(m *livekit.SignalRequest) {
	b, err := proto.Marshal(m)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	g.mu.Lock()
	l := g.line
	g.mu.Unlock()
	if l != nil {
		_ = l.ws.Write(ctx, websocket.MessageBinary, b)
	}
}

// handle does what a message says.
func (g *Guest) handle(m *livekit.SignalResponse) error {
	switch m := m.GetMessage().(type) {
	case *livekit.SignalResponse_Answer:
		if err := g.pub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: m.Answer.GetSdp()}); err != nil {
			return fmt.Errorf("taking an answer: %w", err)
		}
		g.place(livekit.SignalTarget_PUBLISHER)
	case *livekit.SignalResponse_Offer:
		return g.answer(m.Offer)
	case *livekit.SignalResponse_Trickle:
		var c webrtc.ICECandidateInit
		if err := json.Unmarshal([]byte(m.Trickle.GetCandidateInit()), &c); err != nil {
			return fmt.Errorf("reading a candidate: %w", err)
		}
		g.early[m.Trickle.GetTarget()] = append(g.early[m.Trickle.GetTarget()], c)
		g.place(m.Trickle.GetTarget())
	case *livekit.SignalResponse_TrackPublished:
		g.published++
		if g.published == len(g.senders) {
			return g.offer(nil)
		}
	case *livekit.SignalResponse_RefreshToken:
		g.token = m.RefreshToken
	case *livekit.SignalResponse_SubscribedQualityUpdate:
		g.wanted(m.SubscribedQualityUpdate)
	case *livekit.SignalResponse_Leave:
		return errAgain
	}
	return nil
}

// wanted follows which layers somebody wants.
func (g *Guest) wanted(m *livekit.SubscribedQualityUpdate) {
	most := int32(-1)
	for _, c := range m.GetSubscribedCodecs() {
		for _, q := range c.GetQualities() {
			if q.GetEnabled() {
				most = max(most, int32(q.GetQuality()))
			}
		}
	}
	if s := g.senders[picturesName]; s != nil {
		s.most.Store(most)
	}
}

// place adds candidates whose description has come.
func (g *Guest) place(target livekit.SignalTarget) {
	pc := g.pub
	if target == livekit.SignalTarget_SUBSCRIBER {
		pc = g.sub
	}
	if pc.RemoteDescription() == nil || target == livekit.SignalTarget_PUBLISHER && pc.SignalingState() != webrtc.SignalingStateStable {
		return
	}
	for _, c := range g.early[target] {
		_ = pc.AddICECandidate(c)
	}
	g.early[target] = nil
}

func (g *Guest) offer(options *webrtc.OfferOptions) error {
	offer, err := g.pub.CreateOffer(options)
	if err == nil {
		err = g.pub.SetLocalDescription(offer)
	}
	if err != nil {
		return fmt.Errorf("offering: %w", err)
	}
	g.offers++
	g.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{
		Offer: &livekit.SessionDescription{Type: "offer", Sdp: offer.SDP, Id: g.offers},
	}})
	return nil
}

func (g *Guest) answer(offer *livekit.SessionDescription) error {
	err := g.sub.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer.GetSdp()})
	if err != nil {
		return fmt.Errorf("taking an offer: %w", err)
	}
	g.place(livekit.SignalTarget_SUBSCRIBER)
	if reckons(offer.GetSdp()) && !g.reckoning {
		g.reckoning = true
		go g.reckoner.run(g.during, g.sub)
	}
	answer, err := g.sub.CreateAnswer(nil)
	if err == nil {
		err = g.sub.SetLocalDescription(answer)
	}
	if err != nil {
		return fmt.Errorf("answering: %w", err)
	}
	g.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Answer{
		Answer: &livekit.SessionDescription{Type: "answer", Sdp: answer.SDP, Id: offer.GetId()},
	}})
	return nil
}
