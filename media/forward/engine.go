package forward

import (
	"fmt"
	"time"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// nackInterval is how often lost packets are asked for again.
const nackInterval = 30 * time.Millisecond

// extensions are what a sender's headers say beside the codec.
var extensions = map[string][]webrtc.RTPCodecType{
	sdp.SDESMidURI:               {webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo},
	sdp.SDESRTPStreamIDURI:       {webrtc.RTPCodecTypeVideo},
	sdp.SDESRepairRTPStreamIDURI: {webrtc.RTPCodecTypeVideo},
	sdp.TransportCCURI:           {webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo},
	sdp.AudioLevelURI:            {webrtc.RTPCodecTypeAudio},
}

// Receiving returns an API for peer connections that receive from a sender: it asks for lost packets, reports loss and
// arrival times, and tells layers apart.
func Receiving(settings webrtc.SettingEngine) (*webrtc.API, error) {
	m, err := codecs([]webrtc.RTCPFeedback{{Type: "transport-cc"}})
	if err != nil {
		return nil, err
	}
	in, err := incoming(m)
	if err != nil {
		return nil, err
	}
	return api(settings, m, in...), nil
}

// Both returns an API for peer connections that do what those of Receiving and of Sending do.
func Both(settings webrtc.SettingEngine) (*webrtc.API, error) {
	m, err := codecs([]webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: webrtc.TypeRTCPFBGoogREMB}})
	if err != nil {
		return nil, err
	}
	in, err := incoming(m)
	if err != nil {
		return nil, err
	}
	return api(settings, m, in...), nil
}

// incoming is what a peer connection needs that receives.
func incoming(m *webrtc.MediaEngine) ([]interceptor.Factory, error) {
	for uri, kinds := range extensions {
		for _, kind := range kinds {
			if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: uri}, kind); err != nil {
				return nil, fmt.Errorf("registering header extension %s: %w", uri, err)
			}
		}
	}
	again, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(nackInterval))
	if err != nil {
		return nil, fmt.Errorf("building nack generator: %w", err)
	}
	reports, err := report.NewReceiverInterceptor()
	if err != nil {
		return nil, fmt.Errorf("building receiver reports: %w", err)
	}
	arrival, err := twcc.NewSenderInterceptor()
	if err != nil {
		return nil, fmt.Errorf("building arrival reports: %w", err)
	}
	return []interceptor.Factory{again, reports, arrival}, nil
}

// Sending returns an API for peer connections that send to a receiver, which says when packets arrive, or what it takes its
// line for. What is lost is sent again, and times are reported, by each track's Sender.
func Sending(settings webrtc.SettingEngine) (*webrtc.API, error) {
	m, err := codecs([]webrtc.RTCPFeedback{{Type: "transport-cc"}, {Type: webrtc.TypeRTCPFBGoogREMB}})
	if err != nil {
		return nil, err
	}
	for _, kind := range extensions[sdp.TransportCCURI] {
		if err := m.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{URI: sdp.TransportCCURI}, kind); err != nil {
			return nil, fmt.Errorf("registering header extension %s: %w", sdp.TransportCCURI, err)
		}
	}
	return api(settings, m), nil
}

func api(settings webrtc.SettingEngine, m *webrtc.MediaEngine, factories ...interceptor.Factory) *webrtc.API {
	r := &interceptor.Registry{}
	for _, f := range factories {
		r.Add(f)
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(m), webrtc.WithInterceptorRegistry(r))
}

// codecs are the ones that calls use: Opus, with redundancy where both ends know it, VP8, and H.264 for those who have nothing else.
func codecs(feedback []webrtc.RTCPFeedback) (*webrtc.MediaEngine, error) {
	m := &webrtc.MediaEngine{}
	audio := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		},
		PayloadType: 111,
	}
	if len(feedback) > 0 && feedback[0].Type == "transport-cc" {
		audio.RTCPFeedback = feedback[:1]
	}
	if err := m.RegisterCodec(audio, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("registering %s: %w", audio.MimeType, err)
	}
	red := webrtc.RTPCodecParameters{
		RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: mimeRED, ClockRate: 48000, Channels: 2, SDPFmtpLine: twice(audio.PayloadType)},
		PayloadType:        63,
	}
	if err := m.RegisterCodec(red, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("registering %s: %w", red.MimeType, err)
	}

	feedback = append([]webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}, {Type: "nack"}, {Type: "nack", Parameter: "pli"}}, feedback...)
	for _, c := range []struct {
		mime, fmtp string
		pt         webrtc.PayloadType
	}{
		{webrtc.MimeTypeVP8, "", 96},
		{webrtc.MimeTypeRTX, "apt=96", 97},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f", 106},
		{webrtc.MimeTypeRTX, "apt=106", 107},
		{webrtc.MimeTypeH264, "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f", 102},
		{webrtc.MimeTypeRTX, "apt=102", 103},
	} {
		video := webrtc.RTPCodecParameters{
			RTPCodecCapability: webrtc.RTPCodecCapability{MimeType: c.mime, ClockRate: 90000, SDPFmtpLine: c.fmtp},
			PayloadType:        c.pt,
		}
		if c.mime != webrtc.MimeTypeRTX {
			video.RTCPFeedback = feedback
		}
		if err := m.RegisterCodec(video, webrtc.RTPCodecTypeVideo); err != nil {
			return nil, fmt.Errorf("registering %s: %w", c.mime, err)
		}
	}
	return m, nil
}
