package belenios

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"sync"

	"filippo.io/bigmod"
	"filippo.io/edwards25519"
	coordinate "filippo.io/edwards25519/field"
)

// curve is the subgroup of prime order of edwards25519 (specification, 5.2.1).
type curve struct {
	order  *scalars
	g, one point
	tableG func() table
}

// point is a point of the curve, with its written form if that is known.
type point struct {
	p *edwards25519.Point
	s string
}

// orderEd25519 is 2^252 + 27742317777372353535851937790883648493.
const orderEd25519 = "7237005577332262213973186563042994240857116359379907606001950938285454250989"

var ed25519 = sync.OnceValue(func() *curve {
	c := &curve{order: newScalars(decimal(orderEd25519))}
	c.g = point{p: edwards25519.NewGeneratorPoint()}
	c.g.s = c.g.String()
	c.one = point{p: edwards25519.NewIdentityPoint()}
	c.one.s = c.one.String()
	c.tableG = sync.OnceValue(func() table { return c.newTable(c.g, curveWidth) })
	return c
})

// String is the canonical form: the bytes of RFC 8032, last one first, in hexadecimal.
func (a point) String() string {
	if a.s == "" {
		return spell(a.p.Bytes())
	}
	return a.s
}

func spell(b []byte) string {
	slices.Reverse(b)
	return hex.EncodeToString(b)
}

func (c *curve) name() string       { return Ed25519 }
func (c *curve) scalars() *scalars  { return c.order }
func (c *curve) generator() element { return c.g }
func (c *curve) identity() element  { return c.one }

// read checks the form and that the point is on the curve. The library takes some numbers that are not reduced, so
// what it made of them is compared.
func (c *curve) read(s string) (claim, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != 32 || hex.EncodeToString(b) != s {
		return claim{}, fmt.Errorf("group element %.20q: %w", s, ErrNotCanonical)
	}
	slices.Reverse(b)
	p, err := new(edwards25519.Point).SetBytes(b)
	if err != nil {
		return claim{}, fmt.Errorf("not on the curve: %w", ErrNotInGroup)
	}
	if !bytes.Equal(p.Bytes(), b) {
		return claim{}, ErrNotReduced
	}
	return claim{point{p: p, s: s}}, nil
}

// admit checks that a lies in the subgroup: a^q = 1. The curve has eight times as many points.
func (c *curve) admit(cl claim, xs ...*big.Int) (element, []element, error) {
	powers := c.powers(cl.unproved, append([]*big.Int{c.order.q}, xs...)...)
	if !c.same(powers[0], c.one) {
		return nil, nil, ErrNotInGroup
	}
	return cl.unproved, powers[1:], nil
}

func (c *curve) mul(a, b element) element {
	return point{p: new(edwards25519.Point).Add(a.(point).p, b.(point).p)}
}

func (c *curve) div(a, b element) element {
	return point{p: new(edwards25519.Point).Subtract(a.(point).p, b.(point).p)}
}

func (c *curve) same(a, b element) bool { return a.(point).p.Equal(b.(point).p) == 1 }

var curveSteps = steps[*edwards25519.Point]{
	one:    edwards25519.NewIdentityPoint,
	set:    func(dst, a *edwards25519.Point) { dst.Set(a) },
	mul:    func(dst, a, b *edwards25519.Point) { dst.Add(a, b) },
	square: func(dst, a *edwards25519.Point) { dst.Double(a) },
}

func (c *curve) powers(a element, xs ...*big.Int) []element {
	powers := make([]element, len(xs))
	for i, p := range powersOf(curveSteps, a.(point).p, xs) {
		powers[i] = point{p: p}
	}
	return powers
}

// curveWidth is how many bits of an exponent a table takes at once.
const curveWidth = 8

type curveTable struct{ rows rows[*edwards25519.Point] }

func (c *curve) table(a element) table {
	if a.(point).p == c.g.p {
		return c.tableG()
	}
	return c.newTable(a.(point), curveWidth)
}

func (c *curve) tableFor(a element, voters int) table {
	return c.newTable(a.(point), widthFor(voters, curveWidth))
}

func (c *curve) newTable(a point, width int) table {
	return curveTable{rows: newRows(curveSteps, a.p, width, c.order.q.BitLen())}
}

func (t curveTable) exp(x *big.Int) element { return point{p: t.rows.exp(curveSteps, x)} }

// write divides by the projective coordinates with one inversion for all.
func (c *curve) write(all []element) []string {
	written := make([]string, len(all))
	before := make([]coordinate.Element, len(all)) // product of the z of earlier points
	product := new(coordinate.Element).One()
	for i, a := range all {
		if written[i] = a.(point).s; written[i] == "" {
			_, _, z, _ := a.(point).p.ExtendedCoordinates()
			before[i].Set(product)
			product.Multiply(product, z)
		}
	}
	inverse := new(coordinate.Element).Invert(product)
	for i := len(all) - 1; i >= 0; i-- {
		if written[i] != "" {
			continue
		}
		x, y, z, _ := all[i].(point).p.ExtendedCoordinates()
		var over coordinate.Element // 1/z
		over.Multiply(inverse, &before[i])
		inverse.Multiply(inverse, z)
		b := y.Multiply(y, &over).Bytes()
		b[31] |= byte(x.Multiply(x, &over).IsNegative() << 7)
		written[i] = spell(b)
	}
	return written
}

func (c *curve) secretExp(a element, x *bigmod.Nat) element {
	s := c.scalar(x)
	defer s.Set(edwards25519.NewScalar())
	p := a.(point).p
	if p == c.g.p {
		return point{p: new(edwards25519.Point).ScalarBaseMult(s)}
	}
	return point{p: new(edwards25519.Point).ScalarMult(s, p)}
}

func (c *curve) secretExp2(a element, x *bigmod.Nat, b element, y *bigmod.Nat) element {
	return c.mul(c.secretExp(a, x), c.secretExp(b, y))
}

func (c *curve) secretMul(a, b element) element { return c.mul(a, b) }

// scalar is an exponent as the curve's library wants it. The wide form is reduced in constant time.
func (c *curve) scalar(x *bigmod.Nat) *edwards25519.Scalar {
	var wide [64]byte
	defer clear(wide[:])
	b := c.order.bytes(x)
	defer clear(b)
	slices.Reverse(b)
	copy(wide[:], b)
	s, err := edwards25519.NewScalar().SetUniformBytes(wide[:])
	if err != nil {
		panic("belenios: a scalar is not 64 bytes") // it always is
	}
	return s
}
