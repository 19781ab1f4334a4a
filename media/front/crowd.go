package front

import (
	"net"
	"net/netip"
	"sync"
)

// site is how much of an address of IPv6 belongs to one house.
const site = 64

// crowd counts the connections of each address that have not said yet what they want. It holds no address of others.
type crowd struct {
	mu sync.Mutex
	of map[netip.Prefix]int
}

// enter says whether there is room for one more. What has no address is not counted.
func (c *crowd) enter(host netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !host.IsValid():
		return true
	case c.of[host] >= mostOf:
		return false
	}
	c.of[host]++
	return true
}

func (c *crowd) leave(host netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[host]--; c.of[host] <= 0 {
		delete(c.of, host)
	}
}

// hostOf is where a connection comes from: an address of IPv4, or a network of IPv6. Others are not valid.
func hostOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap().WithZone("")
	prefix, _ := ip.Prefix(min(site, ip.BitLen()))
	return prefix
}
