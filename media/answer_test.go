package media

import (
	"strings"
	"testing"

	"github.com/livekit/protocol/livekit"
)

const oneSection = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97 108 109\r\na=mid:0\r\na=DIRECTION\r\n" +
	"a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 transport-cc\r\na=rtcp-fb:96 goog-remb\r\na=rtpmap:97 rtx/90000\r\n" +
	"a=rtpmap:108 H264/90000\r\na=rtpmap:109 rtx/90000\r\n" +
	"a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"

// A client is told to send with the codec that it has announced, and of estimates only where it
// receives.
func TestAnswersAreAmended(t *testing.T) {
	offer := strings.Replace(oneSection, "DIRECTION", "msid:stream cam", 1)
	receives := strings.Replace(oneSection, "DIRECTION", "recvonly", 1)
	sends := strings.Replace(oneSection, "DIRECTION", "sendonly", 1)
	for name, c := range map[string]struct {
		answer, codec, line string
		estimates           bool
	}{
		"nothing wanted":   {receives, "", "SAVPF 96 97 108 109", false},
		"the second":       {receives, "h264", "SAVPF 108 96 97 109", false},
		"one that is not":  {receives, "av1", "SAVPF 96 97 108 109", false},
		"the client's own": {sends, "h264", "SAVPF 96 97 108 109", true},
	} {
		codecs := map[string]string{}
		if c.codec != "" {
			codecs["cam"] = c.codec
		}
		got, err := amend(c.answer, offer, codecs)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(got, c.line+"\r\n") || !strings.Contains(got, "96 nack") || strings.Count(got, "transport-") != 2 ||
			strings.Contains(got, "goog-remb") != c.estimates {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	if _, err := amend("v=0\r\nx=y\r\n", offer, nil); err == nil {
		t.Error("took an answer that is none")
	}
	if _, err := amend(receives, "v=0\r\nx=y\r\n", map[string]string{"cam": "vp8"}); err == nil {
		t.Error("took an offer that is none")
	}
	sound := "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\na=mid:0\r\na=msid:s cam\r\na=recvonly\r\n" +
		"a=rtpmap:111 opus/48000/2\r\na=rtpmap:63 red/48000/2\r\n"
	for _, c := range []struct {
		req  *livekit.AddTrackRequest
		want string
	}{
		{&livekit.AddTrackRequest{Type: livekit.TrackType_AUDIO}, "SAVPF 63 111"},
		{&livekit.AddTrackRequest{Type: livekit.TrackType_AUDIO, DisableRed: true}, "SAVPF 111 63"},
		{&livekit.AddTrackRequest{Type: livekit.TrackType_AUDIO, Encryption: livekit.Encryption_GCM}, "SAVPF 111 63"},
	} {
		if got, err := amend(sound, sound, map[string]string{"cam": preferred(c.req)}); err != nil || !strings.Contains(got, c.want+"\r\n") {
			t.Errorf("sound of %v: %v\n%s", c.req, err, got)
		}
	}
	req := &livekit.AddTrackRequest{Type: livekit.TrackType_VIDEO, SimulcastCodecs: []*livekit.SimulcastCodec{{Codec: "video/H264"}}}
	if got := preferred(req); got != "h264" {
		t.Errorf("prefers %q", got)
	}
}
