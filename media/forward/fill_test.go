package forward

import (
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// A line is filled with what it has carried already, as much as is wanted, and only where the receiver knows such packets.
func TestFill(t *testing.T) {
	for _, rtx := range []webrtc.SSRC{0, 99} {
		var asks asked
		track := testTrack(&asks)
		sender, r := bound(t, track, rtx)
		number, now := uint16(0), time.Now()
		frames := func(n int) (bits int) {
			before := len(r.got)
			for range n {
				now = now.Add(time.Second / 20)
				payload := append([]byte{0x10, byte(number & 1), 0}, make([]byte, 997)...)
				if number > 0 {
					payload[1] = 1
				} else {
					payload[1] = 0
				}
				number++
				track.forward(&rtp.Packet{Header: rtp.Header{SSRC: 11, SequenceNumber: number, Timestamp: uint32(number) * 4500, Marker: true}, Payload: payload}, 2, now)
			}
			for _, p := range r.got[before:] {
				if p.SSRC != 4711 {
					bits += 8 * (len(p.Payload) - 2 + overhead)
				}
			}
			return bits
		}
		if frames(20) > 0 {
			t.Error("filled before it was wanted")
		}
		sender.Fill(400_000)
		if got := frames(40); rtx == 0 && got > 0 || rtx != 0 && (got < 760_000 || got > 820_000) {
			t.Errorf("filled with %d bits in two seconds", got)
		}
		sender.Fill(0)
		if frames(20) > 0 {
			t.Error("goes on")
		}
	}
}

// Where the line has no room for a picture it is filled with padding, in small packets, as much as is wanted; not for who
// wants no picture, and not where the receiver does not know such packets.
func TestFillWithoutPicture(t *testing.T) {
	for _, rtx := range []webrtc.SSRC{0, 99} {
		var asks asked
		track := testTrack(&asks)
		sender, r := bound(t, track, rtx)
		if sender.Fills() != (rtx != 0) {
			t.Error("it is not known whether the receiver knows such packets")
		}
		s, now := &source{ssrc: 11, quality: 2}, time.Now()
		seconds := func(n int) (bits, packets int) {
			before := len(r.got)
			for range 20 * n {
				now = now.Add(time.Second / 20)
				s.send(track, now, true)
			}
			for _, p := range r.got[before:] {
				if !p.Padding || p.SSRC != 99 || p.PayloadType != 121 || len(p.Payload) > 0 || !p.Extension && sender.numbered != nil {
					t.Fatalf("sent: %+v", p)
				}
				bits += 8 * (int(p.Header.PaddingSize) + overhead)
				packets++
			}
			return bits, packets
		}
		sender.Allot(-1)
		if bits, _ := seconds(2); bits > 0 {
			t.Error("filled before it was wanted")
		}
		sender.Fill(40_000)
		if bits, packets := seconds(10); rtx == 0 && bits > 0 || rtx != 0 && (bits < 380_000 || bits > 420_000 || packets < 200) {
			t.Errorf("filled with %d bits in ten seconds, in %d packets", bits, packets)
		}
		sender.Pause(true)
		if bits, _ := seconds(2); bits > 0 {
			t.Error("goes on where no picture is wanted")
		}
		sender.Pause(false)
		sender.Fill(0)
		if bits, _ := seconds(2); bits > 0 {
			t.Error("goes on")
		}
	}
}

// A picture that gets better fills the line itself: what was to be filled beside a small one would be too much beside it.
func TestBetterPictureEndsFilling(t *testing.T) {
	var asks asked
	track := testTrack(&asks)
	sender, r := bound(t, track, 99)
	small, large, now := &source{ssrc: 11, quality: 0}, &source{ssrc: 12, quality: 2}, time.Now()
	filled := func() (packets int) {
		before := len(r.got)
		for range 20 {
			now = now.Add(time.Second / 20)
			small.send(track, now, false)
			large.send(track, now, false)
		}
		for _, p := range r.got[before:] {
			if p.SSRC == 99 {
				packets++
			}
		}
		return packets
	}
	sender.Allot(0)
	small.send(track, now, true)
	sender.Fill(400_000)
	if filled() == 0 {
		t.Fatal("the small picture is not filled up")
	}
	sender.Allot(2)
	large.send(track, now, true)
	if sender.Now() != 2 {
		t.Fatal("the large picture is not sent")
	}
	if n := filled(); n > 0 {
		t.Errorf("filled with %d packets beside the large picture", n)
	}
}
