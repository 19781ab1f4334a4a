package media

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/transport/v5/vnet"
	"github.com/pion/webrtc/v4"
)

// rough is a virtual network between the server and clients: of the packets of media it loses one in fifteen on either way,
// it delivers one in ten twice, and lets them overtake each other.
type rough struct {
	t      *testing.T
	router *vnet.Router
	server *vnet.Net
	on     atomic.Bool
	count  atomic.Uint64
}

// numbering is held while a router or a machine is made: pion's numbers them all in one variable without a lock.
var numbering sync.Mutex

func newRough(t *testing.T) *rough {
	t.Helper()
	n := &rough{t: t}
	var err error
	numbering.Lock()
	n.router, err = vnet.NewRouter(&vnet.RouterConfig{CIDR: "10.0.0.0/24", MaxJitter: 15 * time.Millisecond, LoggerFactory: quiet{}})
	numbering.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	n.server = n.machine("10.0.0.1")
	n.router.AddChunkFilter(func(c vnet.Chunk) bool {
		b := c.UserData()
		isRTP := len(b) > 12 && b[0]&0xc0 == 0x80 && (b[1] < 192 || b[1] > 223)
		return !isRTP || !n.on.Load() || n.count.Add(1)%15 != 0
	})
	return n
}

func (n *rough) machine(ip ...string) *vnet.Net {
	n.t.Helper()
	numbering.Lock()
	m, err := vnet.NewNet(&vnet.NetConfig{StaticIPs: ip})
	numbering.Unlock()
	if err == nil {
		err = n.router.AddNet(m)
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return m
}

// below puts the network under a server.
func (n *rough) below(o *Options) {
	o.line = func(real net.PacketConn) net.PacketConn {
		virtual, err := n.server.ListenPacket("udp4", "10.0.0.1:4000")
		if err != nil {
			n.t.Fatal(err)
		}
		return &twice{PacketConn: &both{PacketConn: virtual, real: real}}
	}
}

// world starts the network with a server on it, until the end of the test.
func (n *rough) world(t *testing.T) *world {
	t.Helper()
	w := start(t, n.below)
	if err := n.router.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.router.Stop() })
	return w
}

// onto puts a client onto a machine.
func (n *rough) onto(m *vnet.Net) func(*webrtc.SettingEngine) {
	return func(e *webrtc.SettingEngine) {
		e.SetNet(m)
		e.SetInterfaceFilter(func(string) bool { return true })
	}
}

// twice sends one packet in ten a second time.
type twice struct {
	net.PacketConn
	count atomic.Uint64
}

func (l *twice) WriteTo(b []byte, to net.Addr) (int, error) {
	if l.count.Add(1)%10 == 0 {
		_, _ = l.PacketConn.WriteTo(b, to)
	}
	return l.PacketConn.WriteTo(b, to)
}

// Over a network that loses, repeats and reorders, pictures arrive nearly whole, with one connection and with two.
func TestRoughNetwork(t *testing.T) {
	t.Parallel()
	n := newRough(t)
	w := n.world(t)
	w.tune = n.onto(n.machine("10.0.0.2"))
	anna := w.enter(t, "r", "anna")
	anna.publish(video, "cam", "cam", gcm)
	w.tune = n.onto(n.machine("10.0.0.3"))
	bernd := w.enter(t, "r", "bernd")
	w.tune = n.onto(n.machine("10.0.0.4"))
	clara := w.enterSingle(t, "r", "clara", true)
	for _, c := range []*client{bernd, clara} {
		c.gets(anna, "cam", 20)
	}
	n.on.Store(true)
	for _, c := range []*client{bernd, clara} {
		stream := c.gets(anna, "cam", 300)
		c.until("has nearly all", func() bool {
			numbers := c.numbers[stream]
			lost := 0
			for no := range numbers {
				if !numbers[no+1] && numbers[no+2] {
					lost++
				}
			}
			return len(numbers) >= 250 && lost <= len(numbers)/30
		})
	}
}

// both closes the real port together with the virtual one.
type both struct {
	net.PacketConn
	real net.PacketConn
}

func (b *both) Close() error {
	_ = b.real.Close()
	return b.PacketConn.Close()
}
