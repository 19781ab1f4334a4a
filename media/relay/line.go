package relay

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	mtu      = 1600
	arriving = 1024 // packets that wait for the meeting server
	leaving  = 512  // and for one client
)

// packet is one on its way through the program, and where it comes from.
type packet struct {
	from netip.AddrPort
	n    int
	b    [mtu]byte
}

var packets = sync.Pool{New: func() any { return new(packet) }}

// queue holds packets that wait. What comes when it is full is lost, as on any network.
type queue chan *packet

func (q queue) put(from netip.AddrPort, b []byte) {
	if len(b) > mtu {
		return
	}
	p := packets.Get().(*packet)
	p.from, p.n = from, copy(p.b[:], b)
	select {
	case q <- p:
	default:
		packets.Put(p)
	}
}

// get waits for a packet until done.
func (q queue) get(b []byte, done <-chan struct{}) (int, netip.AddrPort, error) {
	select {
	case p := <-q:
		n, from := copy(b, p.b[:p.n]), p.from
		packets.Put(p)
		return n, from, nil
	case <-done:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

// closing is closed once.
type closing struct {
	once sync.Once
	done chan struct{}
}

func (c *closing) close() { c.once.Do(func() { close(c.done) }) }

// Deadlines are without meaning here: nothing that sends waits, and what receives is ended by closing.

func (c *closing) SetDeadline(time.Time) error      { return nil }
func (c *closing) SetReadDeadline(time.Time) error  { return nil }
func (c *closing) SetWriteDeadline(time.Time) error { return nil }

// Line is the meeting server's end: a net.PacketConn whose other side are relayed clients.
type Line struct {
	closing
	in queue

	mu    sync.RWMutex
	pipes map[uint16]*pipe
}

func newLine() *Line {
	return &Line{closing: closing{done: make(chan struct{})}, in: make(queue, arriving), pipes: map[uint16]*pipe{}}
}

func (l *Line) add(p *pipe) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pipes[p.port] != nil {
		return false
	}
	l.pipes[p.port] = p
	return true
}

func (l *Line) remove(p *pipe) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pipes[p.port] == p {
		delete(l.pipes, p.port)
	}
}

// Close ends the line.
func (l *Line) Close() error {
	l.close()
	return nil
}

// LocalAddr is the meeting server's address for relayed clients.
func (l *Line) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(Address, port))
}

// ReadFromAddrPort waits for a packet of a relayed client.
func (l *Line) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) { return l.in.get(b, l.done) }

// WriteToAddrPort sends a packet to a relayed client. To others nothing goes.
func (l *Line) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if to.Addr().Unmap() != Address {
		return len(b), nil
	}
	l.mu.RLock()
	p := l.pipes[to.Port()]
	l.mu.RUnlock()
	if p != nil {
		p.out.put(netip.AddrPortFrom(Address, port), b)
	}
	return len(b), nil
}

// ReadFrom is ReadFromAddrPort with another kind of address.
func (l *Line) ReadFrom(b []byte) (int, net.Addr, error) { return older(l.ReadFromAddrPort(b)) }

// WriteTo is WriteToAddrPort with another kind of address.
func (l *Line) WriteTo(b []byte, to net.Addr) (int, error) {
	if u, ok := to.(*net.UDPAddr); ok {
		return l.WriteToAddrPort(b, u.AddrPort())
	}
	return len(b), nil
}

func older(n int, from netip.AddrPort, err error) (int, net.Addr, error) {
	if err != nil {
		return 0, nil, err
	}
	return n, net.UDPAddrFromAddrPort(from), nil
}

// pipe is a relayed address, and the TURN server's end of it.
type pipe struct {
	closing
	line   *Line
	port   uint16
	out    queue
	forget func(*pipe)
}

func newPipe(l *Line, forget func(*pipe)) *pipe {
	return &pipe{closing: closing{done: make(chan struct{})}, line: l, out: make(queue, leaving), forget: forget}
}

// shut lets nothing through any more.
func (p *pipe) shut() {
	p.line.remove(p)
	p.close()
}

// Close gives the address back.
func (p *pipe) Close() error {
	p.shut()
	p.forget(p)
	return nil
}

// LocalAddr is the relayed address.
func (p *pipe) LocalAddr() net.Addr {
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(Address, p.port))
}

// ReadFrom waits for a packet of the meeting server.
func (p *pipe) ReadFrom(b []byte) (int, net.Addr, error) { return older(p.out.get(b, p.done)) }

// WriteTo passes a packet on to the meeting server; to anything else nothing goes.
func (p *pipe) WriteTo(b []byte, to net.Addr) (int, error) {
	u, ok := to.(*net.UDPAddr)
	if ok && u.AddrPort().Addr().Unmap() == Address && u.Port == port {
		p.line.in.put(netip.AddrPortFrom(Address, p.port), b)
	}
	return len(b), nil
}
