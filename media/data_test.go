package media

//lint:file-ignore SA1019 the clients of today send and read these fields

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
	"google.golang.org/protobuf/proto"
)

// tell sends a packet of data on one of the client's channels.
func (c *client) tell(label string, m *livekit.DataPacket) {
	c.t.Helper()
	c.opens()
	b, err := proto.Marshal(m)
	c.must(err)
	c.must(c.out[label].Send(b))
}

// opens waits until data can be sent. With two connections the one to publish on has to be offered.
func (c *client) opens() {
	c.t.Helper()
	c.negotiating.Lock()
	offered := c.offers > 0
	c.negotiating.Unlock()
	if !offered {
		c.offer()
	}
	c.until("able to send data", func() bool { return c.out[reliable] != nil && c.out[lossy] != nil })
}

func user(text string) *livekit.DataPacket_User {
	return &livekit.DataPacket_User{User: &livekit.UserPacket{Payload: []byte(text)}}
}

// heard waits for a packet with this text.
func (c *client) heard(text string) *livekit.DataPacket {
	c.t.Helper()
	var found *livekit.DataPacket
	c.until("told "+text, func() bool {
		for _, m := range c.data {
			if string(m.GetUser().GetPayload()) == text {
				found = m
				return true
			}
		}
		return false
	})
	return found
}

func TestData(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd, clara := w.enter(t, "r", "anna"), w.enterSingle(t, "r", "bernd", true), w.enter(t, "r", "clara")
	for _, c := range []*client{anna, bernd, clara} { // both ways open
		c.opens()
	}
	for _, from := range []*client{anna, bernd} {
		me := from.join.GetParticipant()
		for label, kind := range map[string]livekit.DataPacket_Kind{reliable: livekit.DataPacket_RELIABLE, lossy: livekit.DataPacket_LOSSY} {
			text := me.GetIdentity() + label
			from.tell(label, &livekit.DataPacket{ // who sent it is not what it says
				Value: user(text), ParticipantIdentity: "clara", ParticipantSid: clara.join.GetParticipant().GetSid(), Sequence: 7,
			})
			got := clara.heard(text)
			if got.GetParticipantIdentity() != me.GetIdentity() || got.GetParticipantSid() != me.GetSid() || got.GetKind() != kind || got.GetSequence() != 7 {
				t.Errorf("got %v", got)
			}
		}
		from.tell(reliable, &livekit.DataPacket{Value: user("for one"), DestinationIdentities: []string{"clara", "nobody"}, Sequence: 8})
		clara.heard("for one")
		from.tell(reliable, &livekit.DataPacket{Value: user("for all but me"), Sequence: 9})
	}
	anna.heard("for all but me")
	bernd.heard("for all but me")
	for _, c := range []*client{anna, bernd} {
		c.mu.Lock()
		for _, m := range c.data {
			if string(m.GetUser().GetPayload()) == "for one" || m.GetParticipantIdentity() == c.join.GetParticipant().GetIdentity() {
				t.Errorf("%s got %v", c.join.GetParticipant().GetIdentity(), m)
			}
		}
		c.mu.Unlock()
	}
	// Calls and streams of the clients' libraries are packets like others.
	anna.tell(reliable, &livekit.DataPacket{Value: &livekit.DataPacket_RpcRequest{RpcRequest: &livekit.RpcRequest{Id: "1"}}, DestinationIdentities: []string{"bernd"}, Sequence: 10})
	anna.tell(reliable, &livekit.DataPacket{Value: &livekit.DataPacket_StreamHeader{StreamHeader: &livekit.DataStream_Header{StreamId: "s"}}, Sequence: 11})
	anna.tell(reliable, &livekit.DataPacket{Value: &livekit.DataPacket_EncryptedPacket{EncryptedPacket: &livekit.EncryptedPacket{}}, Sequence: 12})
	// Only a server says who speaks, only an agent transcribes, and what is no packet is nothing.
	anna.tell(reliable, &livekit.DataPacket{Value: &livekit.DataPacket_Speaker{Speaker: &livekit.ActiveSpeakerUpdate{}}})
	anna.tell(reliable, &livekit.DataPacket{Value: &livekit.DataPacket_Transcription{Transcription: &livekit.Transcription{}}})
	anna.must(anna.out[reliable].Send([]byte("\xff\xff\xff")))
	anna.tell(reliable, &livekit.DataPacket{Value: user("end"), Sequence: 13})
	bernd.heard("end")
	bernd.mu.Lock()
	defer bernd.mu.Unlock()
	kinds := map[string]int{}
	for _, m := range bernd.data {
		kinds[fmt.Sprintf("%T", m.GetValue())]++
	}
	if kinds["*livekit.DataPacket_RpcRequest"] != 1 || kinds["*livekit.DataPacket_StreamHeader"] != 1 || kinds["*livekit.DataPacket_EncryptedPacket"] != 1 ||
		kinds["*livekit.DataPacket_Speaker"]+kinds["*livekit.DataPacket_Transcription"] != 0 {
		t.Errorf("bernd got %v", kinds)
	}
}

