package media

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
)

func TestModeration(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enterSingle(t, "r", "bernd", true)
	anna.publish(audio, "mic", "mic", gcm)
	anna.publish(video, "cam", "cam", gcm)
	bernd.gets(anna, "cam", 10)
	stream := bernd.gets(anna, "mic", 10)
	sid := anna.published["mic"].GetSid()

	for name, err := range map[string]error{
		"another room":   w.Mute(t.Context(), "other", "anna", ""),
		"somebody else":  w.Mute(t.Context(), "r", "nobody", ""),
		"another track":  w.Mute(t.Context(), "r", "anna", "TR_OTHER"),
		"nobody to send": w.Remove(t.Context(), "r", "nobody"),
	} {
		if !errors.Is(err, ErrNoRoom) && !errors.Is(err, ErrNoPerson) && !errors.Is(err, ErrNoTrack) {
			t.Errorf("%s: %v", name, err)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.Mute(t.Context(), "r", "anna", sid))
	anna.until("muted", func() bool { return anna.muted[sid] })
	bernd.until("told so", func() bool {
		for _, track := range bernd.people[anna.join.GetParticipant().GetSid()].GetTracks() {
			if track.GetSid() == sid {
				return track.GetMuted()
			}
		}
		return false
	})
	anna.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Mute{Mute: &livekit.MuteTrackRequest{Sid: sid}}})

	for _, c := range []*client{anna, bernd} {
		c.opens()
	}
	must(w.Send(t.Context(), "r", Message{Topic: "news", Body: []byte("to all")}))
	if got := anna.heard("to all"); got.GetUser().GetTopic() != "news" || got.GetParticipantSid() != "" {
		t.Errorf("anna got %v", got)
	}
	bernd.heard("to all")

	must(w.Permit(t.Context(), "r", "anna", Permissions{Publish: true, Subscribe: true, Sources: []string{"microphone"}}))
	anna.until("told that the camera is off", func() bool { return len(anna.dropped) == 1 && anna.dropped[0] == anna.published["cam"].GetSid() })
	anna.until("told what she may", func() bool {
		p := anna.people[anna.join.GetParticipant().GetSid()].GetPermission()
		return p != nil && !p.GetCanPublishData() && p.GetCanSubscribe()
	})
	bernd.until("without her picture", func() bool { return len(bernd.people[anna.join.GetParticipant().GetSid()].GetTracks()) == 1 })
	bernd.mu.Lock()
	before := bernd.received[stream]
	bernd.mu.Unlock()
	bernd.gets(anna, "mic", before+10)

	must(w.Permit(t.Context(), "r", "bernd", Permissions{Publish: true}))
	bernd.until("without sections", func() bool { return len(bernd.mids) == 0 })

	names, err := w.Rooms(t.Context())
	must(err)
	if rooms, people := w.Count(); rooms != 1 || people != 2 || len(names) != 1 {
		t.Errorf("%d rooms, %d people", rooms, people)
	}
	must(w.Remove(t.Context(), "r", "bernd"))
	bernd.until("removed", func() bool {
		return bernd.leave.GetReason() == livekit.DisconnectReason_PARTICIPANT_REMOVED && bernd.leave.GetAction() == livekit.LeaveRequest_DISCONNECT
	})
	anna.sees("bernd", gone)
	must(w.CloseRoom(t.Context(), "r"))
	anna.until("sent out", func() bool { return anna.leave.GetReason() == livekit.DisconnectReason_ROOM_DELETED })
}

