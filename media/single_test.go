package media

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
	"google.golang.org/protobuf/proto"
)

// wrap packs a join request as a client puts it into the address.
func wrap(t *testing.T, m *livekit.JoinRequest) string {
	t.Helper()
	inner, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(inner)
	_ = z.Close()
	outer, err := proto.Marshal(&livekit.WrappedJoinRequest{Compression: livekit.WrappedJoinRequest_GZIP, JoinRequest: packed.Bytes()})
	if err != nil {
		t.Fatal(err)
	}
	return base64.URLEncoding.EncodeToString(outer)
}

// enterSingle joins with one connection for both directions; inside is whether the first offer comes with the request.
func (w *world) enterSingle(t *testing.T, room, identity string, inside bool) *client {
	t.Helper()
	c := newClient(t)
	c.tune = w.tune
	c.pub = c.peer(livekit.SignalTarget_PUBLISHER)
	c.sub = c.pub
	c.openData()
	for _, kind := range []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo} {
		c.sections(kind, 2)
	}
	join := &livekit.JoinRequest{ConnectionSettings: &livekit.ConnectionSettings{AutoSubscribe: true}}
	if inside {
		offer, err := c.pub.CreateOffer(nil)
		c.must(err)
		join.PublisherOffer = &livekit.SessionDescription{Type: "offer", Sdp: offer.SDP, Id: 1}
		c.offers = 1
		w.local(t, c, offer)
	}
	ws, _, err := w.dialAt(t, "/rtc/v1", url.Values{"access_token": {w.token(t, room, identity)}, "join_request": {wrap(t, join)}})
	if err != nil {
		t.Fatal(err)
	}
	if inside {
		return c.stay(ws)
	}
	return c.stay(ws, c.offer)
}

// local sets the description that goes out with the request. Candidates that come before the connection are lost: the
// server learns the address from what arrives.
func (w *world) local(t *testing.T, c *client, offer webrtc.SessionDescription) {
	t.Helper()
	c.pub.OnICECandidate(func(*webrtc.ICECandidate) {})
	if err := c.pub.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
}

func (c *client) sections(kind webrtc.RTPCodecType, n int) {
	for range n {
		_, err := c.pub.AddTransceiverFromKind(kind, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
		c.must(err)
	}
}

// more offers the sections that the server lacks.
func (c *client) more(m *livekit.MediaSectionsRequirement) {
	c.negotiating.Lock()
	defer c.negotiating.Unlock()
	c.sections(webrtc.RTPCodecTypeAudio, int(m.GetNumAudios()))
	c.sections(webrtc.RTPCodecTypeVideo, int(m.GetNumVideos()))
	c.exchange(nil)
}

// People with one connection and with two see and hear each other, however many tracks there are.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	anna.publish(audio, "mic", "mic", gcm)
	bernd := w.enterSingle(t, "r", "bernd", true)
	clara := w.enterSingle(t, "r", "clara", false)
	if bernd.join.GetSubscriberPrimary() || !anna.join.GetSubscriberPrimary() {
		t.Error("who offers is told wrongly")
	}
	bernd.gets(anna, "mic", 20)
	for i := range 4 { // more than there are sections
		cid := fmt.Sprintf("cam%d", i)
		clara.publish(video, cid, "{"+cid+"}", gcm)
		anna.gets(clara, cid, 20)
		bernd.gets(clara, cid, 20)
	}
	stop := bernd.publish(audio, "mic", "mic", gcm)
	anna.gets(bernd, "mic", 20)
	clara.gets(bernd, "mic", 20)
	stop()
	until(t, func() string {
		for _, p := range []*client{anna, clara} {
			p.mu.Lock()
			n := len(p.people[bernd.join.GetParticipant().GetSid()].GetTracks())
			p.mu.Unlock()
			if n > 0 {
				return "bernd's track is still there"
			}
		}
		return ""
	})
	clara.publish(audio, "mic", "mic", gcm) // takes up the section that has been left
	bernd.gets(clara, "mic", 20)
	anna.gets(clara, "mic", 20)
	for sid := range bernd.mids {
		if sid == "" {
			t.Error("a section without a name")
		}
	}
}

func TestJoinRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := start(t)
	part := &bytes.Buffer{}
	z, _ := gzip.NewWriterLevel(part, gzip.BestCompression)
	_, _ = z.Write(make([]byte, 4<<20))
	_ = z.Close()
	bomb := bytes.Repeat(part.Bytes(), 128) // 512 MB, as much as fits into an address
	outer := func(c livekit.WrappedJoinRequest_Compression, b []byte) string {
		raw, _ := proto.Marshal(&livekit.WrappedJoinRequest{Compression: c, JoinRequest: b})
		return base64.URLEncoding.EncodeToString(raw)
	}
	for name, request := range map[string]string{
		"not base64":        "%%%",
		"not a message":     base64.URLEncoding.EncodeToString([]byte{0xff, 0xff}),
		"not packed":        outer(livekit.WrappedJoinRequest_GZIP, []byte("x")),
		"inside no message": outer(livekit.WrappedJoinRequest_NONE, []byte{0xff, 0xff}),
		"512 MB":            outer(livekit.WrappedJoinRequest_GZIP, bomb),
	} {
		if len(request) > 900<<10 {
			t.Fatalf("%s does not fit into an address", name)
		}
		query := url.Values{"access_token": {w.token(t, "r", "anna")}, "join_request": {request}}
		_, resp, err := w.dialAt(t, "/rtc/v1", query)
		if err == nil || resp.StatusCode/100 != 4 {
			t.Errorf("%s: got %v", name, err)
		}
		if len(request) < 1000 {
			if got := validate(t, w, "/rtc/v1/validate", query); got != http.StatusBadRequest {
				t.Errorf("%s: validate says %d", name, got)
			}
		}
	}
	if got := validate(t, w, "/rtc/v1/validate", url.Values{"access_token": {"x" + strings.Repeat("y", 10)}}); got != http.StatusUnauthorized {
		t.Errorf("validate without a token: %d", got)
	}
}
