package forward

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/transport/v5/packetio"
	"github.com/pion/webrtc/v4"
)

// atOnce does something at once.
func atOnce(f func()) { f() }

// reported is a report of arrivals with these parts, and what is said of times.
func reported(first, count uint16, reference uint32, parts []uint16, times ...byte) []byte {
	b := []byte{0x8f, 205, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2}
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, first), count)
	b = binary.BigEndian.AppendUint32(b, reference<<8)
	for _, p := range parts {
		b = binary.BigEndian.AppendUint16(b, p)
	}
	b = append(b, times...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)/4-1))
	return b
}

// far is a receiver that reports arrivals, behind a line that carries so many bits in a second.
type far struct {
	t       *testing.T
	echo    *Echo
	now     time.Time
	free    time.Time
	carries int
	r       *twcc.Recorder
	alarms  int
}

func newFar(t *testing.T, carries int) *far {
	f := &far{t: t, now: time.Now(), carries: carries, r: twcc.NewRecorder(1)}
	f.echo = NewEcho(func() { f.alarms++ }, atOnce)
	f.now = f.echo.begun
	return f
}

// send sends frames of ten packets, fifteen in a second, and has one report in ten of a second.
func (f *far) send(d time.Duration) {
	f.t.Helper()
	for end, told := f.now.Add(d), f.now; f.now.Before(end); f.now = f.now.Add(time.Second / 15) {
		for range 10 {
			n := f.echo.leaves(1000, f.now)
			if f.free.Before(f.now) {
				f.free = f.now
			}
			f.free = f.free.Add(time.Duration(8 * 1050 * int(time.Second) / f.carries))
			f.r.Record(7, n, f.free.Add(time.Hour).UnixMicro())
		}
		if f.now.Sub(told) < 100*time.Millisecond {
			continue
		}
		told = f.now
		for _, p := range f.r.BuildFeedbackPacket() {
			b, err := p.Marshal()
			if err != nil {
				f.t.Fatal(err)
			}
			f.echo.heard(b, f.now)
		}
	}
}

// A line that carries all is quiet; one that fills is noticed, and what it carries is known.
func TestEcho(t *testing.T) {
	f := newFar(t, 4_000_000)
	f.send(20 * time.Second)
	a := f.echo.Arrivals(f.now)
	if f.alarms > 0 || !a.Told || a.Carries > 0 || a.Sent < 1_100_000 || a.Sent > 1_300_000 {
		t.Errorf("%d alarms, %+v", f.alarms, a)
	}
	f.free, f.carries = f.now, 300_000
	f.send(300 * time.Millisecond)
	if a = f.echo.Arrivals(f.now); f.alarms == 0 || a.Carries < 280_000 || a.Carries > 320_000 || a.Waits < a.Seldom {
		t.Errorf("%d alarms, %+v", f.alarms, a)
	}
	f.echo.Forget()
	if a = f.echo.Arrivals(f.now); a.Carries > 0 || a.Waits > 0 || a.Stands > 0 {
		t.Errorf("%+v is not forgotten", a)
	}
	if a = f.echo.Arrivals(f.now.Add(2 * time.Second)); a.Told {
		t.Error("an old report counts")
	}
	if f.echo.Broke(f.now) {
		t.Error("broken")
	}
	f.now, f.carries = f.now.Add(2*time.Second), 4_000_000
	f.send(time.Second)
	if !f.echo.Broke(f.now) || f.echo.Broke(f.now) {
		t.Error("not broken once")
	}
}

// What a receiver reports may be anything.
func TestEchoBearsAnything(t *testing.T) {
	f := newFar(t, 4_000_000)
	const all, many = 0x2000 | 0x1fff, 0x8000                // came: a row of them, and any of fourteen
	f.echo.heard(reported(0, 1, 0, []uint16{all}, 1), f.now) // nothing has been sent
	f.send(time.Second)
	for _, b := range [][]byte{
		nil,
		reported(0, 0, 0, nil),
		reported(0, 0xffff, 0, []uint16{all}),
		reported(0, 100, 0, []uint16{all, all}),
		reported(0xfffe, 3, 0xffffff, []uint16{all}, 1, 2),
		reported(0, 2, 0, []uint16{0xc000 | 3<<12 | 2<<10 | 1<<8}, 0x7f),
		reported(0, 14, 0, []uint16{many | 0x3fff})[:20],
		reported(0, 14, 0, []uint16{0, 0, 0}),
	} {
		for n := range b {
			f.echo.heard(b[:n], f.now)
		}
		f.echo.heard(b, f.now)
		f.echo.Arrivals(f.now)
	}
}

