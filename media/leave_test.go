package media

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

// shortSilence is how long tests wait for a silent client.
const shortSilence = 5 * time.Second

// silenceEnds has a room end, from now on, whoever says nothing for a short while. Until now they could take their time.
func (w *world) silenceEnds(t *testing.T, name string) {
	t.Helper()
	if err := w.within(t.Context(), name, func(*room) error { w.silence = shortSilence; return nil }); err != nil {
		t.Fatal(err)
	}
}

func sayLeave(c *client) {
	c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{}}})
}

func TestDeparture(t *testing.T) {
	t.Parallel()
	for name, depart := range map[string]func(*client){
		"says goodbye":    sayLeave,
		"closes the page": func(c *client) { _ = c.ws.Close(websocket.StatusGoingAway, "") },
		"drops the line":  (*client).vanish,
	} {
		t.Run(name, func(t *testing.T) {
			w := start(t)
			anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
			anna.publish(audio, "mic", "mic", gcm)
			bernd.gets(anna, "mic", 1)

			bernd.every(shortSilence / 10) // bernd stays: pages ping
			depart(anna)
			w.silenceEnds(t, "r")
			if p := bernd.sees("anna", gone); len(p.GetTracks()) != 0 {
				t.Errorf("gone with %d tracks", len(p.GetTracks()))
			}
			until(t, func() string {
				if p := w.changes.Load(); p == nil || len(*p) != 1 || (*p)[0].Identity != "bernd" {
					return "presence not told"
				}
				return ""
			})
			if got := w.Present("r"); len(got) != 1 || got[0].Name != "Bernd" {
				t.Errorf("present: %v", got)
			}
			sayLeave(bernd)
			bernd.until("answered its goodbye", func() bool { return bernd.leave != nil })
			until(t, func() string {
				w.mu.Lock()
				defer w.mu.Unlock()
				if len(w.rooms) > 0 {
					return "room still open"
				}
				return ""
			})
		})
	}
}

func TestSilentClientIsGone(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	bernd.every(shortSilence / 10)
	w.silenceEnds(t, "r")
	bernd.sees("anna", gone) // anna's connections stand, but nothing is said
	anna.until("told to come again", func() bool { return anna.leave.GetAction() == livekit.LeaveRequest_RECONNECT })
	bernd.until("answered", func() bool { return bernd.pongs > 5 })
}

func TestSameIdentityTwice(t *testing.T) {
	t.Parallel()
	w := start(t)
	first, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	second := w.enter(t, "r", "anna")
	first.until("told why it is out", func() bool {
		return first.leave.GetReason() == livekit.DisconnectReason_DUPLICATE_IDENTITY && first.leave.GetAction() == livekit.LeaveRequest_DISCONNECT
	})
	second.publish(audio, "mic", "mic", gcm)
	bernd.gets(second, "mic", 10)
	if got := w.Present("r"); len(got) != 2 {
		t.Errorf("present: %v", got)
	}
}

func TestShutdownSaysGoodbye(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	bernd := w.enter(t, "r", "bernd")
	anna.publish(video, "cam", "cam", gcm)
	bernd.gets(anna, "cam", 1)
	begun := time.Now()
	w.stop()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("stopping took %v", took)
	}
	for _, c := range []*client{anna, bernd} { // all come back: nobody is to see the others go one by one
		c.until("told to come again", func() bool { return c.leave != nil })
		c.mu.Lock()
		for _, p := range c.people {
			if p.GetState() == gone {
				t.Errorf("%s is said to have gone", p.GetIdentity())
			}
		}
		c.mu.Unlock()
	}
	anna.until("told", func() bool {
		return anna.leave.GetReason() == livekit.DisconnectReason_SERVER_SHUTDOWN && anna.leave.GetAction() == livekit.LeaveRequest_RECONNECT
	})
	if p := w.changes.Load(); p == nil || len(*p) != 0 {
		t.Errorf("last told that present are: %v", p)
	}
	late := url.Values{"access_token": {w.token(t, "r", "bernd")}}
	if _, resp, err := w.dial(t, late); err == nil || resp.StatusCode != 503 {
		t.Errorf("after the end: %v", err)
	}
	if got := validate(t, w, "/rtc/validate", late); got != 503 { // the reason, which browsers see there alone
		t.Errorf("after the end validate says %d", got)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	anna.publish(audio, "mic", "mic", gcm)
	stream := bernd.gets(anna, "mic", 10)

	_ = bernd.ws.CloseNow()
	bernd.reading.Wait()
	anna.publish(video, "cam", "cam", gcm) // what happens meanwhile is told later
	ws, _, err := w.dial(t, url.Values{
		"access_token": {bernd.token}, "reconnect": {"1"}, "sid": {bernd.join.GetParticipant().GetSid()},
	})
	if err != nil {
		t.Fatal(err)
	}
	bernd.mu.Lock()
	before := bernd.received[stream]
	bernd.mu.Unlock()
	bernd.attach(ws)
	bernd.until("resumed", func() bool { return bernd.resumed != nil })
	bernd.gets(anna, "mic", before+20)
	bernd.gets(anna, "cam", 10)
	if p := anna.sees("bernd", here); p.GetSid() != bernd.join.GetParticipant().GetSid() {
		t.Error("bernd has become somebody else")
	}
}

