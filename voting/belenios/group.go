package belenios

import (
	"fmt"
	"math/big"

	"filippo.io/bigmod"
)

// Group2048 names the 2048-bit group of the specification, 5.1.1.
const Group2048 = "BELENIOS-2048"

// group is a group of prime order in which logarithms are hard, as section 5 wants it. Elements are written
// multiplicatively. Values are immutable and may be used by many goroutines.
type group interface {
	name() string
	scalars() *scalars
	generator() element
	identity() element
	// parse accepts the one canonical form of a member of the group, and nothing else.
	parse(s string) (element, error)
	mul(a, b element) element
	div(a, b element) element
	// exp is a^x in variable time: only for values that everybody may know.
	exp(a element, x *big.Int) element
	// secretExp is a^x in constant time.
	secretExp(a element, x *bigmod.Nat) element
	// secretMul is a·b in constant time, for factors that are secret themselves.
	secretMul(a, b element) element
}

// element is a member of a group. Its string is canonical, so equal elements have equal strings.
type element interface {
	String() string
}

// groupNamed finds a group by the name that elections use.
func groupNamed(name string) (group, error) {
	if name == Group2048 {
		return belenios2048(), nil
	}
	return nil, fmt.Errorf("%w: group %q", ErrUnsupported, name)
}

// exp2 is a^x·b^y in variable time.
func exp2(g group, a element, x *big.Int, b element, y *big.Int) element {
	return g.mul(g.exp(a, x), g.exp(b, y))
}

// same compares two elements that everybody may know.
func same(a, b element) bool { return a.String() == b.String() }
