package belenios

import (
	"fmt"
	"math/big"
	"sync"

	"filippo.io/bigmod"
)

// Parameters of BELENIOS-2048, from the specification, 5.1.1.
const (
	p2048 = "2069478569142254640101364365750500806492298929575110409710088478705737421924271740192223725449768433" +
		"8129066633138078958404960054389636289796393038773905722803605973749427671376777618898589872735865049" +
		"0811670993105358677809800307904916540637771737641986785272734744763418356000356983051931442845617019" +
		"1100078673730733356412397173289791324047457883446826065232797464795113767265869358218004631792207366" +
		"8860052627186363386088796882120769432366149491002923444346373222145884100586421050242120365433561201" +
		"3204811188524087310770141516662001623131771693721892480785077118278423174980732765988288251691831031" +
		"25680162072880719"
	g2048 = "2402352677501852209227687703532399932712287657378364916510075318787663274146353219320285676155269678" +
		"7996946682987493890950838965734256019006010684771644917354741372831046104586813145117816467554005274" +
		"0288984613986453266121505579709716201616827031288643245666383486363578210615491841998253431518974065" +
		"8186868651151358576410138882215396016043228843603930989333662772848406593138406010231675095763777982" +
		"6651036068224066350766977640253462537730851331734951942489677540525736590494924776314759915751987751" +
		"7771148149092045660020547812705472823814097251863985833411570056835369555342378147558249189605029668" +
		"0037745308460627"
	q2048 = "78571733251071885079927659812671450121821421258408794611510081919805623223441"
)

// integers are a subgroup of prime order q of the integers modulo p (specification, 5.1).
type integers struct {
	title  string
	p      *big.Int
	mod    *bigmod.Modulus
	g      residue
	one    residue
	order  *scalars
	tableG func() table

	montgomery *montgomery
}

// residue is an integer modulo p, with its decimal form if that is known.
type residue struct {
	n *big.Int
	s string
}

// String is the canonical decimal form.
func (r residue) String() string {
	if r.s == "" {
		return r.n.String()
	}
	return r.s
}

var belenios2048 = sync.OnceValue(func() *integers {
	p, g, q := decimal(p2048), decimal(g2048), decimal(q2048)
	mod, err := bigmod.NewModulus(p.Bytes())
	if err != nil {
		panic("belenios: group parameters: " + err.Error())
	}
	f := &integers{
		title: Group2048, montgomery: newMontgomery(p), p: p, mod: mod, order: newScalars(q),
		g: residue{n: g, s: g2048}, one: residue{n: big.NewInt(1), s: "1"},
	}
	f.tableG = sync.OnceValue(func() table { return f.newTable(f.g, integerWidth) })
	return f
})

func decimal(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic("belenios: constant is not a decimal number")
	}
	return n
}

func (f *integers) name() string       { return f.title }
func (f *integers) scalars() *scalars  { return f.order }
func (f *integers) generator() element { return f.g }
func (f *integers) identity() element  { return f.one }

// read checks form and range.
func (f *integers) read(s string) (claim, error) {
	n, err := parseNatural(s, f.p)
	if err != nil {
		return claim{}, fmt.Errorf("group element: %w", err)
	}
	if n.Sign() == 0 {
		return claim{}, ErrNotInGroup
	}
	return claim{residue{n: n, s: s}}, nil
}

// admit checks that a lies in the subgroup: a^q = 1.
func (f *integers) admit(c claim, xs ...*big.Int) (element, []element, error) {
	a := c.unproved
	if len(xs) == 0 {
		if new(big.Int).Exp(a.(residue).n, f.order.q, f.p).Cmp(f.one.n) != 0 {
			return nil, nil, ErrNotInGroup
		}
		return a, nil, nil
	}
	powers := f.powers(a, append([]*big.Int{f.order.q}, xs...)...)
	if !f.same(powers[0], f.one) {
		return nil, nil, ErrNotInGroup
	}
	return a, powers[1:], nil
}

