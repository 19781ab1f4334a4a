package media

import (
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/pion/transport/v5/vnet"
	"github.com/pion/webrtc/v4"
)

// Who walks out of one network into another is heard again, and hears, once the client has come back on a new line: with
// one connection and with two, and as the same participant.
func TestMovesToAnotherNetwork(t *testing.T) {
	t.Parallel()
	for name, single := range map[string]bool{"one connection": true, "two connections": false} {
		t.Run(name, func(t *testing.T) {
			n := newRough(t)
			home, abroad := net.ParseIP("10.0.0.3"), net.ParseIP("10.0.0.5")
			var moved atomic.Bool
			n.router.AddChunkFilter(func(c vnet.Chunk) bool {
				gone := abroad
				if moved.Load() {
					gone = home
				}
				from, _ := c.SourceAddr().(*net.UDPAddr)
				to, _ := c.DestinationAddr().(*net.UDPAddr)
				return from != nil && to != nil && !from.IP.Equal(gone) && !to.IP.Equal(gone)
			})
			w := n.world(t)
			w.tune = n.onto(n.machine("10.0.0.2"))
			anna := w.enter(t, "r", "anna")
			w.tune = n.onto(n.machine(home.String(), abroad.String()))
			var bernd *client
			if single {
				bernd = w.enterSingle(t, "r", "bernd", false)
			} else {
				bernd = w.enter(t, "r", "bernd")
			}
			for _, c := range []*client{anna, bernd} {
				c.publish(audio, "mic", "mic", gcm)
				c.publish(video, "cam", "cam", gcm)
			}
			count := func(to, from *client, cid string) int {
				stream := to.gets(from, cid, 20)
				to.mu.Lock()
				defer to.mu.Unlock()
				return to.received[stream]
			}
			for c, from := range map[*client]*client{anna: bernd, bernd: anna} {
				count(c, from, "mic")
				count(c, from, "cam")
			}

			bernd.mu.Lock()
			bernd.late = true
			bernd.mu.Unlock()
			moved.Store(true)
			_ = bernd.ws.CloseNow()
			bernd.reading.Wait()
			before := map[string]int{}
			for _, cid := range []string{"mic", "cam"} {
				before["anna "+cid], before["bernd "+cid] = count(anna, bernd, cid), count(bernd, anna, cid)
			}
			path := "/rtc"
			if single {
				path = "/rtc/v1"
			}
			ws, _, err := w.dialAt(t, path, url.Values{
				"access_token": {bernd.token}, "reconnect": {"1"}, "sid": {bernd.join.GetParticipant().GetSid()},
			})
			if err != nil {
				t.Fatal(err)
			}
			bernd.attach(ws)
			bernd.until("resumed", func() bool { return bernd.resumed != nil })
			bernd.negotiating.Lock()
			bernd.exchange(&webrtc.OfferOptions{ICERestart: true})
			bernd.negotiating.Unlock()
			for _, cid := range []string{"mic", "cam"} {
				anna.gets(bernd, cid, before["anna "+cid]+100)
				bernd.gets(anna, cid, before["bernd "+cid]+100)
			}
			if p := anna.sees("bernd", here); p.GetSid() != bernd.join.GetParticipant().GetSid() {
				t.Error("bernd has become somebody else")
			}
		})
	}
}
