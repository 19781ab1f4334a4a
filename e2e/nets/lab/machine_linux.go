package lab

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

const device = "line0"

// Lab is the router, and the machines around it.
type Lab struct {
	ctx  context.Context
	stop context.CancelFunc
	work sync.WaitGroup
	seed uint64

	mu       sync.RWMutex
	machines []*Machine
}

// New makes a lab. What is random in it follows from the seed.
func New(seed uint64) *Lab {
	l := &Lab{seed: seed}
	l.ctx, l.stop = context.WithCancel(context.Background())
	return l
}

// Close ends the lab. Programs on its machines have to have ended.
func (l *Lab) Close() {
	l.stop()
	l.mu.RLock()
	for _, m := range l.machines {
		_ = m.tun.Close()
		close(m.do)
	}
	l.mu.RUnlock()
	l.work.Wait()
}

// Machine is a network namespace on a line to the router.
type Machine struct {
	lab      *Lab
	do       chan func()
	tun      *os.File
	up, down *pipe
	firewall atomic.Pointer[Firewall]
	cut      atomic.Bool
	hiding   *hiding // nil: others see the machine itself

	mu        sync.Mutex
	addresses []netip.Addr
}

// Machine makes a machine with addresses. If behind is valid, a router hides it, and others see that address.
func (l *Lab) Machine(behind netip.Addr, addresses ...netip.Addr) (*Machine, error) {
	m := &Machine{lab: l, do: make(chan func())}
	if behind.IsValid() {
		m.hiding = newHiding(behind)
	}
	ready := make(chan error)
	l.work.Go(func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the namespace
		err := m.begin()
		ready <- err
		if err != nil {
			return
		}
		for f := range m.do {
			f()
		}
	})
	if err := <-ready; err != nil {
		return nil, err
	}
	l.seed += 2
	m.up, m.down = newPipe(l.seed, m.leaves), newPipe(l.seed+1, func(b []byte) { _, _ = m.tun.Write(b) })
	l.work.Go(func() { m.up.run(l.ctx) })
	l.work.Go(func() { m.down.run(l.ctx) })
	l.work.Go(m.read)
	l.mu.Lock()
	l.machines = append(l.machines, m)
	l.mu.Unlock()
	return m, m.Move(addresses...)
}

// begin makes the namespace and the device, on the machine's thread.
func (m *Machine) begin() error {
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("making a network namespace: %w", err)
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("opening /dev/net/tun: %w", err)
	}
	request, err := unix.NewIfreq(device)
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		_ = unix.Close(fd)
		return fmt.Errorf("making a device: %w", err)
	}
	m.tun = os.NewFile(uintptr(fd), "tun")
	return errors.Join(ip("link", "set", "lo", "up"), ip("link", "set", device, "up", "txqueuelen", "1000"))
}

// ip changes the namespace of the thread that it is called on.
func ip(args ...string) error {
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %v: %w: %s", args, err, out)
	}
	return nil
}

// Run runs something on the machine, and waits: ports that it opens are the machine's.
func (m *Machine) Run(f func() error) error {
	ended := make(chan error)
	m.do <- func() { ended <- f() }
	return <-ended
}

// Start starts a program on the machine.
func (m *Machine) Start(c *exec.Cmd) error { return m.Run(c.Start) }

// Move gives the machine other addresses, as if it had come into another network.
func (m *Machine) Move(addresses ...netip.Addr) error {
	m.mu.Lock()
	m.addresses = addresses
	m.mu.Unlock()
	return m.Run(func() error {
		if err := ip("addr", "flush", "dev", device); err != nil {
			return err
		}
		for _, a := range addresses {
			family := "-4"
			args := []string{"addr", "add", a.String(), "dev", device}
			if a.Is6() {
				family = "-6"
				args = append(args, "nodad")
			}
			if err := ip(args...); err != nil {
				return err
			}
			if err := ip(family, "route", "replace", "default", "dev", device); err != nil {
				return err
			}
		}
		return nil
	})
}

// Up is what becomes of packets from the machine on.
func (m *Machine) Up(l Line) { m.up.set(l) }

// Down is what becomes of packets to the machine.
func (m *Machine) Down(l Line) { m.down.set(l) }

// Guard puts a firewall before the machine; nil takes it away.
func (m *Machine) Guard(f Firewall) {
	if f == nil {
		m.firewall.Store(nil)
		return
	}
	m.firewall.Store(&f)
}

// Cut cuts the line, or mends it.
func (m *Machine) Cut(cut bool) { m.cut.Store(cut) }

// Restart lets the router before the machine forget everything.
func (m *Machine) Restart() { m.hiding.restart() }

// read takes what the machine sends.
func (m *Machine) read() {
	b := make([]byte, 65536)
	for {
		n, err := m.tun.Read(b)
		if err != nil {
			return
		}
		m.up.put(append([]byte(nil), b[:n]...))
	}
}

func (m *Machine) passes(p Packet, up bool) bool {
	f := m.firewall.Load()
	return !m.cut.Load() && (f == nil || (*f)(p, up))
}

// leaves takes a packet to whoever it is for.
func (m *Machine) leaves(b []byte) {
	p, ok := read(b)
	if !ok || !m.passes(p, true) || m.hiding != nil && !m.hiding.up(&p) {
		return
	}
	m.lab.mu.RLock()
	defer m.lab.mu.RUnlock()
	for _, to := range m.lab.machines {
		if to.has(p.To.Addr()) {
			if to.passes(p, false) && (to.hiding == nil || to.hiding.down(&p)) {
				to.down.put(p.b)
			}
			return
		}
	}
}

// has says whether others know the machine under an address.
func (m *Machine) has(a netip.Addr) bool {
	if m.hiding != nil {
		return m.hiding.address == a
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Contains(m.addresses, a)
}