// Every kind of report is read as pion reads it.
func FuzzReport(f *testing.F) {
	f.Add(reported(7, 3, 9, []uint16{0x2003}, 1, 2, 3))
	f.Add(reported(65535, 9, 0xffffff, []uint16{0x4002, 0xc000 | 1<<12 | 2<<10 | 3<<8, 0x8000}, 0x80, 0, 0x7f, 0xff, 5, 0xff, 0x38))
	f.Add(reported(0, 40, 1, []uint16{0x8000 | 0x2aaa, 0xbfff, 0x0002, 0x6001, 0xffff}, make([]byte, 40)...))
	f.Add(reported(0, 2048, 1, []uint16{0, 0x0fff}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, ok := readNotice(b)
		var theirs rtcp.TransportLayerCC
		if !ok || theirs.Unmarshal(b) != nil {
			for range r.arrivals { // ends
			}
			return
		}
		var want []int64
		number, came, left, deltas := theirs.BaseSequenceNumber, int64(0), int(theirs.PacketStatusCount), theirs.RecvDeltas
		for _, c := range theirs.PacketChunks {
			var symbols []uint16
			switch c := c.(type) {
			case *rtcp.RunLengthChunk:
				symbols = slices.Repeat([]uint16{c.PacketStatusSymbol}, int(c.RunLength))
			case *rtcp.StatusVectorChunk:
				symbols = c.SymbolList
			}
			for _, s := range symbols[:min(left, len(symbols))] {
				if s == rtcp.TypeTCCPacketReceivedSmallDelta || s == rtcp.TypeTCCPacketReceivedLargeDelta {
					came += deltas[0].Delta
					deltas = deltas[1:]
					want = append(want, int64(number), came)
				}
				number++
			}
			left -= min(left, len(symbols))
		}
		var got []int64
		for number, came := range r.arrivals {
			got = append(got, int64(number), came.Microseconds())
		}
		if !slices.Equal(got, want) || r.reference != theirs.ReferenceTime {
			t.Errorf("read %v, want %v", got, want)
		}
	})
}

// A receiver that reports without end has all others wait no longer than for some of it, and is heard again a second later.
func TestEchoBearsManyReports(t *testing.T) {
	for _, count := range []uint16{0, echoKept} {
		f := newFar(t, 4_000_000)
		f.send(time.Second)
		f.now = f.echo.begun.Add(2 * time.Second)
		none := reported(0, count, 0, []uint16{count})
		looked := 0
		for range 1000 {
			f.now = f.now.Add(100 * time.Microsecond)
			f.echo.heard(none, f.now)
			if f.echo.told.Equal(f.now) {
				looked++
			}
		}
		if looked < 20 || looked > 200 {
			t.Errorf("%d reports of %d packets are looked at", looked, count)
		}
		f.now = f.now.Add(time.Second)
		if f.echo.heard(none, f.now); !f.echo.told.Equal(f.now) {
			t.Error("never heard again")
		}
	}
}

// Reports of arrivals are heard whichever stream they are about, and only they; a fault in that is the guard's matter. What
// else comes waits to be read.
func TestBuffers(t *testing.T) {
	guarded := 0
	echo := NewEcho(func() {}, func(f func()) { guarded++; f() })
	echo.leaves(100, time.Now())
	wish, err := (&rtcp.PictureLossIndication{MediaSSRC: 4711}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	arrived := reported(0, 1, 1, []uint16{0x2001}, 1)
	buffer := echo.Buffers(packetio.RTCPBufferPacket, 99)
	for _, b := range [][]byte{arrived, wish, arrived[:8], wish[:2]} {
		if n, err := buffer.Write(b); n != len(b) || err != nil {
			t.Fatal(n, err)
		}
	}
	if a := echo.Arrivals(time.Now()); !a.Told || guarded != 2 || len(echo.trail) != 1 {
		t.Errorf("%+v, guarded %d times, %d arrivals", a, guarded, len(echo.trail))
	}
	b := make([]byte, 100)
	for _, want := range [][]byte{wish, wish[:2]} {
		if n, err := buffer.Read(b); err != nil || !bytes.Equal(b[:n], want) {
			t.Errorf("read %x, want %x: %v", b[:n], want, err)
		}
	}
	media := echo.Buffers(packetio.RTPBufferPacket, 99)
	if _, err := media.Write(arrived); err != nil {
		t.Fatal(err)
	}
	if n, err := media.Read(b); err != nil || !bytes.Equal(b[:n], arrived) {
		t.Errorf("read %x: %v", b[:n], err)
	}
	for kind, most := range map[packetio.BufferPacketType]int{packetio.RTCPBufferPacket: reportsWaits, packetio.RTPBufferPacket: mediaWaits} {
		full, taken := echo.Buffers(kind, 1), 0
		for ; taken < 2*most; taken += 1000 {
			if _, err := full.Write(make([]byte, 1000)); errors.Is(err, packetio.ErrFull) {
				break
			}
		}
		if taken > most {
			t.Errorf("%d bytes wait", taken)
		}
	}
}

// All that a receiver gets is numbered in one row, what is sent again too; who has not agreed to that gets no numbers.
func TestNumbers(t *testing.T) {
	var asks asked
	echo := NewEcho(func() {}, atOnce)
	row := uint16(0)
	one, other := testTrack(&asks), testTrack(&asks)
	r := &receiver{ready: true, rtx: 99}
	first, second := one.Send("s", echo), other.Send("s", echo)
	for _, s := range []*Sender{first, second} {
		if _, err := s.Bind(r); err != nil {
			t.Fatal(err)
		}
	}
	a, b, now := &source{ssrc: 11, quality: 2}, &source{ssrc: 12, quality: 2}, time.Now()
	for i := range 5 {
		a.send(one, now, i == 0)
		b.send(other, now, i == 0)
	}
	first.resend(&rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{r.got[4].SequenceNumber})}, now)
	if len(r.got) != 11 {
		t.Fatalf("%d packets", len(r.got))
	}
	for _, p := range r.got {
		if e := p.GetExtension(3); len(e) != 2 || uint16(e[0])<<8|uint16(e[1]) != row {
			t.Fatalf("number %v, want %d", e, row)
		}
		row++
	}
	_, plain := bound(t, one, 0)
	a.send(one, now, true)
	if len(plain.got) != 1 || plain.got[0].Extension {
		t.Errorf("got %v", plain.got)
	}
}

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
