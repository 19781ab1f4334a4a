package forward

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// When the line has room for less, what is too much ends at once, and a key frame of the smaller layer is asked for; when
// it has room for none, nothing comes; and then again all of it.
func TestAllotted(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 0)
	now := time.Now()
	layers := []*source{{ssrc: 11, quality: 0, seq: 5}, {ssrc: 13, quality: 2, seq: 400}}
	step := func(key ...int) int {
		before := len(r.got)
		now = now.Add(33 * time.Millisecond)
		for i, l := range layers {
			l.send(track, now, slices.Contains(key, i))
		}
		return len(r.got) - before
	}
	last := func() byte { return r.got[len(r.got)-1].Payload[6] }
	step(0, 1)
	if step() != 1 || last() != 2 || sender.Now() != 2 {
		t.Fatalf("gets layer %d", last())
	}

	asks = nil
	sender.Allot(0)
	if n := step(); n > 0 {
		t.Errorf("%d packets of what the line has no room for", n)
	}
	if n := step(1); n > 0 {
		t.Error("a key frame of what the line has no room for")
	}
	if !slices.Contains(asks, 11) {
		t.Errorf("asked %v for key frames, want 11", asks)
	}
	if step(0) != 1 || last() != 0 || sender.Now() != 0 {
		t.Error("no picture of the smaller layer")
	}
	sender.Allot(-1)
	if n := step(0, 1); n > 0 || sender.Now() != -1 {
		t.Errorf("%d packets without any room", n)
	}
	sender.Allot(Best)
	step()
	if step(0, 1) != 1 || last() != 2 {
		t.Error("does not get the best layer again")
	}
	for i, p := range r.got[1:] {
		if p.SequenceNumber != r.got[i].SequenceNumber+1 {
			t.Fatalf("number %d follows %d", p.SequenceNumber, r.got[i].SequenceNumber)
		}
	}
}

// What goes to a receiver, what it asks for again and what it says of its line are counted once.
func TestFlow(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 0)
	now, l := time.Now(), &source{ssrc: 11, quality: 2}
	for i := range 100 {
		now = now.Add(10 * time.Millisecond)
		l.send(track, now, i == 0)
	}
	if f := sender.Flow(); f.Pictures != 100 || f.Bytes != 100*(7+overhead) || f.Lost() != 0 {
		t.Errorf("%+v", f)
	}
	first := r.got[10].SequenceNumber
	for range 2 {
		sender.resend(&rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: []rtcp.NackPair{{PacketID: first, LostPackets: 1<<9 - 1}}}, now)
	}
	sender.resend(&rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: []rtcp.NackPair{{PacketID: first + 1000}}}, now)
	if f := sender.Flow(); f.Asked != 10 || f.Lost() != 0.1 || f.Gone() != 10 {
		t.Errorf("%+v", f)
	}

	// What was late on its way to the server, and was asked for before it came, was not lost on the way to the receiver.
	late := l.seq + 1
	l.seq++
	now = now.Add(10 * time.Millisecond)
	l.send(track, now, false)
	number := r.got[len(r.got)-1].SequenceNumber - 1
	ask := func() {
		now = now.Add(50 * time.Millisecond)
		sender.resend(&rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: []rtcp.NackPair{{PacketID: number}}}, now)
	}
	ask()
	(&source{ssrc: 11, quality: 2, seq: late - 1, ts: l.ts, pid: l.pid, tl0: l.tl0}).send(track, now, false)
	ask()
	if f := sender.Flow(); f.Asked != 10 || r.got[len(r.got)-1].SequenceNumber != number {
		t.Errorf("%d asked for again, last %d, want 10, %d", f.Asked, r.got[len(r.got)-1].SequenceNumber, number)
	}
	sender.Forget(now)
	sender.resend(&rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: []rtcp.NackPair{{PacketID: first + 20}}}, now)
	if f := sender.Flow(); f.Asked != 10 {
		t.Errorf("%d asked for again, want 10", f.Asked)
	}
	sender.flow.estimated(5e5)
	if a, b := sender.Estimate(), sender.Estimate(); a != 500_000 || b != 0 {
		t.Errorf("estimates %d and %d", a, b)
	}
	want := 8 * 100 * (7 + overhead)
	if got := track.Rates(now)[Best]; got < want*9/10 || got > want*11/10 {
		t.Errorf("takes %d bits per second, want about %d", got, want)
	}
	if got := track.Rates(now.Add(2 * layerSilence)); got != [Best + 1]int{} {
		t.Errorf("takes %v when nothing comes any more", got)
	}
}

// What is sent again to a line that is full is little.
func TestSpare(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 0)
	now, l := time.Now(), &source{ssrc: 11, quality: 2}
	for i := range 60 {
		l.send(track, now, i == 0)
	}
	sender.Spare(25 * 8 * mtu)
	sent := len(r.got)
	for _, p := range r.got[:50] {
		sender.resend(&rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: []rtcp.NackPair{{PacketID: p.SequenceNumber}}}, now)
	}
	if n := len(r.got) - sent; n != 25 {
		t.Errorf("%d packets were sent again, want 25", n)
	}
}

type nowhere struct{ receiver }

func (nowhere) WriteRTP(*rtp.Header, []byte) (int, error) { return 1, nil }

func BenchmarkForward(b *testing.B) {
	track := NewTrack(Options{ID: "TR_1", Kind: 2, Codec: testTrack(&asked{}).Codec, AskKeyFrame: func(uint32) {}, Counters: &Counters{}})
	for range 50 {
		s, r := track.Send("s", nil), &nowhere{}
		r.ready = true
		if _, err := s.Bind(r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	l, payload := &source{ssrc: 1, quality: 2}, make([]byte, 1100)
	copy(payload, []byte{0x90, 0xc0, 0x80, 1, 1, keyByte})
	now := time.Now()
	for b.Loop() {
		l.seq++
		now = now.Add(time.Millisecond)
		track.forward(&rtp.Packet{Header: rtp.Header{SSRC: 1, SequenceNumber: l.seq, Timestamp: uint32(l.seq) * 90, Marker: true}, Payload: payload}, 2, now)
		payload[5] = deltaByte
	}
}
