package media

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// A client that sends nonsense is out; the server and the others go on.
func TestHostileMessages(t *testing.T) {
	t.Parallel()
	offer := func(sdp string) *livekit.SignalRequest {
		return &livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{Offer: &livekit.SessionDescription{Type: "offer", Sdp: sdp}}}
	}
	trickle := func(init string) *livekit.SignalRequest {
		return &livekit.SignalRequest{Message: &livekit.SignalRequest_Trickle{Trickle: &livekit.TrickleRequest{CandidateInit: init}}}
	}
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	anna.publish(audio, "mic", "mic", gcm)
	bernd.gets(anna, "mic", 1)
	for name, bad := range map[string]*livekit.SignalRequest{
		"an empty offer":         offer(""),
		"an offer without media": offer("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"),
		"an offer of nonsense":   offer(strings.Repeat("v=0\r\n", 1000)),
		"a candidate not JSON":   trickle("candidate:1"),
		"a candidate too long":   trickle(`{"candidate":"` + strings.Repeat("x", maxCandidate) + `"}`),
		"too much at once":       nil,
	} {
		eve := w.enter(t, "r", "eve")
		if bad != nil {
			eve.say(bad)
		}
		for i := 0; bad == nil && i < 3*legQueue; i++ {
			eve.say(offer("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"))
		}
		eve.until("out after "+name, func() bool { return eve.leave != nil })
		eve.vanish()
	}
	// What is merely odd is ignored.
	for _, odd := range []*livekit.SignalRequest{
		{},
		{Message: &livekit.SignalRequest_Answer{}},
		{Message: &livekit.SignalRequest_Answer{Answer: &livekit.SessionDescription{Id: 99}}},
		{Message: &livekit.SignalRequest_Mute{Mute: &livekit.MuteTrackRequest{Sid: "TR_OTHER", Muted: true}}},
		{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{Type: livekit.TrackType_DATA}}},
		{Message: &livekit.SignalRequest_Subscription{Subscription: &livekit.UpdateSubscription{TrackSids: []string{"TR_OTHER"}, Subscribe: true}}},
		{Message: &livekit.SignalRequest_TrackSetting{TrackSetting: &livekit.UpdateTrackSettings{TrackSids: []string{"TR_OTHER"}}}},
		{Message: &livekit.SignalRequest_Trickle{Trickle: &livekit.TrickleRequest{CandidateInit: `{"candidate":"candidate:1 1 tcp 1 example.invalid 9 typ host"}`}}},
		{Message: &livekit.SignalRequest_UpdateMetadata{}},
		{Message: &livekit.SignalRequest_PingReq{}},
	} {
		bernd.say(odd)
	}
	pongs := 1 // of the request above
	answered := func() {
		pongs++
		bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Ping{Ping: 1}})
		bernd.until("answered", func() bool { return bernd.pongs == pongs })
	}
	for i := range 1000 {
		if i%200 == 0 {
			answered() // no more answers may wait than a client can be thought to read
		}
		bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{Cid: string(rune('a' + i))}}})
	}
	answered()
	if n := len(bernd.published); n != maxTracks {
		t.Errorf("%d tracks announced, want %d", n, maxTracks)
	}
	if anna.left() != nil || bernd.left() != nil {
		t.Errorf("told to leave: anna %v, bernd %v", anna.left(), bernd.left())
	}
}

// read is the next message of a connection.
func read(t *testing.T, ws *websocket.Conn) *livekit.SignalResponse {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, b, err := ws.Read(ctx)
	m := &livekit.SignalResponse{}
	if err == nil {
		err = proto.Unmarshal(b, m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Connections that nobody is behind fill a room for a moment only: whoever comes next takes the place of one.
func TestARoomFullOfNobody(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.silence, w.joinFor = time.Hour, time.Hour // it is about those who give way before that
	var lines []*websocket.Conn
	defer func() {
		for _, ws := range lines {
			_ = ws.CloseNow()
		}
	}()
	for i := range maxPeople {
		ws, _, err := w.dial(t, url.Values{"access_token": {w.token(t, "r", fmt.Sprint("eve", i))}})
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, ws)
	}
	came := func(since time.Time) error {
		return w.within(t.Context(), "r", func(r *room) error {
			for _, p := range r.people {
				p.since, p.heard = since, time.Now()
			}
			return nil
		})
	}
	anna := url.Values{"access_token": {w.token(t, "r", "anna")}}
	until(t, func() string {
		if err := came(time.Now().Add(time.Minute)); err != nil { // however long all that takes: a moment ago
			return err.Error()
		}
		if !w.Full(t.Context(), "r") || validate(t, w, "/rtc/validate", anna) != http.StatusServiceUnavailable {
			return "there is a place"
		}
		return ""
	})
	if _, resp, err := w.dial(t, anna); err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("one too many: %v", err)
	}
	again := url.Values{"access_token": {w.token(t, "r", "eve0")}} // who is in comes anew, to their own place
	if got := validate(t, w, "/rtc/validate", again); got != http.StatusOK {
		t.Errorf("who is in is told %d", got)
	}
	ws, _, err := w.dial(t, again)
	if err != nil {
		t.Fatalf("who is in does not come in anew: %v", err)
	}
	lines = append(lines, ws)
	if first := read(t, ws); first.GetJoin() == nil {
		t.Errorf("who is in was told %v", first)
	}
	if err := came(time.Now().Add(-comesWithin)); err != nil {
		t.Fatal(err)
	}
	w.enter(t, "r", "anna")
	if _, people := w.Count(); people != maxPeople || w.Full(t.Context(), "r") {
		t.Errorf("%d people", people)
	}
}
