package forward

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

func missing(numbers ...uint16) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: rtcp.NackPairsFromSequenceNumbers(numbers)}
}

// What a receiver has not got comes again, as it was, also across a switch of layers, and no more often than is good.
func TestResend(t *testing.T) {
	for name, rtx := range map[string]bool{"on a stream of its own": true, "under the old number": false} {
		t.Run(name, func(t *testing.T) {
			var asks asked
			track := testTrack(&asks)
			sender, r := track.Send("s", nil), &receiver{ready: true}
			if rtx {
				r.rtx = 4712
			}
			if _, err := sender.Bind(r); err != nil {
				t.Fatal(err)
			}
			now := time.Now()
			small, large := &source{ssrc: 11, quality: 0, seq: 65000, pid: 7}, &source{ssrc: 12, quality: 2, seq: 65533, pid: 900}
			for i := range 20 {
				now = now.Add(33 * time.Millisecond)
				small.send(track, now, i == 10)
				large.send(track, now, i == 0)
				if i == 8 {
					sender.Prefer(0)
				}
			}
			before := slices.Clone(r.got)
			if len(before) < 19 || before[3].Payload[6] == before[len(before)-1].Payload[6] {
				t.Fatalf("got %d packets, no switch", len(before))
			}
			lost := []int{1, 4, len(before) - 3}
			var numbers []uint16
			for _, i := range lost {
				numbers = append(numbers, before[i].SequenceNumber)
			}
			sender.resend(missing(append(numbers, before[0].SequenceNumber-1, 31000)...), now)
			sender.resend(missing(numbers...), now.Add(resendGap/2)) // too soon
			sender.resend(&rtcp.TransportLayerNack{MediaSSRC: 1, Nacks: missing(numbers...).Nacks}, now.Add(time.Second))
			again := r.got[len(before):]
			if len(again) != len(lost) {
				t.Fatalf("%d packets came again, want %d", len(again), len(lost))
			}
			for i, p := range again {
				want := before[lost[i]]
				number, payload := p.SequenceNumber, p.Payload
				if rtx {
					if p.SSRC != 4712 || p.PayloadType != 121 || p.SequenceNumber != uint16(i) {
						t.Errorf("header %+v", p.Header)
					}
					number, payload = binary.BigEndian.Uint16(payload), payload[2:]
				} else if p.SSRC != 4711 || p.PayloadType != 120 {
					t.Errorf("header %+v", p.Header)
				}
				if number != want.SequenceNumber || p.Timestamp != want.Timestamp || p.Marker != want.Marker || !slices.Equal(payload, want.Payload) {
					t.Errorf("came again as %d %d %x, was %d %d %x", number, p.Timestamp, payload, want.SequenceNumber, want.Timestamp, want.Payload)
				}
			}
			if n := track.Counters.Again.Load(); n != uint64(len(lost)) {
				t.Errorf("counted %d", n)
			}
		})
	}
}

// A receiver that asks without end gets no more than a share.
func TestResendIsLimited(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 0)
	now := time.Now()
	s := &source{ssrc: 1}
	for i := range 10 {
		s.send(track, now, i == 0)
	}
	for range 1000 {
		now = now.Add(resendGap)
		for _, p := range r.got[:10] {
			sender.resend(missing(p.SequenceNumber), now)
		}
	}
	if n, most := track.Counters.Again.Load(), uint64(resendRate*(1000*resendGap.Seconds()+1)); n > most || n < most/2 {
		t.Errorf("%d packets were sent again, want at most %d", n, most)
	}
}

func TestRingForgets(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	s := &source{ssrc: 1}
	for range kept + 1 {
		s.send(track, time.Now(), true)
	}
	var p packet
	l := track.layer(1, 0)
	if l.ring.get(1, &p) || !l.ring.get(2, &p) || p.number != 2 || len(p.payload) != 7 {
		t.Errorf("kept %+v", p)
	}
}
