package media

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livekit/protocol/auth"
	"github.com/livekit/protocol/livekit"
)

// A guest who does all that is allowed, as often as it is, takes nothing from the others: neither their place nor a sound
// nor a packet of data, and in the end they know how things are.
func TestGuestThrowsNobodyOut(t *testing.T) {
	t.Parallel()
	w := start(t)
	anna, bernd := w.enter(t, "r", "anna"), w.enter(t, "r", "bernd")
	eve := w.enter(t, "r", "eve", w.may(t, "r", "eve", func(g *auth.VideoGrant) { g.SetCanUpdateOwnMetadata(true) }))
	for _, c := range []*client{anna, bernd, eve} {
		c.every(time.Second)
	}
	anna.publish(audio, "mic", "mic", gcm)
	stream := bernd.gets(anna, "mic", 10)
	for i := range 3 {
		cid := fmt.Sprint("cam", i)
		eve.publish(video, cid, cid, gcm)
		bernd.gets(eve, cid, 1)
	}
	sid := eve.published["cam0"].GetSid()

	for i := range 500 {
		eve.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_SubscriptionPermission{
			SubscriptionPermission: &livekit.SubscriptionPermission{AllParticipants: i%2 == 1},
		}})
	}
	reads := make(chan struct{})
	bernd.blind.Store(&reads) // his line is slow
	read := sync.OnceFunc(func() { bernd.blind.Store(nil); close(reads) })
	defer read()
	for i := range 700 {
		eve.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_UpdateMetadata{UpdateMetadata: &livekit.UpdateParticipantMetadata{
			Metadata: fmt.Sprint(i) + strings.Repeat("x", maxMetadata-3),
		}}})
	}
	for i := range 501 {
		eve.say(&livekit.SignalRequest{Message: &livekit.SignalRequest_Mute{Mute: &livekit.MuteTrackRequest{Sid: sid, Muted: i%2 == 0}}})
	}
	eve.until("heard to the end", func() bool {
		return strings.HasPrefix(eve.people[eve.join.GetParticipant().GetSid()].GetMetadata(), "699")
	})
	read()
	bernd.until("told how things are", func() bool {
		p := bernd.people[eve.join.GetParticipant().GetSid()]
		for _, track := range p.GetTracks() {
			if track.GetSid() == sid && track.GetMuted() && bernd.permitted[sid] && strings.HasPrefix(p.GetMetadata(), "699") {
				return true
			}
		}
		return false
	})

	bernd.mu.Lock()
	ends := 0
	for n := range bernd.numbers[stream] {
		if !bernd.numbers[stream][n+1] {
			ends++
		}
	}
	bernd.mu.Unlock()
	if ends != 1 {
		t.Errorf("heard anna in %d pieces", ends)
	}

	hears, quick := make(chan struct{}), make(chan struct{})
	bernd.sending.Go(func() { // he takes a packet now and then
		defer close(hears)
		for {
			select {
			case hears <- struct{}{}:
				time.Sleep(200 * time.Millisecond)
			case <-quick:
				return
			}
		}
	})
	hear := sync.OnceFunc(func() { close(quick) })
	defer hear()
	bernd.opens()
	bernd.mu.Lock()
	bernd.deaf = hears
	bernd.mu.Unlock()
	const packets = 3 * mostBehind / 2 / (60 << 10)
	for i := range packets {
		eve.tell(reliable, &livekit.DataPacket{Value: user(string(bytes.Repeat([]byte("x"), 60<<10))), Sequence: uint32(i + 1)})
		anna.until("told what came before", func() bool { return len(anna.data) >= i-4 })
	}
	const few = 20
	for i := range few {
		anna.tell(reliable, &livekit.DataPacket{Value: user(fmt.Sprint(i)), Sequence: uint32(i + 1)})
	}
	eve.tell(reliable, &livekit.DataPacket{Value: user("end"), Sequence: packets + 1})
	anna.heard("end")
	bernd.mu.Lock()
	bernd.deaf = nil
	bernd.mu.Unlock()
	hear()
	for i := range few {
		bernd.heard(fmt.Sprint(i))
	}

	bernd.mu.Lock()
	before := bernd.received[stream]
	bernd.mu.Unlock()
	bernd.gets(anna, "mic", before+20)
	if bernd.left() != nil || eve.left() != nil {
		t.Errorf("left: bernd %v, eve %v", bernd.left(), eve.left())
	}
}

// What is done about a track while a leg is busy is done once, as it was said last, and how it is wanted comes after.
func TestNewestChangeCounts(t *testing.T) {
	var d due
	var done []string
	put := func(what, how string) (first, ok bool) {
		return d.put(what, func() error { done = append(done, how); return nil })
	}
	if first, ok := put("a", "add a"); !first || !ok {
		t.Error("the first one is not")
	}
	_, _ = put("prefer a", "small a")
	_, _ = put("b", "add b")
	_, _ = put("a", "remove a")
	if first, _ := put("prefer a", "large a"); first {
		t.Error("not the first one")
	}
	for _, c := range d.take() {
		_ = c.do()
	}
	if got := strings.Join(done, ", "); got != "add b, remove a, large a" {
		t.Errorf("did %s", got)
	}
	for i := range maxDue {
		_, _ = put(fmt.Sprint(i), "")
	}
	if _, ok := put("one more", ""); ok {
		t.Error("more than there is room for")
	}
	if _, ok := put("0", ""); !ok {
		t.Error("nothing newer of what waits")
	}
}

// Whoever sends too much has no more waiting than is left free for others.
func TestShareOfWhatWaits(t *testing.T) {
	var s share
	now, waiting := time.Now(), 0
	send := func(from string, size int) bool {
		s.settle(waiting, now)
		if !s.admit(from, size, waiting) {
			return false
		}
		waiting += size
		return true
	}
	for send("eve", 1<<16) {
	}
	if waiting != mostBehind/2 {
		t.Errorf("eve alone: %d wait", waiting)
	}
	if !send("anna", 1<<16) || send("eve", 1<<16) {
		t.Error("not a share for each")
	}
	waiting -= 1 << 20 // the client takes some: the first are eve's
	if !send("eve", 1<<16) {
		t.Error("eve gets no place that is free again")
	}
	if s.unread(waiting, now.Add(unreadFor)) {
		t.Error("it has taken something")
	}
	if now = now.Add(unreadFor + 1); !s.unread(waiting, now) {
		t.Error("it takes nothing")
	}
	waiting = 0
	s.settle(waiting, now)
	if len(s.of) != 0 || len(s.queue) != 0 || s.unread(waiting, now) {
		t.Errorf("all is taken, and there wait %v", s.of)
	}
}

// TestShareOfSmallPackets: many small packets of one leave room for others, too.
func TestShareOfSmallPackets(t *testing.T) {
	var s share
	n := 0
	for ; s.admit("eve", 60, 60*n); n++ {
	}
	if n != mostBehind/2/leastPortion || !s.admit("", 60, 60*n) {
		t.Errorf("after %d of eve's nobody else gets a place", n)
	}
	s.settle(0, time.Now())
	if len(s.of) != 0 || s.sum != 0 {
		t.Errorf("all is taken, and there wait %v, counted %d", s.of, s.sum)
	}
}

// Several channels of a kind have one rate.
func TestRateOfAllChannels(t *testing.T) {
	var d dataRates
	now := time.Now()
	if wait := d.take(dataBytes, now); wait != 0 {
		t.Errorf("waits %v", wait)
	}
	if wait := d.take(dataBytes, now); wait != whole {
		t.Errorf("the second one waits %v", wait)
	}
}