// A connection that broke before an offer was answered is resumed all the same, and brings what was offered.
func TestResumeWithAnOfferUnderWay(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	anna.publish(audio, "mic", "mic", gcm)
	bernd.gets(anna, "mic", 10)
	bernd.mu.Lock()
	bernd.slow = true
	bernd.mu.Unlock()
	anna.publish(video, "cam", "cam", gcm)
	bernd.until("offered the picture", func() bool { return bernd.offered != nil })

	_ = bernd.ws.CloseNow()
	bernd.reading.Wait()
	bernd.slow = false
	ws, _, err := w.dial(t, url.Values{
		"access_token": {bernd.token}, "reconnect": {"1"}, "sid": {bernd.join.GetParticipant().GetSid()},
	})
	if err != nil {
		t.Fatal(err)
	}
	bernd.attach(ws)
	bernd.gets(anna, "cam", 10)
	if left := bernd.left(); left != nil {
		t.Errorf("bernd was told to go: %v", left)
	}
}

// Whoever answers with what cannot be taken, and resumes before that is noticed, ends nothing but their own part.
func TestResumeAfterABrokenAnswer(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	bernd.mu.Lock()
	bernd.slow = true
	bernd.mu.Unlock()
	anna.publish(audio, "mic", "mic", gcm)
	bernd.until("offered the sound", func() bool { return bernd.offered != nil })
	offer := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: bernd.offered.GetSdp()}
	bernd.must(bernd.sub.SetRemoteDescription(offer))
	answer, err := bernd.sub.CreateAnswer(nil)
	bernd.must(err)

	w.mu.Lock()
	r := w.rooms["r"]
	w.mu.Unlock()
	err = r.call(t.Context(), func() error {
		sub := r.people["bernd"].sub
		sub.post(sub.answered(&livekit.SessionDescription{
			Type: "answer", Sdp: strings.ReplaceAll(answer.SDP, "a=ice-ufrag:", "a=x:"), Id: bernd.offered.GetId(),
		}))
		sub.post(sub.resume)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	anna.sees("bernd", gone)
	w.enter(t, "r", "clara").gets(anna, "mic", 10)
	if left := anna.left(); left != nil {
		t.Errorf("anna was told to go: %v", left)
	}
}

func TestResumeOfAStranger(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	ws, _, err := w.dial(t, url.Values{"access_token": {anna.token}, "reconnect": {"1"}, "sid": {"PA_UNKNOWN"}})
	if err != nil {
		t.Fatal(err)
	}
	other := &client{t: t}
	other.attach(ws)
	other.until("told to join anew", func() bool {
		return other.leave.GetReason() == livekit.DisconnectReason_STATE_MISMATCH && other.leave.GetAction() == livekit.LeaveRequest_RECONNECT
	})
	other.reading.Wait()
	if anna.left() != nil {
		t.Error("anna was thrown out")
	}
}

// every sends pings until the client ends.
func (c *client) every(d time.Duration) {
	c.sending.Go(func() {
		clock := time.NewTicker(d)
		defer clock.Stop()
		for {
			select {
			case <-c.quit:
				return
			case now := <-clock.C:
				c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_PingReq{PingReq: &livekit.Ping{Timestamp: now.UnixMilli()}}})
				c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Ping{Ping: now.UnixMilli()}})
			}
		}
	})
}
