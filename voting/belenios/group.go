package belenios

import (
	"fmt"
	"math/big"
	"strings"

	"filippo.io/bigmod"
)

// The groups of the specification, section 5, that this package knows.
const (
	// Ed25519 names the group of the curve edwards25519, 5.2.1: small ballots, fast, the one to choose.
	Ed25519 = "Ed25519"
	// Group2048 names the 2048-bit group of integers, 5.1.1: larger and slower, for tools that know no curve.
	Group2048 = "BELENIOS-2048"
)

// group is a group of prime order in which logarithms are hard, as section 5 wants it. Elements are written
// multiplicatively. Values are immutable and may be used by many goroutines.
type group interface {
	name() string
	scalars() *scalars
	generator() element
	identity() element
	// read accepts the one canonical form of what may be a member of the group.
	read(s string) (claim, error)
	// admit shows that what was read is a member of the group, or returns ErrNotInGroup. With it come powers of the
	// member, which cost less here than by themselves. Variable time.
	admit(c claim, xs ...*big.Int) (element, []element, error)
	mul(a, b element) element
	div(a, b element) element
	same(a, b element) bool
	// powers are a^x for each x, in variable time: only for values that everybody may know.
	powers(a element, xs ...*big.Int) []element
	// table prepares a base that is raised to many powers that everybody may know.
	table(a element) table
	// tableFor prepares the key of an election of so many voters.
	tableFor(a element, voters int) table
	// write is the canonical form of each element; all at once costs less than one by one.
	write(all []element) []string
	// secretExp is a^x in constant time.
	secretExp(a element, x *bigmod.Nat) element
	// secretExp2 is a^x·b^y in constant time: nothing of either power shows.
	secretExp2(a element, x *bigmod.Nat, b element, y *bigmod.Nat) element
	// secretMul is a·b in constant time, for factors that are secret themselves.
	secretMul(a, b element) element
}

// element is a member of a group. Its string is canonical, so equal elements have equal strings.
type element interface {
	String() string
}

// claim is canonical, but nobody has shown yet that it is a member of the group: only admit makes an element of it.
type claim struct{ unproved element }

// table raises one base to powers in variable time.
type table interface {
	exp(x *big.Int) element
}

// FindGroup gives the name of a group as elections write it, for a name in any letters.
func FindGroup(name string) (string, error) {
	for _, known := range []string{Ed25519, Group2048} {
		if strings.EqualFold(name, known) {
			return known, nil
		}
	}
	return "", fmt.Errorf("%w: group %q", ErrUnsupported, name)
}

// groupNamed finds a group by the name that elections use.
func groupNamed(name string) (group, error) {
	switch name {
	case Ed25519:
		return ed25519(), nil
	case Group2048:
		return belenios2048(), nil
	}
	return nil, fmt.Errorf("%w: group %q", ErrUnsupported, name)
}

// parse accepts the one canonical form of a member of the group, and nothing else.
func parse(g group, s string) (element, error) {
	c, err := g.read(s)
	if err != nil {
		return nil, err
	}
	a, _, err := g.admit(c)
	return a, err
}

// power is a^x in variable time.
func power(g group, a element, x *big.Int) element { return g.powers(a, x)[0] }

// product of elements.
func product(g group, all ...element) element {
	p := g.identity()
	for _, a := range all {
		p = g.mul(p, a)
	}
	return p
}
