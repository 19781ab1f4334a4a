package forward

import (
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// What a receiver is told of a stream's time is what the sender said of the layer that it gets, and goes on across layers.
func TestReports(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 0)
	now := time.Unix(1000, 0)
	const hour = int64(3600 * time.Second)
	packet := func(ssrc uint32, seq uint16, ts uint32, quality int) {
		track.forward(&rtp.Packet{Header: rtp.Header{SSRC: ssrc, SequenceNumber: seq, Timestamp: ts}, Payload: []byte{0x10, keyByte}}, quality, now)
	}
	say := func(ssrc, ts uint32, ntp int64) {
		b, err := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: ssrc, NTPTime: toNTP(ntp), RTPTime: ts}})
		if err != nil {
			t.Fatal(err)
		}
		track.Reported(b, now)
	}
	sender.Prefer(0)
	packet(1, 1, 90_000, 0)
	if got := sender.Report(now); got != nil {
		t.Errorf("told %v before anything was known", got)
	}
	track.Reported([]byte{0x80, 200, 0xff}, now) // cut off
	say(1, 90_000, hour)
	say(2, 500_000, hour+int64(time.Second)) // of a layer that has sent nothing yet
	packet(2, 7, 500_000, 1)
	say(2, 500_000, hour+int64(time.Second))

	same := func(when string, seconds float64) {
		t.Helper()
		sr := sender.Report(now)
		if sr == nil {
			t.Fatalf("%s: told nothing", when)
		}
		last := r.got[len(r.got)-1].Timestamp
		if got := float64(fromNTP(sr.NTPTime)-hour)/1e9 - float64(int32(sr.RTPTime-last))/90_000; math.Abs(got-seconds) > 0.001 {
			t.Errorf("%s: the newest picture is of %.3f s, want %.3f", when, got, seconds)
		}
	}
	now = now.Add(300 * time.Millisecond)
	same("first layer", 0)
	sender.Prefer(1)
	packet(2, 8, 590_000, 1) // recorded 2 s after the first picture, and come 0.3 s after it
	if ts := r.got[len(r.got)-1].Timestamp; ts != 270_000 {
		t.Errorf("the other layer goes on at %d, want 270000", ts)
	}
	same("second layer", 2)
	if sr := sender.Report(now); sr.PacketCount != 2 || sr.OctetCount != 4 || sr.SSRC != 4711 {
		t.Errorf("told %+v", sr)
	}
}

func TestLoss(t *testing.T) {
	var a arrivals
	for _, n := range []uint16{65534, 65535, 0, 3, 2, 5} {
		a.note(n)
	}
	if have, top := a.take(); have != 6 || top != 8 {
		t.Errorf("%d of %d have come, want 6 of 8", have, top)
	}
	a.note(6)
	if have, top := a.take(); have != 1 || top != 1 {
		t.Errorf("then %d of %d, want 1 of 1", have, top)
	}

	var asks asked
	sender, r := testTrack(&asks).Send("s", nil), &receiver{ready: true}
	if _, err := sender.Bind(r); err != nil {
		t.Fatal(err)
	}
	sender.reported([]rtcp.ReceptionReport{{SSRC: 4711, FractionLost: 64}, {SSRC: 4711, FractionLost: 32}, {SSRC: 1, FractionLost: 255}})
	if got := sender.Loss(); got != 0.25 {
		t.Errorf("lost %v, want a quarter", got)
	}
	if got := sender.Loss(); got != 0 {
		t.Errorf("then lost %v", got)
	}
}
