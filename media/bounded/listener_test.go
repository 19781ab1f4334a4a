package bounded

import (
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener whose connections are in memory.
type pipes struct{ come chan net.Conn }

func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }
func (p pipes) Close() error   { close(p.come); return nil }
func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p.come
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

// open makes a connection; what comes back are its two ends.
func open(t *testing.T, p pipes, l *Listener) (far, near net.Conn) {
	t.Helper()
	far, end := net.Pipe()
	go func() { p.come <- end }()
	near, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return far, near
}

func TestSilenceEndsAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pipes{make(chan net.Conn)}
		l := Listen(p)
		far, near := open(t, p, l)
		begin := time.Now()
		go func() {
			time.Sleep(idle / 2)
			_, _ = far.Write([]byte("x"))
		}()
		b := make([]byte, 10)
		if n, err := near.Read(b); n != 1 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		if _, err := near.Read(b); err == nil || time.Since(begin) != idle+idle/2 {
			t.Errorf("read %v after %v", err, time.Since(begin))
		}
		if err := near.SetReadDeadline(time.Now().Add(time.Second)); err != nil { // a stricter one holds
			t.Fatal(err)
		}
		begin = time.Now()
		if _, err := near.Read(b); err == nil || time.Since(begin) != time.Second {
			t.Errorf("read %v after %v", err, time.Since(begin))
		}
		begin = time.Now()
		if _, err := near.Write(b); err == nil || time.Since(begin) != stuck { // nobody reads
			t.Errorf("wrote %v after %v", err, time.Since(begin))
		}
		if l.Len() != 0 {
			t.Error("a connection that is stuck is kept")
		}
		_ = l.Close()
	})
}

func TestSoManyAtOnce(t *testing.T) {
	p := pipes{make(chan net.Conn)}
	l := Listen(p)
	var near net.Conn
	for range most {
		_, near = open(t, p, l) // pipes have no address
	}
	refused, end := net.Pipe()
	go func() { p.come <- end }()
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		if _, err := l.Accept(); err != nil {
			t.Error(err)
		}
	}()
	if _, err := refused.Read(make([]byte, 1)); err == nil {
		t.Error("one too many is let in")
	}
	_ = near.Close()
	_, last := net.Pipe()
	p.come <- last
	<-accepted
	if err := l.Close(); err != nil || l.Len() != most {
		t.Errorf("%d connections, %v", l.Len(), err)
	}
	if _, err := last.Read(make([]byte, 1)); err == nil {
		t.Error("a connection outlives the listener")
	}
}

// addressed is a connection that comes from an address.
type addressed struct {
	net.Conn
	addr net.Addr
}

func (c addressed) RemoteAddr() net.Addr { return c.addr }

// One address, or one network of IPv6, does not take all the places, and has its own again when they are free.
func TestSoManyFromOneAddress(t *testing.T) {
	for _, address := range [][3]string{{"192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"}, {"2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"}} {
		p := pipes{make(chan net.Conn)}
		l := Listen(p)
		from := func(address string) (far net.Conn) {
			far, end := net.Pipe()
			p.come <- addressed{end, &net.TCPAddr{IP: net.ParseIP(address), Port: 1}}
			return far
		}
		kept := make(chan net.Conn, most)
		go func() {
			defer close(kept)
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				kept <- c
			}
		}()
		for range mostOf {
			from(address[0])
		}
		if _, err := from(address[1]).Read(make([]byte, 1)); err == nil {
			t.Errorf("one too many from %s is let in", address[1])
		}
		from(address[2])
		first := <-kept
		for range mostOf {
			<-kept
		}
		if l.Len() != mostOf+1 || l.from.Len() != 2 {
			t.Errorf("%d connections of %d addresses", l.Len(), l.from.Len())
		}
		_, _ = first.Close(), first.Close()
		from(address[1])
		second := <-kept
		_ = l.Close()
		<-kept
		if l.Len() != mostOf+1 {
			t.Errorf("%d connections", l.Len())
		}
		_ = second.Close()
	}
}
