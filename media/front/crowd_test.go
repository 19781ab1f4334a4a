package front

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// from is a connection that comes from an address.
type from struct {
	net.Conn
	addr net.Addr
}

func (c from) RemoteAddr() net.Addr { return c.addr }

func (l *pipes) dialFrom(address string) net.Conn {
	c, s := net.Pipe()
	l.in <- from{s, &net.TCPAddr{IP: net.ParseIP(address), Port: 1}}
	return c
}

// One address, or one network of IPv6, cannot take all the places.
func TestOneAddressLeavesRoomForOthers(t *testing.T) {
	for _, address := range [][3]string{{"192.0.2.1", "192.0.2.1", "192.0.2.2"}, {"2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"}} {
		synctest.Test(t, func(t *testing.T) {
			l := &pipes{in: make(chan net.Conn), done: make(chan struct{})}
			p := divided(t, l)
			begin := time.Now()
			for range mostOf {
				defer l.dialFrom(address[0]).Close()
			}
			refused := l.dialFrom(address[1])
			if _, err := refused.Read(make([]byte, 1)); !errors.Is(err, io.EOF) || time.Since(begin) > 0 {
				t.Errorf("one too many from %s: %v after %v", address[1], err, time.Since(begin))
			}
			let := l.dialFrom(address[2])
			if _, err := let.Read(make([]byte, 1)); err == nil || time.Since(begin) != patience {
				t.Errorf("another's: %v after %v", err, time.Since(begin))
			}
			synctest.Wait()
			if n := p.from.Len(); n != 0 {
				t.Errorf("%d addresses are still known", n)
			}
		})
	}
}