// A client that floods the room with data is slowed down, and nobody else.
func TestDataFlood(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd, eve := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd"), w.enter(t, "r", "eve")
	begun := time.Now()
	for range 3 * dataBurst {
		eve.tell(lossy, &livekit.DataPacket{Value: user(strings.Repeat("x", 100))})
	}
	for i := range 20 {
		anna.tell(reliable, &livekit.DataPacket{Value: user(fmt.Sprint(i)), Sequence: uint32(i + 1)})
	}
	bernd.heard("19")
	bernd.mu.Lock()
	defer bernd.mu.Unlock()
	if n, most := len(bernd.data), 20+dataBurst+int(dataRate*time.Since(begun)/whole); n > most {
		t.Errorf("%d packets came through, %d may", n, most)
	}
}

func TestBucket(t *testing.T) {
	var b bucket
	now := time.Now()
	for i := range 10 {
		if wait := b.take(1, 5, 10, now); wait != 0 {
			t.Fatalf("packet %d waits %v", i, wait)
		}
	}
	if wait := b.take(1, 5, 10, now); wait != whole/5 {
		t.Errorf("the first one too many waits %v", wait)
	}
	if wait := b.take(1, 5, 10, now.Add(10*whole)); wait != 0 {
		t.Errorf("after a silence: %v", wait)
	}
}

// may makes a token with grants.
func (w *world) may(t *testing.T, room, identity string, change func(*auth.VideoGrant)) url.Values {
	t.Helper()
	g := &auth.VideoGrant{RoomJoin: true, Room: room}
	change(g)
	token, err := auth.NewAccessToken(issuer, w.keys[issuer]).SetIdentity(identity).SetName(identity).
		SetMetadata("given").SetAttributes(map[string]string{"a": "1"}).SetVideoGrant(g).ToJWT()
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"access_token": {token}}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	anna.publish(audio, "mic", "mic", gcm)
	mute := w.enter(t, "r", "mute", w.may(t, "r", "mute", func(g *auth.VideoGrant) {
		g.SetCanPublishData(false)
		g.SetCanPublishSources([]livekit.TrackSource{livekit.TrackSource_MICROPHONE})
	}))
	deaf := w.enter(t, "r", "deaf", w.may(t, "r", "deaf", func(g *auth.VideoGrant) { g.SetCanSubscribe(false) }))
	ghost := w.enter(t, "r", "ghost", w.may(t, "r", "ghost", func(g *auth.VideoGrant) { g.Hidden = true }))

	p := anna.sees("mute", here)
	if p.GetMetadata() != "given" || p.GetAttributes()["a"] != "1" || p.GetPermission().GetCanPublishData() || !p.GetPermission().GetCanSubscribe() {
		t.Errorf("anna sees %v", p)
	}
	mute.publish(audio, "mic", "mic", gcm)
	ghost.gets(mute, "mic", 10)
	anna.gets(mute, "mic", 10)
	mute.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_AddTrack{AddTrack: &livekit.AddTrackRequest{
		Cid: "cam", Type: video, Source: livekit.TrackSource_CAMERA,
	}}})
	mute.until("refused", func() bool {
		return len(mute.refusals) == 1 && mute.refusals[0].GetReason() == livekit.RequestResponse_NOT_ALLOWED && mute.refusals[0].GetAddTrack().GetCid() == "cam"
	})
	mute.tell(reliable, &livekit.DataPacket{Value: user("not allowed")})
	ghost.tell(reliable, &livekit.DataPacket{Value: user("from nobody")})
	if got := anna.heard("from nobody"); got.GetParticipantIdentity() != "" || got.GetParticipantSid() != "" {
		t.Errorf("the hidden one shows itself: %v", got)
	}
	ghost.vanish()
	if got := w.Present("r"); len(got) != 3 {
		t.Errorf("present: %v", got)
	}
	anna.mu.Lock()
	for _, p := range anna.people {
		if p.GetIdentity() == "ghost" {
			t.Error("anna sees the hidden one")
		}
	}
	for _, m := range anna.data {
		if string(m.GetUser().GetPayload()) == "not allowed" {
			t.Error("data came from one who may not send any")
		}
	}
	anna.mu.Unlock()
	deaf.mu.Lock()
	defer deaf.mu.Unlock()
	if len(deaf.received) != 0 {
		t.Errorf("the deaf one received %v", deaf.received)
	}
}

