package media

import (
	"net"
	"sync/atomic"
	"testing"
)

// holed loses packets of media on the way out, one in every so many.
type holed struct {
	net.PacketConn
	every uint64
	count atomic.Uint64
}

func (l *holed) WriteTo(b []byte, to net.Addr) (int, error) {
	isRTP := len(b) > 12 && b[0]&0xc0 == 0x80 && (b[1] < 192 || b[1] > 223)
	if isRTP && l.count.Add(1)%l.every == 0 {
		return len(b), nil
	}
	return l.PacketConn.WriteTo(b, to)
}

// What is lost on the way to a receiver comes again.
func TestLossOnTheWayOut(t *testing.T) {
	t.Parallel()
	line := &holed{every: 10}
	w := start(t, func(o *Options) {
		o.line = func(c net.PacketConn) net.PacketConn { line.PacketConn = c; return line }
	})
	anna := w.enter(t, "r", "anna")
	anna.publish(video, "cam", "cam", gcm)
	bernd, clara := w.enter(t, "r", "bernd"), w.enterSingle(t, "r", "clara", true)
	for _, c := range []*client{bernd, clara} {
		stream := c.gets(anna, "cam", 300)
		c.until("sent again what was lost", func() bool {
			numbers := c.numbers[stream]
			lost := 0
			for n := range numbers {
				if !numbers[n+1] && numbers[n+2] {
					lost++
				}
			}
			return len(numbers) >= 300 && lost <= len(numbers)/50 // of one in ten
		})
	}
	if n := w.counters.Again.Load(); n < 40 {
		t.Errorf("%d packets were sent again", n)
	}
}
