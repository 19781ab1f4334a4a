package bounded

import (
	"net"
	"net/netip"
	"sync"
)

// site is how much of an address of IPv6 belongs to one house.
const site = 64

// Crowd counts what comes from each address, so that one address cannot take all the places. It holds no address of which
// nothing is there.
type Crowd struct {
	most int
	mu   sync.Mutex
	of   map[netip.Prefix]int
}

// NewCrowd lets so many at once come from each address.
func NewCrowd(most int) *Crowd { return &Crowd{most: most, of: make(map[netip.Prefix]int)} }

// Enter says whether there is room for one more. What has no address is not counted.
func (c *Crowd) Enter(host netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !host.IsValid():
		return true
	case c.of[host] >= c.most:
		return false
	}
	c.of[host]++
	return true
}

// Leave gives back the place of one that had entered.
func (c *Crowd) Leave(host netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[host]--; c.of[host] <= 0 {
		delete(c.of, host)
	}
}

// Len is how many addresses are counted.
func (c *Crowd) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.of)
}

// HostOf is where a connection comes from: an address of IPv4, or a network of IPv6. Others are not valid.
func HostOf(a net.Addr) netip.Prefix {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	return Host(tcp.AddrPort().Addr())
}

// Host is an address of IPv4, or the network of one of IPv6. Of none it is not valid.
func Host(ip netip.Addr) netip.Prefix {
	ip = ip.Unmap().WithZone("")
	prefix, _ := ip.Prefix(min(site, ip.BitLen()))
	return prefix
}
