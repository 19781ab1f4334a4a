package media

import (
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
	"github.com/pion/webrtc/v4"
)

const (
	audio = livekit.TrackType_AUDIO
	video = livekit.TrackType_VIDEO
	gcm   = livekit.Encryption_GCM
	gone  = livekit.ParticipantInfo_DISCONNECTED
	here  = livekit.ParticipantInfo_ACTIVE
)

// gets waits until the client receives packets of another's track, and returns its stream name.
func (c *client) gets(from *client, cid string, packets int) string {
	c.t.Helper()
	from.mu.Lock()
	stream := from.join.GetParticipant().GetSid() + "|" + from.published[cid].GetSid()
	from.mu.Unlock()
	c.until("receiving "+cid, func() bool { return c.received[stream] >= packets })
	return stream
}

func TestTwoSeeAndHearEachOther(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	anna.sees("bernd", here)
	bernd.sees("anna", here)
	for _, c := range []*client{anna, bernd} {
		c.publish(audio, "mic", "mic", gcm)
		c.publish(video, "cam", "{another-name}", gcm)
	}
	for c, other := range map[*client]*client{anna: bernd, bernd: anna} {
		c.gets(other, "mic", 50)
		stream := c.gets(other, "cam", 50)
		c.until("shown a key frame", func() bool { return c.keys[stream] > 0 })
		c.mu.Lock()
		if c.gaps != 0 {
			t.Errorf("%d gaps in what came", c.gaps)
		}
		c.mu.Unlock()
	}

	p := bernd.sees("anna", here)
	if len(p.GetTracks()) != 2 {
		t.Fatalf("got %d tracks of anna, want 2", len(p.GetTracks()))
	}
	for _, track := range p.GetTracks() {
		if track.GetEncryption() != gcm || track.GetMimeType() == "" {
			t.Errorf("track %s: encryption %v, type %q", track.GetName(), track.GetEncryption(), track.GetMimeType())
		}
	}
	if p.GetName() != "Anna" {
		t.Errorf("name is %q, want Anna", p.GetName())
	}
	for _, pc := range []*webrtc.PeerConnection{anna.pub, anna.sub, bernd.pub, bernd.sub} {
		pair, err := pc.SCTP().Transport().ICETransport().GetSelectedCandidatePair()
		if err != nil || pair == nil {
			t.Fatalf("no candidate pair: %v", err)
		}
		if pair.Remote.Port != w.Addr().Port() || pair.Remote.Address != "127.0.0.1" {
			t.Errorf("media comes from %s:%d, not from %v", pair.Remote.Address, pair.Remote.Port, w.Addr())
		}
	}
	if in, out := w.Packets(); in < 200 || out < 200 {
		t.Errorf("server counted %d packets in, %d out", in, out)
	}
}

func TestEncryptionIsToldTruthfully(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	anna.publish(audio, "mic", "mic", livekit.Encryption_NONE)
	bernd.gets(anna, "mic", 1)
	if got := bernd.sees("anna", here).GetTracks()[0].GetEncryption(); got != livekit.Encryption_NONE {
		t.Errorf("got encryption %v, want none", got)
	}
}

func TestLateJoinerGetsAKeyFrame(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	anna.publish(video, "cam", "cam", gcm)
	anna.publish(audio, "mic", "mic", gcm)
	until(t, func() string {
		if in, _ := w.Packets(); in < 50 {
			return "nothing received"
		}
		return ""
	})
	anna.mu.Lock()
	before := anna.plis
	anna.mu.Unlock()

	bernd := w.enter(t, "r", "bernd")
	stream := bernd.gets(anna, "cam", 10)
	bernd.gets(anna, "mic", 10)
	bernd.until("shown a key frame", func() bool { return bernd.keys[stream] > 0 })
	anna.until("asked for a key frame", func() bool { return anna.plis > before })
	if len(bernd.join.GetOtherParticipants()) != 1 || len(bernd.join.GetOtherParticipants()[0].GetTracks()) != 2 {
		t.Errorf("told at the join: %v", bernd.join.GetOtherParticipants())
	}
}

func TestRoomsAreApart(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "one", "anna"), w.enter(t, "two", "bernd")
	clara := w.enter(t, "one", "clara")
	anna.publish(audio, "mic", "mic", gcm)
	clara.gets(anna, "mic", 10)
	bernd.mu.Lock()
	defer bernd.mu.Unlock()
	if len(bernd.received) != 0 || len(bernd.people) != 1 {
		t.Errorf("bernd learnt of %d people and got %v", len(bernd.people), bernd.received)
	}
	if got := len(w.Present("one")); got != 2 {
		t.Errorf("%d people in one, want 2", got)
	}
}

func TestMuteAndUnpublish(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	stop := anna.publish(video, "cam", "cam", gcm)
	anna.publish(audio, "mic", "mic", gcm)
	bernd.gets(anna, "cam", 10)
	bernd.gets(anna, "mic", 10)

	anna.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Mute{
		Mute: &livekit.MuteTrackRequest{Sid: anna.published["cam"].GetSid(), Muted: true},
	}})
	until(t, func() string {
		for _, track := range bernd.sees("anna", here).GetTracks() {
			if track.GetName() == "cam" && track.GetMuted() {
				return ""
			}
		}
		return "camera not muted"
	})

	stop()
	until(t, func() string {
		if n := len(bernd.sees("anna", here).GetTracks()); n != 1 {
			return "camera still published"
		}
		return ""
	})
	anna.publish(video, "cam2", "cam2", gcm) // takes the section that the camera left
	bernd.gets(anna, "cam2", 10)
	bernd.mu.Lock()
	defer bernd.mu.Unlock()
	if n := len(bernd.sub.GetTransceivers()); n != 2 {
		t.Errorf("receiver has %d sections, want 2", n)
	}
}

func TestPauseAndUnsubscribe(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	anna.publish(video, "cam", "cam", gcm)
	stream := bernd.gets(anna, "cam", 10)
	sid := anna.published["cam"].GetSid()
	setting := func(disabled bool) {
		bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_TrackSetting{
			TrackSetting: &livekit.UpdateTrackSettings{TrackSids: []string{sid}, Disabled: disabled},
		}})
	}
	still := func() {
		last, since := -1, time.Now()
		until(t, func() string {
			bernd.mu.Lock()
			defer bernd.mu.Unlock()
			if n := bernd.received[stream]; n != last {
				last, since = n, time.Now()
			}
			if time.Since(since) < 300*time.Millisecond {
				return "packets still come"
			}
			return ""
		})
	}
	setting(true)
	still()
	bernd.mu.Lock()
	packets, keys := bernd.received[stream], bernd.keys[stream]
	bernd.mu.Unlock()
	setting(false)
	bernd.gets(anna, "cam", packets+10)
	bernd.until("shown a new key frame, without a gap", func() bool { return bernd.keys[stream] > keys && bernd.gaps == 0 })

	want := func(yes bool) {
		bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Subscription{
			Subscription: &livekit.UpdateSubscription{TrackSids: []string{sid}, Subscribe: yes},
		}})
	}
	want(false)
	still()
	bernd.mu.Lock()
	packets = bernd.received[stream]
	bernd.mu.Unlock()
	want(true)
	bernd.gets(anna, "cam", packets+10)
}