func TestDescribesItself(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	bernd := w.enter(t, "r", "bernd", w.may(t, "r", "bernd", func(g *auth.VideoGrant) { g.SetCanUpdateOwnMetadata(true) }))
	describe := func(c *client, id uint32, name, metadata string, attributes map[string]string) {
		c.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_UpdateMetadata{UpdateMetadata: &livekit.UpdateParticipantMetadata{
			Name: name, Metadata: metadata, Attributes: attributes, RequestId: id,
		}}})
	}
	answered := func(c *client, id uint32, reason livekit.RequestResponse_Reason) {
		t.Helper()
		c.until(fmt.Sprintf("answered %v", reason), func() bool {
			for _, r := range c.refusals {
				if r.GetRequestId() == id && r.GetReason() == reason {
					return true
				}
			}
			return false
		})
	}
	describe(bernd, 1, "Bert", "new", map[string]string{"a": "", "b": "2"})
	answered(bernd, 1, livekit.RequestResponse_OK)
	for _, c := range []*client{anna, bernd} {
		c.until("told of the change", func() bool {
			p := c.people[bernd.join.GetParticipant().GetSid()]
			_, a := p.GetAttributes()["a"]
			return p.GetName() == "Bert" && p.GetMetadata() == "new" && p.GetAttributes()["b"] == "2" && !a
		})
	}
	// Of each change they are told themselves, however soon it follows: clients wait for it.
	bernd.mu.Lock()
	bernd.notes = []*livekit.SignalResponse{}
	bernd.mu.Unlock()
	for i, x := range []string{"1", "2", "3"} {
		describe(bernd, uint32(10+i), "", "", map[string]string{"x": x})
	}
	for _, x := range []string{"1", "2", "3"} {
		bernd.until("told of x = "+x, func() bool {
			return slices.ContainsFunc(bernd.notes, func(m *livekit.SignalResponse) bool {
				return slices.ContainsFunc(m.GetUpdate().GetParticipants(), func(p *livekit.ParticipantInfo) bool {
					return p.GetIdentity() == "bernd" && p.GetAttributes()["x"] == x
				})
			})
		})
	}
	describe(bernd, 2, "", strings.Repeat("x", maxMetadata+1), nil)
	answered(bernd, 2, livekit.RequestResponse_LIMIT_EXCEEDED)
	describe(anna, 3, "Anne", "", nil)
	answered(anna, 3, livekit.RequestResponse_NOT_ALLOWED)
	// What has changed is in the token for the next reconnection.
	bernd.until("given a new token", func() bool {
		token, err := auth.ParseAPIToken(bernd.token)
		if err != nil {
			return false
		}
		_, grants, err := token.Verify([]byte(w.keys[issuer]))
		return err == nil && grants.Name == "Bert" && grants.Metadata == "new" && grants.Video.GetCanUpdateOwnMetadata()
	})
}
