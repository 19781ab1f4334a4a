package media

import (
	"net/url"
	"slices"
	"testing"

	"github.com/livekit/protocol/livekit"
)

// layered publishes a picture that is announced in three layers.
func (c *client) layered(cid string) (sid string) {
	c.t.Helper()
	c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: cid, Type: livekit.TrackType_VIDEO, Source: livekit.TrackSource_CAMERA, Encryption: gcm, Name: cid, Layers: []*livekit.VideoLayer{
			{Quality: livekit.VideoQuality_LOW, Width: 160, Height: 90},
			{Quality: livekit.VideoQuality_MEDIUM, Width: 320, Height: 180},
			{Quality: livekit.VideoQuality_HIGH, Width: 640, Height: 360},
		},
	}}})
	c.publish(video, cid, cid, gcm)
	return c.published[cid].GetSid()
}

// wants waits until the client has been told so often in a row that somebody wants this quality of a track.
func (c *client) wants(sid string, best, times int) {
	c.t.Helper()
	c.until("told what is wanted", func() bool {
		n := len(c.wanted[sid])
		return n >= times && !slices.ContainsFunc(c.wanted[sid][n-times:], func(b int) bool { return b != best })
	})
}

// Browsers send all layers again after each answer: the client is told again which of them somebody wants.
func TestLayersAfterAnAnswer(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	sid := anna.layered("cam")
	bernd.gets(anna, "cam", 1)
	bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_TrackSetting{
		TrackSetting: &livekit.UpdateTrackSettings{TrackSids: []string{sid}, Quality: livekit.VideoQuality_LOW},
	}})
	anna.wants(sid, int(livekit.VideoQuality_LOW), 1)
	anna.offer()
	anna.wants(sid, int(livekit.VideoQuality_LOW), 2)
}

// loses breaks the line of somebody in room r, and waits until the server knows.
func (w *world) loses(t *testing.T, c *client) {
	t.Helper()
	_ = c.ws.CloseNow()
	c.reading.Wait()
	until(t, func() string {
		away := false
		_ = w.about(t.Context(), "r", c.join.GetParticipant().GetIdentity(), func(_ *room, p *participant) error {
			away = p.conn.Load() == nil
			return nil
		})
		if !away {
			return "not away"
		}
		return ""
	})
}

// resumes goes on as the same participant on a new line.
func (w *world) resumes(t *testing.T, c *client) {
	t.Helper()
	ws, _, err := w.dial(t, url.Values{
		"access_token": {c.token}, "reconnect": {"1"}, "sid": {c.join.GetParticipant().GetSid()},
	})
	if err != nil {
		t.Fatal(err)
	}
	c.attach(ws)
}

// Whoever resumes learns what was said while they were away: who has left, what of theirs was
// taken from them and muted, and what is wanted.
func TestResumeTellsWhatWasMissed(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	clara, dora := w.enter(t, "r", "clara"), w.enter(t, "r", "dora")
	bernd.publish(audio, "mic", "mic", gcm)
	cam := bernd.layered("cam")
	bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: "screen", Type: video, Source: livekit.TrackSource_SCREEN_SHARE, Encryption: gcm,
	}}})
	bernd.publish(video, "screen", "screen", gcm)
	anna.gets(bernd, "screen", 1)
	anna.gets(bernd, "mic", 1)
	anna.gets(bernd, "cam", 1)
	bernd.sees("dora", here)
	mic := bernd.published["mic"].GetSid()

	w.loses(t, bernd)
	for _, c := range []*client{clara, dora} {
		c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Leave{Leave: &livekit.LeaveRequest{}}})
		anna.sees(c.join.GetParticipant().GetIdentity(), gone)
	}
	w.enter(t, "r", "dora")
	anna.sees("dora", here)
	if err := w.Mute(t.Context(), "r", "bernd", mic); err != nil {
		t.Fatal(err)
	}
	if err := w.Permit(t.Context(), "r", "bernd", Permissions{Publish: true, Subscribe: true, Sources: []string{"camera", "microphone"}}); err != nil {
		t.Fatal(err)
	}

	w.resumes(t, bernd)
	bernd.sees("clara", gone)
	bernd.until("told that the screen is no longer shown", func() bool {
		return slices.Contains(bernd.dropped, bernd.published["screen"].GetSid())
	})
	bernd.until("told what is wanted", func() bool {
		return slices.ContainsFunc(bernd.notes, func(m *livekit.SignalResponse) bool {
			return m.GetSubscribedQualityUpdate().GetTrackSid() == cam
		})
	})
	bernd.until("told who speaks", func() bool {
		return slices.ContainsFunc(bernd.notes, func(m *livekit.SignalResponse) bool {
			return slices.ContainsFunc(m.GetSpeakersChanged().GetSpeakers(), func(s *livekit.SpeakerInfo) bool {
				return s.GetSid() == anna.join.GetParticipant().GetSid() && !s.GetActive()
			})
		})
	})
	bernd.mu.Lock()
	defer bernd.mu.Unlock()
	mute := slices.IndexFunc(bernd.notes, func(m *livekit.SignalResponse) bool { return m.GetMute().GetSid() == mic })
	update := slices.IndexFunc(bernd.notes, func(m *livekit.SignalResponse) bool { return m.GetUpdate() != nil })
	if mute < 0 || mute > update {
		t.Errorf("told that the microphone is muted at %d, of all at %d", mute, update)
	}
	if p := bernd.people[dora.join.GetParticipant().GetSid()]; p.GetState() == gone {
		t.Error("told that dora is gone, who is back")
	}
}
