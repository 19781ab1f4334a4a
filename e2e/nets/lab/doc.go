// Package lab makes networks to try things in: machines in network namespaces of their own, each on a line to one router,
// which is part of this program. A line loses packets, one by one or in bursts, delays them, lets them overtake each other,
// and is as narrow as one wants; the router refuses what a firewall would, and hides a machine behind one address, which
// changes when the router starts anew.
//
// It guarantees that nothing outside sees any of it: namespaces and devices are gone when the program ends, however it
// ends. It needs Linux, and either root or a kernel that lets everybody make namespaces; no module for networks that are
// rough (netem) is needed, and what is random comes from a seed.
package lab
