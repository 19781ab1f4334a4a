package belenios

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math/big"
	"testing"
)

func TestGroupParameters(t *testing.T) {
	f := belenios2048()
	if !f.p.ProbablyPrime(20) || !f.order.q.ProbablyPrime(20) {
		t.Error("p or q is not prime")
	}
	if f.p.BitLen() != 2048 || f.order.q.BitLen() != 256 {
		t.Errorf("p has %d bits, q %d", f.p.BitLen(), f.order.q.BitLen())
	}
	if !f.same(power(f, f.g, f.order.q), f.one) || f.same(f.g, f.one) {
		t.Error("g does not generate a group of order q")
	}
}

// TestArithmetic compares the kinds of arithmetic, with inputs at the edges.
func TestArithmetic(t *testing.T) {
	for _, g := range []group{ed25519(), belenios2048()} {
		t.Run(g.name(), func(t *testing.T) { arithmetic(t, g) })
	}
}

func arithmetic(t *testing.T, g group) {
	s := g.scalars()
	edges := []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(2), new(big.Int).Sub(s.q, big.NewInt(1))}
	for range 5 {
		edges = append(edges, must(rand.Int(rand.Reader, s.q))(t))
	}
	base := power(g, g.generator(), edges[4])
	prepared, few, many := g.table(base), g.tableFor(base, 1), g.tableFor(base, 1000)
	shared := g.powers(base, edges...)
	for i, x := range edges {
		want := power(g, base, x)
		for how, got := range map[string]element{
			"secret": g.secretExp(base, s.secret(x)), "prepared": prepared.exp(x), "for few": few.exp(x), "for many": many.exp(x), "shared": shared[i],
		} {
			if !g.same(got, want) || got.String() != want.String() {
				t.Errorf("%s power with %v is %v, want %v", how, x, got, want)
			}
		}
		if !g.same(g.secretExp(g.generator(), s.secret(x)), g.table(g.generator()).exp(x)) {
			t.Errorf("powers of the generator with %v differ", x)
		}
		if s.publish(s.secret(x)).Cmp(x) != 0 {
			t.Errorf("%v changes on its way", x)
		}
		for _, y := range edges {
			w := edges[5]
			want := new(big.Int).Mul(x, y)
			want.Sub(w, want).Mod(want, s.q)
			if got := s.response(s.secret(w), s.secret(x), y); got.Cmp(want) != 0 {
				t.Errorf("response with %v and %v is %v, want %v", x, y, got, want)
			}
			a, b := power(g, g.generator(), x), power(g, g.generator(), y)
			if !g.same(g.secretExp2(base, s.secret(x), g.generator(), s.secret(y)), g.mul(power(g, base, x), b)) {
				t.Errorf("product of secret powers %v and %v", x, y)
			}
			if !g.same(g.secretMul(a, b), g.mul(a, b)) || !g.same(g.div(g.mul(a, b), b), a) {
				t.Errorf("product of g^%v and g^%v", x, y)
			}
		}
	}
	all := append(shared, g.identity(), g.generator(), base)
	for i, written := range g.write(all) {
		if written != all[i].String() || !g.same(must(parse(g, written))(t), all[i]) {
			t.Errorf("%v is written %s", all[i], written)
		}
	}
	var wide [64]byte
	for i := range wide {
		wide[i] = 0xff
	}
	want := new(big.Int).SetBytes(wide[:])
	if got := s.publish(s.reduce(&wide)); got.Cmp(want.Mod(want, s.q)) != 0 {
		t.Errorf("512 ones reduce to %v, want %v", got, want)
	}
}

func TestDisjunctions(t *testing.T) {
	e := newPoll(t).election
	s := e.g.scalars()
	for m := range 4 {
		known := opening{number: s.small(m)}
		c, r, err := encrypt(e.g, rand.Reader, e.key, known.number)
		if err != nil {
			t.Fatal(err)
		}
		known.randomness = r
		for least := range 4 {
			for most := least; most < 4; most++ {
				var proofs []proof
				for _, w := range must(e.prove(rand.Reader, "a|b", values(c, known, least, most)))(t) {
					proofs = append(proofs, must(parseProof(e.g, w))(t))
				}
				holds := func(prefix string) bool {
					h := &hashes{g: e.g}
					h.expectDisjunction(ErrSumProof, e.bases(), prefix, shownAll(raise(e.g, c, challenges(proofs)), proofs, least))
					return h.check() == nil
				}
				if got, want := holds("a|b"), least <= m && m <= most; got != want {
					t.Errorf("%d proved to be %d to %d: %t", m, least, most, got)
				}
				if holds("a|c") {
					t.Errorf("%d proved in another context", m)
				}
			}
		}
	}
}

func TestKeys(t *testing.T) {
	k := must(NewKey(rand.Reader, Group2048))(t)
	b := k.Bytes()
	again := must(ParseKey(Group2048, b))(t)
	if !bytes.Equal(again.Bytes(), b) || len(b) != 32 {
		t.Error("key changes on its way")
	}
	inner := k.secret
	k.Erase()
	if !bytes.Equal(inner, make([]byte, 32)) || len(k.Bytes()) > 0 {
		t.Error("key is still there")
	}
	if _, err := k.Public(rand.Reader); !errors.Is(err, ErrKey) {
		t.Errorf("erased key: %v", err)
	}
	q := belenios2048().order.q.FillBytes(make([]byte, 32))
	for _, bad := range [][]byte{nil, b[1:], append(b, 0), make([]byte, 32), q} {
		if _, err := ParseKey(Group2048, bad); !errors.Is(err, ErrKey) {
			t.Errorf("%x: %v", bad, err)
		}
	}
	if _, err := NewKey(rand.Reader, "RFC-3526-2048"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("other group: %v", err)
	}
}