func (f *integers) mul(a, b element) element {
	n := new(big.Int).Mul(a.(residue).n, b.(residue).n)
	return residue{n: n.Mod(n, f.p)}
}

func (f *integers) div(a, b element) element {
	n := new(big.Int).ModInverse(b.(residue).n, f.p)
	n.Mul(n, a.(residue).n)
	return residue{n: n.Mod(n, f.p)}
}

func (f *integers) same(a, b element) bool { return a.(residue).n.Cmp(b.(residue).n) == 0 }

// integerSteps is the arithmetic modulo p, of numbers in Montgomery's form.
func integerSteps(m *montgomery) steps[*big.Int] {
	return steps[*big.Int]{
		one:    func() *big.Int { return new(big.Int).Set(m.one) },
		set:    func(dst, a *big.Int) { dst.Set(a) },
		mul:    m.mul,
		square: func(dst, a *big.Int) { m.mul(dst, a, a) },
	}
}

// powers uses the faster squarings of the standard library unless there are several to share.
func (f *integers) powers(a element, xs ...*big.Int) []element {
	if len(xs) == 1 {
		return []element{residue{n: new(big.Int).Exp(a.(residue).n, xs[0], f.p)}}
	}
	powers := make([]element, len(xs))
	m := f.montgomery.fresh()
	for i, n := range powersOf(integerSteps(m), m.enter(a.(residue).n), xs) {
		powers[i] = residue{n: m.leave(n)}
	}
	return powers
}

// integerWidth is how many bits of an exponent a table takes at once.
const integerWidth = 7

type integerTable struct {
	f    *integers
	rows rows[*big.Int]
}

func (f *integers) table(a element) table {
	if a.(residue).n == f.g.n {
		return f.tableG()
	}
	return f.newTable(a.(residue), integerWidth)
}

func (f *integers) tableFor(a element, voters int) table {
	return f.newTable(a.(residue), widthFor(voters, integerWidth))
}

func (f *integers) newTable(a residue, width int) table {
	m := f.montgomery.fresh()
	return integerTable{f: f, rows: newRows(integerSteps(m), m.enter(a.n), width, f.order.q.BitLen())}
}

func (t integerTable) exp(x *big.Int) element {
	m := t.f.montgomery.fresh()
	return residue{n: m.leave(t.rows.exp(integerSteps(m), x))}
}

func (f *integers) write(all []element) []string {
	written := make([]string, len(all))
	for i, a := range all {
		written[i] = a.String()
	}
	return written
}

func (f *integers) secretExp(a element, x *bigmod.Nat) element { return f.publish(f.secretPower(a, x)) }

// secretExp2 leaves the constant-time form with the product alone: a power like 1 is shorter than others.
func (f *integers) secretExp2(a element, x *bigmod.Nat, b element, y *bigmod.Nat) element {
	p := f.secretPower(b, y)
	defer wipe(p)
	return f.publish(f.secretPower(a, x).Mul(p, f.mod))
}

func (f *integers) secretPower(a element, x *bigmod.Nat) *bigmod.Nat {
	e := f.order.bytes(x)
	defer clear(e)
	return bigmod.NewNat().Exp(f.nat(a), e, f.mod)
}

func (f *integers) secretMul(a, b element) element {
	return f.publish(f.nat(a).Mul(f.nat(b), f.mod))
}

// nat brings a residue into the constant-time form.
func (f *integers) nat(a element) *bigmod.Nat {
	b := make([]byte, f.mod.Size())
	n, err := bigmod.NewNat().SetBytes(a.(residue).n.FillBytes(b), f.mod)
	if err != nil {
		panic("belenios: residue is not reduced") // residues are made only here, reduced
	}
	return n
}

// publish leaves the constant-time form.
func (f *integers) publish(n *bigmod.Nat) element {
	return residue{n: new(big.Int).SetBytes(n.Bytes(f.mod))}
}