// Whoever does not hear that a room was closed does not come back into it by the token of before, whoever gets a new one
// does, in the same second too, and other rooms are as they were.
func TestClosedRoomStaysClosed(t *testing.T) {
	t.Parallel()
	w := start(t)
	issued := func(room string, at time.Time) url.Values {
		return url.Values{"access_token": {forge(t, `{"alg":"HS256","typ":"JWT"}`, claims{
			"iss": issuer, "sub": "anna", "iat": at.Unix(), "nbf": at.Unix(), "exp": at.Unix() + 600, "video": claims{"room": room, "roomJoin": true},
		}, w.keys[issuer])}}
	}
	before := time.Now().Add(-2 * time.Second)
	anna := w.enter(t, "r", "anna", issued("r", before))
	if err := w.CloseRoom(t.Context(), "r"); err != nil {
		t.Fatal(err)
	}
	anna.until("sent out", func() bool { return anna.leave.GetReason() == livekit.DisconnectReason_ROOM_DELETED })
	if err := w.CloseRoom(t.Context(), "empty"); !errors.Is(err, ErrNoRoom) {
		t.Errorf("closing what nobody is in: %v", err)
	}
	for _, room := range []string{"r", "empty"} {
		if got := validate(t, w, "/rtc/validate", issued(room, before)); got != http.StatusUnauthorized {
			t.Errorf("%s, by a token of before: got %d", room, got)
		}
		if _, resp, err := w.dial(t, issued(room, before)); err == nil || resp == nil || resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s, by a token of before: %v, want 401", room, err)
		}
		if got := validate(t, w, "/rtc/validate", issued(room, time.Now())); got != http.StatusOK {
			t.Errorf("%s, by a new token: got %d", room, got)
		}
	}
	if got := validate(t, w, "/rtc/validate", issued("other", before)); got != http.StatusOK {
		t.Errorf("another room: got %d", got)
	}
	w.noteEnd("other", time.Now().Add(endedFor+2*time.Second))
	if len(w.ended) != 1 {
		t.Errorf("%d rooms are remembered", len(w.ended))
	}
}

// Whoever publishes decides who receives.
func TestSubscriptionPermission(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd, clara := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd"), w.enter(t, "r", "clara")
	anna.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_SubscriptionPermission{SubscriptionPermission: &livekit.SubscriptionPermission{
		TrackPermissions: []*livekit.TrackPermission{{ParticipantIdentity: "bernd", AllTracks: true}},
	}}})
	anna.publish(audio, "mic", "mic", gcm)
	stream := bernd.gets(anna, "mic", 10)
	sid := anna.published["mic"].GetSid()
	clara.until("told that she may not", func() bool { may, told := clara.permitted[sid]; return told && !may })
	clara.mu.Lock()
	if clara.received[stream] != 0 {
		t.Error("clara receives what she may not")
	}
	clara.mu.Unlock()
	anna.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_SubscriptionPermission{SubscriptionPermission: &livekit.SubscriptionPermission{AllParticipants: true}}})
	clara.until("told that she may", func() bool { return clara.permitted[sid] })
	clara.gets(anna, "mic", 10)
}

// Who does not want every track gets those that they ask for.
func TestTracksOnRequest(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd", url.Values{"auto_subscribe": {"0"}})
	anna.publish(audio, "mic", "mic", gcm)
	anna.publish(video, "cam", "cam", gcm)
	bernd.until("told of the tracks", func() bool { return len(bernd.people[anna.join.GetParticipant().GetSid()].GetTracks()) == 2 })
	bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Subscription{Subscription: &livekit.UpdateSubscription{
		TrackSids: []string{anna.published["cam"].GetSid()}, Subscribe: true,
	}}})
	bernd.gets(anna, "cam", 10)
	bernd.mu.Lock()
	defer bernd.mu.Unlock()
	if len(bernd.received) != 1 {
		t.Errorf("bernd receives %v", bernd.received)
	}
}

// What somebody wants of tracks is remembered as long as there are these, and of no others.
func TestWantsEndWithTheTrack(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	bernd.every(time.Second)
	says := func(sids []string, subscribe bool) {
		bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Subscription{Subscription: &livekit.UpdateSubscription{
			TrackSids: sids, Subscribe: subscribe,
		}}})
		bernd.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_TrackSetting{TrackSetting: &livekit.UpdateTrackSettings{
			TrackSids: sids, Quality: livekit.VideoQuality_LOW,
		}}})
	}
	remembers := func(n int) {
		t.Helper()
		until(t, func() string {
			wants, prefers := 0, 0
			if err := w.about(t.Context(), "r", "bernd", func(_ *room, p *participant) error {
				wants, prefers = len(p.wants), len(p.prefers)
				return nil
			}); err != nil {
				return err.Error()
			}
			if wants != n || prefers != n {
				return fmt.Sprintf("%d wants and %d preferences are remembered, want %d", wants, prefers, n)
			}
			return ""
		})
	}
	many := make([]string, maxWants)
	for i := range many {
		many[i] = fmt.Sprint("TR_", i)
	}
	says(many, false)
	says(many[1:], true)
	stop := anna.publish(video, "cam", "cam", gcm)
	bernd.gets(anna, "cam", 1)
	says([]string{anna.published["cam"].GetSid()}, false)
	remembers(1)
	bernd.until("without the picture", func() bool { return len(bernd.mids) == 0 })
	stop()
	remembers(0)
	anna.publish(video, "cam2", "cam2", gcm)
	bernd.gets(anna, "cam2", 10)
}

