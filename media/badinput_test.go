package media

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/livekit/protocol/livekit"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// nextDoor is a meeting that must not lose a packet, whatever happens beside it.
func nextDoor(t *testing.T, w *world) {
	t.Helper()
	anna, bernd := w.enter(t, "door", "anna"), w.enter(t, "door", "bernd")
	anna.every(time.Second)
	bernd.every(time.Second)
	anna.publish(video, "cam", "cam", gcm)
	stream := bernd.gets(anna, "cam", 20)
	bernd.mu.Lock()
	before := bernd.received[stream]
	bernd.mu.Unlock()
	t.Cleanup(func() {
		bernd.gets(anna, "cam", before+50)
		bernd.until("given next door what was lost on the way", func() bool { return bernd.gaps == 0 })
		if bernd.left() != nil || anna.left() != nil {
			t.Errorf("next door: left %v, %v", anna.left(), bernd.left())
		}
	})
}

// sections is an offer with so many sections.
func sections(n int) string {
	var b strings.Builder
	b.WriteString("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 00\r\na=ice-ufrag:aaaa\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaaaa\r\n")
	for i := range n {
		fmt.Fprintf(&b, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=mid:%d\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n", i)
	}
	return b.String()
}

func TestFloodsOnTheWebSocket(t *testing.T) {
	t.Parallel()
	w := start(t)
	nextDoor(t, w)
	for name, flood := range map[string]func(*websocket.Conn) error{
		"garbage": func(ws *websocket.Conn) error {
			return ws.Write(t.Context(), websocket.MessageBinary, []byte{0xff, 0x01, 0x02})
		},
		"10 MB": func(ws *websocket.Conn) error {
			return ws.Write(t.Context(), websocket.MessageBinary, make([]byte, 10<<20))
		},
		"100 000 messages": func(ws *websocket.Conn) error {
			for range 100_000 {
				if err := ws.Write(t.Context(), websocket.MessageBinary, []byte{0x80, 0x01, 5}); err != nil {
					return err
				}
			}
			return nil
		},
	} {
		ws, _, err := w.dial(t, url.Values{"access_token": {w.token(t, name, "eve")}})
		if err != nil {
			t.Fatal(err)
		}
		_ = flood(ws) // may be cut off
		for err == nil {
			_, _, err = ws.Read(t.Context())
		}
		_ = ws.CloseNow()
	}
}

func TestOffersThatCostTooMuch(t *testing.T) {
	t.Parallel()
	w := start(t)
	nextDoor(t, w)
	for _, n := range []int{maxSections + 1, 1000, 5000} {
		eve := w.enter(t, "r", "eve")
		eve.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Offer{Offer: &livekit.SessionDescription{Type: "offer", Sdp: sections(n)}}})
		eve.until(fmt.Sprintf("out after %d sections", n), func() bool { return eve.leave != nil })
		eve.vanish()
	}
}

// Connections that never get any further end, and take nothing with them.
func TestHalfOpenConnections(t *testing.T) {
	t.Parallel()
	w := start(t)
	nextDoor(t, w)
	if err := w.within(t.Context(), "door", func(*room) error { w.joinFor = 2 * time.Second; return nil }); err != nil {
		t.Fatal(err)
	}
	many := 1000
	if underRace {
		many = 200 // it makes everything five times as slow
	}
	var conns []*websocket.Conn
	for i := range many {
		ws, _, err := w.dial(t, url.Values{"access_token": {w.token(t, fmt.Sprintf("r%d", i%50), fmt.Sprintf("eve%d", i))}})
		if err != nil {
			t.Fatal(err)
		}
		defer ws.CloseNow()
		conns = append(conns, ws)
	}
	for _, ws := range conns {
		var err error
		for err == nil {
			_, _, err = ws.Read(t.Context())
		}
		if websocket.CloseStatus(err) != websocket.StatusNormalClosure {
			t.Errorf("ended with %v", err)
		}
	}
	until(t, func() string {
		if rooms, people := w.Count(); rooms != 1 || people != 2 {
			return fmt.Sprintf("%d rooms, %d people", rooms, people)
		}
		return ""
	})
	if got, want := w.Ways(), (Ways{UDP: 2, None: uint64(many)}); got != want {
		t.Errorf("counted %+v, want %+v", got, want)
	}
}

// Who does not read data is out; the others get all of it.
func TestDataThatIsNotRead(t *testing.T) {
	t.Parallel()
	w := start(t)
	nextDoor(t, w)
	anna, bernd, eve := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd"), w.enter(t, "r", "eve")
	for _, c := range []*client{anna, bernd, eve} {
		c.every(time.Second) // says that it is still there
	}
	eve.opens()
	block := make(chan struct{})
	defer close(block)
	eve.mu.Lock()
	eve.deaf = block
	eve.mu.Unlock()
	const packets = 3 * mostBehind / 2 / (60 << 10)
	payload := string(bytes.Repeat([]byte("x"), 60<<10))
	for i := range packets {
		anna.tell(reliable, &livekit.DataPacket{Value: user(payload), Sequence: uint32(i + 1)})
		bernd.until("told what came before", func() bool { return len(bernd.data) >= i-4 })
	}
	eve.until("out", func() bool { return eve.leave != nil })
	bernd.until("told everything", func() bool { return len(bernd.data) == packets })
}

// Packets of nobody, and ones that lie about themselves, are no more than noise.
func TestPacketsOfNobody(t *testing.T) {
	t.Parallel()
	w := start(t)
	nextDoor(t, w)
	eve := w.enter(t, "r", "eve")
	track, err := webrtc.NewTrackLocalStaticRTP(webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeVP8, ClockRate: 90000}, "x", "x")
	eve.must(err)
	eve.negotiating.Lock()
	_, err = eve.pub.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	eve.must(err)
	eve.exchange(nil)
	eve.negotiating.Unlock()
	for i := range uint16(500) { // never announced
		p := &rtp.Packet{Header: rtp.Header{Version: 2, SequenceNumber: i, Padding: i%2 == 0}, Payload: []byte{0x90}, PaddingSize: byte(i)}
		p.Extension, p.ExtensionProfile = true, 0xBEDE
		_ = p.SetExtension(1, []byte{0})
		_ = track.WriteRTP(p)
	}
	if n := len(eve.sees("eve", here).GetTracks()); n != 0 {
		t.Errorf("%d tracks", n)
	}
}

// A token that somebody else has seen and shows again lets in who shows it, as its holder: never two at once, and not
// while resuming as somebody else.
func TestReplayedToken(t *testing.T) {
	t.Parallel()
	w := start(t)
	nextDoor(t, w)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	anna.mu.Lock()
	stolen := anna.token
	anna.mu.Unlock()
	ws, _, err := w.dial(t, url.Values{"access_token": {stolen}, "reconnect": {"1"}, "sid": {bernd.join.GetParticipant().GetSid()}})
	if err != nil {
		t.Fatal(err)
	}
	eve := newClient(t)
	eve.pub, eve.sub = eve.peer(livekit.SignalTarget_PUBLISHER), eve.peer(livekit.SignalTarget_SUBSCRIBER)
	eve.attach(ws)
	t.Cleanup(eve.vanish)
	eve.until("refused", func() bool { return eve.leave.GetReason() == livekit.DisconnectReason_STATE_MISMATCH })
	w.enter(t, "r", "eve", url.Values{"access_token": {stolen}})
	anna.until("out", func() bool { return anna.leave.GetReason() == livekit.DisconnectReason_DUPLICATE_IDENTITY })
	if _, people := w.Count(); people != 4 { // two next door
		t.Errorf("%d people are in", people)
	}
}
