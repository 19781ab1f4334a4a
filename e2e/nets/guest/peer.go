package guest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/cc"
	"github.com/pion/interceptor/pkg/gcc"
	"github.com/pion/rtcp"
	"github.com/pion/transport/v5"
	"github.com/pion/transport/v5/stdnet"
	"github.com/pion/webrtc/v4"
)

const firstTarget = 2_000_000 // bit/s that a guest begins to send with

// today is the network as it is now, and not as it was when the guest came.
type today struct{ *stdnet.Net }

// Interfaces looks for them anew each time, since it is asked from several sides at once.
func (today) Interfaces() ([]*transport.Interface, error) {
	now, err := stdnet.NewNet()
	if err != nil {
		return nil, fmt.Errorf("looking for networks: %w", err)
	}
	return now.Interfaces()
}

// peer makes a peer connection. One that sends reckons what the line carries.
func (g *Guest) peer(target livekit.SignalTarget, servers []*livekit.ICEServer) (*webrtc.PeerConnection, error) {
	m, r := &webrtc.MediaEngine{}, &interceptor.Registry{}
	feedback := []webrtc.RTCPFeedback{{Type: "goog-remb"}, {Type: "transport-cc"}, {Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}
	for _, c := range []struct {
		kind webrtc.RTPCodecType
		webrtc.RTPCodecParameters
	}{
		{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
			RTCPFeedback: []webrtc.RTCPFeedback{{Type: "transport-cc"}},
		}}},
		{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeVP8, ClockRate: 90000, RTCPFeedback: feedback,
		}}},
		{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecParameters{PayloadType: 97, RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: 90000, SDPFmtpLine: "apt=96",
		}}},
	} {
		if c.MimeType == webrtc.MimeTypeRTX && target == livekit.SignalTarget_PUBLISHER {
			continue // pion would not say of which layer a packet is that it sends again
		}
		if err := m.RegisterCodec(c.RTPCodecParameters, c.kind); err != nil {
			return nil, err
		}
	}
	if target == livekit.SignalTarget_PUBLISHER && g.opt.Adapts {
		reckoning, err := cc.NewInterceptor(func() (cc.BandwidthEstimator, error) {
			return gcc.NewSendSideBWE(gcc.SendSideBWEInitialBitrate(firstTarget), gcc.SendSideBWEPacer(gcc.NewNoOpPacer()))
		})
		if err != nil {
			return nil, err
		}
		reckoning.OnNewPeerConnection(func(_ string, e cc.BandwidthEstimator) {
			e.OnTargetBitrateChange(func(rate int) { g.target.Store(int64(rate)) })
		})
		r.Add(reckoning)
		if err := webrtc.ConfigureTWCCHeaderExtensionSender(m, r); err != nil {
			return nil, err
		}
	}
	if err := webrtc.RegisterDefaultInterceptors(m, r); err != nil {
		return nil, err
	}
	n, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	e := webrtc.SettingEngine{}
	e.SetNet(today{n})
	e.SetIncludeLoopbackCandidate(g.opt.Here)
	e.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	e.SetICETimeouts(3*time.Second, 15*time.Second, time.Second)
	e.SetSRTPReplayProtectionWindow(1024)
	e.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6})
	var config webrtc.Configuration
	for _, s := range servers {
		config.ICEServers = append(config.ICEServers, webrtc.ICEServer{URLs: s.GetUrls(), Username: s.GetUsername(), Credential: s.GetCredential()})
	}
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r), webrtc.WithSettingEngine(e)).NewPeerConnection(config)
	if err != nil {
		return nil, err
	}
	pc.OnICECandidate(func(c *webrtc.ICECandidate) {
		if c == nil {
			return
		}
		b, _ := json.Marshal(c.ToJSON())
		g.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{
			Trickle: &livekit.TrickleRequest{CandidateInit: string(b), Target: target},
		}})
	})
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		select {
		case g.states <- state{pc, s}:
		default:
		}
	})
	reckoner := g.reckoner // of this meeting: what still comes when the next one has begun is not for that
	pc.OnTrack(func(t *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { g.receive(pc, t, reckoner) })
	return pc, nil
}

type state struct {
	pc *webrtc.PeerConnection
	is webrtc.PeerConnectionState
}

// receive hears and sees a track until it ends.
func (g *Guest) receive(pc *webrtc.PeerConnection, t *webrtc.TrackRemote, reckoner *reckoner) {
	b := make([]byte, 1700)
	for {
		n, _, err := t.Read(b)
		if err != nil {
			return
		}
		s, ok := readStamp(b[:n])
		now := time.Now()
		reckoner.take(uint32(t.SSRC()), n, now.Sub(s.sent), ok)
		switch {
		case !ok:
		case t.Kind() == webrtc.RTPCodecTypeAudio:
			g.ear.take(s, now)
		default:
			if g.eye.take(s, now) {
				_ = pc.WriteRTCP([]rtcp.Packet{&rtcp.PictureLossIndication{MediaSSRC: uint32(t.SSRC())}})
			}
		}
	}
}

// way says how a peer connection goes.
func way(pc *webrtc.PeerConnection) string {
	pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
	switch {
	case err != nil || pair == nil:
		return "none"
	case pair.Local.Typ == webrtc.ICECandidateTypeRelay:
		return "turn"
	default:
		return pair.Local.Protocol.String()
	}
}