// Who is muted is not heard, whatever their client makes of it, and seen as before, with their screen; until they say
// that the microphone is on again.
func TestMute(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	anna.publish(audio, "mic", "mic", gcm)
	anna.publish(video, "cam", "cam", gcm)
	anna.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: "screen", Type: video, Source: livekit.TrackSource_SCREEN_SHARE, Encryption: gcm,
	}}})
	anna.publish(video, "screen", "screen", gcm)
	for _, cid := range []string{"mic", "cam", "screen"} {
		bernd.gets(anna, cid, 10)
	}
	count := func(cid string) int {
		stream := bernd.gets(anna, cid, 0)
		bernd.mu.Lock()
		defer bernd.mu.Unlock()
		return bernd.received[stream]
	}
	if err := w.Mute(t.Context(), "r", "anna", ""); err != nil {
		t.Fatal(err)
	}
	sid := anna.published["mic"].GetSid()
	anna.until("muted", func() bool { return anna.muted[sid] })
	muted := count("mic")
	bernd.gets(anna, "cam", count("cam")+50)
	bernd.gets(anna, "screen", count("screen")+50)
	anna.mu.Lock()
	for _, cid := range []string{"cam", "screen"} {
		if anna.muted[anna.published[cid].GetSid()] {
			t.Errorf("%s was switched off", cid)
		}
	}
	anna.mu.Unlock()
	if n := count("mic") - muted; n > 10 { // what was under way
		t.Errorf("%d packets of a muted microphone", n)
	}
	anna.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Mute{Mute: &livekit.MuteTrackRequest{Sid: sid}}})
	bernd.gets(anna, "mic", count("mic")+50)
	bernd.mu.Lock()
	defer bernd.mu.Unlock()
	if bernd.gaps > 0 {
		t.Errorf("%d gaps in what bernd got", bernd.gaps)
	}
}

// Who is hidden from now on goes for all others, with all that they send, also for who was away; and comes again when shown.
func TestHiddenAndShown(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd, clara := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd"), w.enter(t, "r", "clara")
	anna.publish(audio, "mic", "mic", gcm)
	for _, c := range []*client{bernd, clara} {
		c.gets(anna, "mic", 10)
	}
	hide := func(on bool) {
		t.Helper()
		if err := w.Permit(t.Context(), "r", "anna", Permissions{Publish: true, Subscribe: true, Hidden: on}); err != nil {
			t.Fatal(err)
		}
	}
	w.loses(t, clara)
	hide(true)
	w.resumes(t, clara)
	for _, c := range []*client{bernd, clara} {
		c.sees("anna", gone)
		c.until("without her sound", func() bool { return len(c.mids) == 0 })
	}
	anna.until("told that she is hidden", func() bool {
		p := anna.people[anna.join.GetParticipant().GetSid()]
		return p.GetPermission().GetHidden() && p.GetState() == here && len(p.GetTracks()) == 1
	})
	dora := w.enter(t, "r", "dora")
	if n := len(dora.join.GetOtherParticipants()); n != 2 {
		t.Errorf("dora was told of %d people, want 2", n)
	}

	hide(false)
	for _, c := range []*client{bernd, clara, dora} {
		c.sees("anna", here)
		c.until("offered her sound", func() bool { return len(c.mids) == 1 })
	}
	for _, c := range []*client{bernd, dora} {
		c.mu.Lock()
		before := c.received[anna.join.GetParticipant().GetSid()+"|"+anna.published["mic"].GetSid()]
		c.mu.Unlock()
		c.gets(anna, "mic", before+10)
	}
}
