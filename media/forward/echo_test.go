package forward

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/interceptor/pkg/twcc"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
)

// atOnce does something at once.
func atOnce(f func()) { f() }

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

// slow is a receiver to which nothing can be handed over at once.
type slow struct{ receiver }

func (s *slow) WriteStream() webrtc.TrackLocalWriter { return s }

func (s *slow) WriteRTP(h *rtp.Header, payload []byte) (int, error) {
	time.Sleep(30 * time.Millisecond)
	return s.receiver.WriteRTP(h, payload)
}

// What waits here, while others are sent to, is not taken for waiting on the line: a packet leaves when it is handed over,
// also one that is sent again, and padding.
func TestLeavesWhenHandedOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asks asked
		echo, track, others := NewEcho(func() {}, atOnce), testTrack(&asks), &slow{receiver{ready: true}}
		if _, err := track.Send("s", nil).Bind(others); err != nil {
			t.Fatal(err)
		}
		r := &receiver{ready: true, rtx: 99}
		sender := track.Send("s", echo)
		if _, err := sender.Bind(r); err != nil {
			t.Fatal(err)
		}
		l, left := &source{ssrc: 11, quality: 2}, uint16(0)
		leaves := func(what string) {
			t.Helper()
			if d := echo.sent[left]; echo.next != left+1 || d.at != time.Since(echo.begun) {
				t.Errorf("%s left at %s, in all %d; it is %s", what, d.at, echo.next, time.Since(echo.begun))
			}
			left++
		}
		l.send(track, time.Now(), true)
		leaves("a picture")
		before := time.Now()
		time.Sleep(30 * time.Millisecond)
		sender.resend(&rtcp.TransportLayerNack{MediaSSRC: 4711, Nacks: []rtcp.NackPair{{PacketID: r.got[0].SequenceNumber}}}, before)
		leaves("one sent again")
		sender.Allot(-1)
		sender.Fill(8 * (padLeast + overhead) * 20)
		l.send(track, time.Now(), false)
		l.send(track, time.Now(), false)
		leaves("padding")
	})
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
