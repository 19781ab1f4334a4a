package belenios

import (
	"math/big"
	"math/bits"
)

// montgomery is multiplication modulo an odd number p without division, by Montgomery's method: a number a is kept as
// a·R mod p, where R is a power of two above p. Variable time, and for one goroutine: the numbers between are reused.
type montgomery struct {
	p, inverse *big.Int // −1/p modulo R
	one        *big.Int // R mod p
	words      int      // of R
	wide, low  *big.Int
	factor     *big.Int
}

func newMontgomery(p *big.Int) *montgomery {
	words := len(p.Bits())
	r := new(big.Int).Lsh(big.NewInt(1), uint(words*bits.UintSize))
	inverse := new(big.Int).ModInverse(p, r)
	return &montgomery{p: p, inverse: inverse.Sub(r, inverse), one: new(big.Int).Mod(r, p), words: words}
}

// fresh has numbers of its own.
func (m *montgomery) fresh() *montgomery {
	return &montgomery{
		p: m.p, inverse: m.inverse, one: m.one, words: m.words,
		wide: new(big.Int), low: new(big.Int), factor: new(big.Int),
	}
}

// enter brings a number into the form, leave takes it out.
func (m *montgomery) enter(a *big.Int) *big.Int {
	n := new(big.Int).Lsh(a, uint(m.words*bits.UintSize))
	return n.Mod(n, m.p)
}

func (m *montgomery) leave(a *big.Int) *big.Int {
	n := new(big.Int)
	m.wide.Set(a)
	m.reduce(n)
	return n
}

func (m *montgomery) mul(dst, a, b *big.Int) {
	m.wide.Mul(a, b)
	m.reduce(dst)
}

// reduce sets dst to wide/R: it adds the multiple of p that makes the lower half zero.
func (m *montgomery) reduce(dst *big.Int) {
	var half big.Int // only looks at words of others
	m.low.Mul(half.SetBits(m.lower(m.wide)), m.inverse)
	m.factor.Mul(half.SetBits(m.lower(m.low)), m.p)
	m.wide.Add(m.wide, m.factor)
	if all := m.wide.Bits(); len(all) > m.words {
		dst.Set(half.SetBits(all[m.words:]))
	} else {
		dst.SetInt64(0)
	}
	if dst.Cmp(m.p) >= 0 {
		dst.Sub(dst, m.p)
	}
}

func (m *montgomery) lower(a *big.Int) []big.Word {
	all := a.Bits()
	return all[:min(len(all), m.words)]
}
