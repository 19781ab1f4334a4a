package media

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/livekit/protocol/livekit"
)

// What a client publishes while its connection is still being made arrives as well, however many offers that takes.
func TestPublishedBeforeConnected(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	bernd := w.connects(t, "bernd", func(bernd *client) {
		bernd.offer()
		bernd.publish(audio, "mic", "mic", gcm)
		bernd.offer()
		bernd.publish(video, "cam", "cam", gcm)
		bernd.offer()
	})
	anna.sees("bernd", livekit.ParticipantInfo_ACTIVE)
	anna.gets(bernd, "mic", 20)
	anna.gets(bernd, "cam", 20)
}

// connects has somebody join a room who is connected only when something is done meanwhile.
func (w *world) connects(t *testing.T, identity string, meanwhile func(*client)) *client {
	t.Helper()
	c, ws := w.come(t, url.Values{"access_token": {w.token(t, "r", identity)}})
	c.apart.Store(true)
	return c.stay(ws, func() {
		c.until("joined", func() bool { return c.join != nil })
		meanwhile(c)
		c.together()
	})
}

// together lets a client connect that was apart.
func (c *client) together() {
	c.apart.Store(false)
	for len(c.unsaid) > 0 {
		c.say(<-c.unsaid)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.flush(livekit.SignalTarget_PUBLISHER, c.pub)
	c.flush(livekit.SignalTarget_SUBSCRIBER, c.sub)
}

// Somebody in one of the program's own calls says nothing in the server's name, nor in anybody's: not even one who sends
// before others are told of them, whose pages would take that for the server's word.
func TestNobodySpeaksForTheServer(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	token, err := w.Token("r", "eve", "Eve", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	eve := w.sendsOnly(t, token)
	eve.tell(reliable, &livekit.DataPacket{Value: user("forged"), Sequence: 1})
	eve.tell(reliable, &livekit.DataPacket{Value: user("forged"), Sequence: 2})
	w.hasRead(t, "eve", 2)
	if err := w.Send(t.Context(), "r", Message{Body: []byte("true")}); err != nil {
		t.Fatal(err)
	}
	anna.heard("true")
	anna.mu.Lock()
	defer anna.mu.Unlock()
	if len(anna.data) != 1 {
		t.Errorf("anna got %v", anna.data)
	}
}

// A stranger's client that may send data is heard from its first packet on, under its name.
func TestDataBeforeConnected(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	bernd := w.sendsOnly(t, w.token(t, "r", "bernd"))
	bernd.tell(reliable, &livekit.DataPacket{Value: user("first"), Sequence: 1})
	if got := anna.heard("first"); got.GetParticipantIdentity() != "bernd" {
		t.Errorf("anna got %v", got)
	}
}

// sendsOnly has somebody come who connects only what they send on, so that nobody is told of them.
func (w *world) sendsOnly(t *testing.T, token string) *client {
	t.Helper()
	c, ws := w.come(t, url.Values{"access_token": {token}})
	c.apart.Store(true)
	c.attach(ws)
	t.Cleanup(c.vanish)
	c.until("joined", func() bool { return c.join != nil })
	c.offer()
	c.until("told the way", func() bool { return len(c.early[livekit.SignalTarget_PUBLISHER]) > 0 })
	c.mu.Lock()
	for _, init := range c.early[livekit.SignalTarget_PUBLISHER] {
		c.must(c.pub.AddICECandidate(init))
	}
	c.mu.Unlock()
	c.opens()
	if got := w.Present("r"); len(got) != 1 {
		t.Fatalf("present: %v", got)
	}
	return c
}

// hasRead waits until the server has read a client's reliable packet with this number.
func (w *world) hasRead(t *testing.T, identity string, number uint32) {
	t.Helper()
	w.mu.Lock()
	r := w.rooms["r"]
	w.mu.Unlock()
	until(t, func() string {
		var last uint32
		_ = r.call(t.Context(), func() error {
			if p := r.people[identity]; p != nil {
				last = p.data.last.Load()
			}
			return nil
		})
		if last < number {
			return "packet not read"
		}
		return ""
	})
}

// What is said to somebody who is still connecting, and may not be lost, arrives in order once they are connected; how much
// of it waits is bounded.
func TestDataForOneWhoConnects(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna := w.enter(t, "r", "anna")
	bernd := w.connects(t, "bernd", func(*client) {
		texts := []string{"first", "second"}
		for range 12 {
			texts = append(texts, strings.Repeat("x", mostEarly/9))
		}
		for _, text := range texts {
			if err := w.Send(t.Context(), "r", Message{Body: []byte(text)}); err != nil {
				t.Fatal(err)
			}
		}
		anna.heard("second")
	})
	if err := w.Send(t.Context(), "r", Message{Body: []byte("third")}); err != nil {
		t.Fatal(err)
	}
	bernd.heard("third")
	bernd.mu.Lock()
	defer bernd.mu.Unlock()
	var got []string
	for _, m := range bernd.data {
		got = append(got, fmt.Sprintf("%.6s", m.GetUser().GetPayload()))
	}
	if want := slices.Concat([]string{"first", "second"}, slices.Repeat([]string{"xxxxxx"}, 8), []string{"third"}); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
