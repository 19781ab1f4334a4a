package forward

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// Whoever begins shortly after a key frame gets it, and what has come since, at once and once, without asking the sender.
func TestBeginsWithYoungKeyFrame(t *testing.T) {
	const later, frame = 3, 33 * time.Millisecond
	for name, c := range map[string]struct {
		begin func(s *Sender, r *receiver, now time.Time)
		at    int // frames after the key frame
		lost  int // packet that comes late, 0 for none
		want  []uint16
		asks  int
	}{
		"held back":            {func(s *Sender, _ *receiver, now time.Time) { s.Begin(now) }, 4, 0, []uint16{2, 3, 4, 5, 6, 7, 8, 9}, 0},
		"one packet late":      {func(s *Sender, _ *receiver, now time.Time) { s.Begin(now) }, 4, 4, []uint16{2, 3, 5, 6, 4, 7, 8, 9}, 0},
		"too old":              {func(s *Sender, _ *receiver, now time.Time) { s.Begin(now) }, 8, 0, nil, 1},
		"ready without a word": {func(s *Sender, r *receiver, _ time.Time) { s.held.Store(false); r.ready = true }, 4, 0, []uint16{2, 3, 4, 5, 6, 7, 8, 9}, 0},
		"not quite ready": {func(s *Sender, r *receiver, now time.Time) {
			r.ready = false
			s.Begin(now)
			r.ready = true
		}, 4, 0, []uint16{2, 3, 4, 5, 6, 7, 8, 9}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var asks asked
			track := testTrack(&asks)
			now := time.Now()
			packet := func(number uint16) {
				now = now.Add(frame)
				b := byte(deltaByte)
				if number == 2 {
					b = keyByte
				}
				track.forward(&rtp.Packet{
					Header: rtp.Header{SSRC: 9, SequenceNumber: number, Timestamp: 3000 * uint32(number)}, Payload: []byte{0x10, b, byte(number)},
				}, 0, now)
			}
			packet(1)
			sender, r := track.Send("s", nil), &receiver{ready: true}
			sender.Hold()
			if _, err := sender.Bind(r); err != nil {
				t.Fatal(err)
			}
			for i := range c.at + 1 {
				if number := uint16(2 + i); int(number) != c.lost {
					packet(number)
				}
			}
			c.begin(sender, r, now)
			if c.lost > 0 {
				packet(uint16(c.lost))
			}
			for i := range later {
				packet(uint16(3 + c.at + i))
			}
			var got []uint16
			for _, p := range r.got {
				got = append(got, uint16(p.Payload[2]))
				if p.SequenceNumber-r.got[0].SequenceNumber != uint16(p.Payload[2])-2 || p.Timestamp-r.got[0].Timestamp != 3000*uint32(p.Payload[2]-2) {
					t.Errorf("packet %d has number %d, time %d", p.Payload[2], p.SequenceNumber, p.Timestamp)
				}
			}
			if !slices.Equal(got, c.want) || len(asks) != c.asks {
				t.Errorf("got %v, want %v; asked %v", got, c.want, asks)
			}
		})
	}
}

// After a pause nothing comes that has been there before.
func TestPauseGoesOnForward(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 0)
	now := time.Now()
	packet := func(number uint16, b byte) {
		track.forward(&rtp.Packet{Header: rtp.Header{SSRC: 9, SequenceNumber: number, Timestamp: uint32(number)}, Payload: []byte{0x10, b}}, 0, now)
	}
	packet(1, keyByte)
	packet(2, deltaByte)
	sender.Pause(true)
	packet(3, deltaByte)
	sender.Pause(false)
	packet(4, deltaByte)
	if len(r.got) != 2 {
		t.Errorf("got %v of before the pause", r.got[2:])
	}
	sender.Pause(true)
	packet(5, keyByte)
	packet(6, deltaByte)
	sender.Pause(false)
	packet(7, deltaByte)
	if n := len(r.got); n != 5 || r.got[4].SequenceNumber != 5 || r.got[4].Timestamp != 7 {
		t.Errorf("got %v", r.got[2:])
	}
}

// What a layer keeps grows with what comes in the time that counts, and no further.
func TestRingGrows(t *testing.T) {
	for name, c := range map[string]struct {
		gap  time.Duration
		want int
	}{
		"slow":        {keptFor / 50, keptFirst},
		"half a MBit": {keptFor / 100, 128},
		"burst":       {0, kept},
	} {
		var r ring
		now := time.Now()
		for i := range 2 * kept {
			now = now.Add(c.gap)
			r.put(&rtp.Header{SequenceNumber: uint16(65000 + i)}, descriptor{}, []byte{byte(i)}, false, now)
		}
		if len(r.packets) != c.want {
			t.Errorf("%s: keeps %d, want %d", name, len(r.packets), c.want)
		}
		var p packet
		for i := 2*kept - c.want; i < 2*kept; i++ {
			if !r.get(uint16(65000+i), &p) || p.payload[0] != byte(i) {
				t.Fatalf("%s: packet %d is %+v", name, i, p)
			}
		}
	}
}

// A packet that is on its way while a receiver begins goes out once.
func TestBeginsWhilePacketsCome(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	now := time.Now()
	p := func(number uint16, b byte) *rtp.Packet {
		return &rtp.Packet{Header: rtp.Header{SSRC: 9, SequenceNumber: number, Timestamp: uint32(number)}, Payload: []byte{0x10, b}}
	}
	track.forward(p(1, keyByte), 0, now)
	sender, r := track.Send("s", nil), &receiver{ready: true}
	sender.Hold()
	if _, err := sender.Bind(r); err != nil {
		t.Fatal(err)
	}
	on := p(2, deltaByte)
	track.layer(9, 0).ring.put(&on.Header, descriptor{}, on.Payload, false, now)
	sender.Begin(now)
	track.forward(on, 0, now)
	track.forward(p(3, deltaByte), 0, now)
	if len(r.got) != 3 {
		t.Errorf("got %v", r.got)
	}
}
