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
	if !same(f.exp(f.g, f.order.q), f.one) || same(f.g, f.one) {
		t.Error("g does not generate a group of order q")
	}
}

// TestConstantTimeArithmetic compares the two kinds of arithmetic, with inputs at the edges.
func TestConstantTimeArithmetic(t *testing.T) {
	g := belenios2048()
	s := g.scalars()
	edges := []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(2), new(big.Int).Sub(s.q, big.NewInt(1))}
	for range 5 {
		edges = append(edges, must(rand.Int(rand.Reader, s.q))(t))
	}
	base := g.exp(g.g, edges[4])
	for _, x := range edges {
		if got, want := g.secretExp(base, s.secret(x)), g.exp(base, x); !same(got, want) {
			t.Errorf("secret power with %v is %v, want %v", x, got, want)
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
			a, b := g.exp(g.g, x), g.exp(g.g, y)
			if !same(g.secretMul(a, b), g.mul(a, b)) || !same(g.div(g.mul(a, b), b), a) {
				t.Errorf("product of g^%v and g^%v", x, y)
			}
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

func TestIntervalProofs(t *testing.T) {
	p := newPoll(t)
	e := p.election
	for m, values := range map[int][]int{0: {0, 1, 2}, 1: {0, 1, 2}, 2: {0, 1, 2}, 3: {3}} {
		r := must(e.g.scalars().random(rand.Reader))(t)
		c := ciphertext{
			alpha: e.g.secretExp(e.g.generator(), r),
			beta:  e.g.mul(e.g.secretExp(e.key, r), e.g.exp(e.g.generator(), big.NewInt(int64(m)))),
		}
		for i, value := range values {
			v := interval{g: e.g, y: e.key, context: "a|b", c: c, values: values}
			proofs := must(v.prove(rand.Reader, r, i))(t)
			if got := v.check(proofs); got != (value == m) {
				t.Errorf("%d proved to be %d: %t", m, value, got)
			}
			v.context = "a|c"
			if v.check(proofs) {
				t.Errorf("%d proved in another context", m)
			}
			if v.check(proofs[1:]) {
				t.Errorf("%d proved by too few proofs", m)
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
	if _, _, err := k.trustees(rand.Reader); !errors.Is(err, ErrKey) {
		t.Errorf("erased key: %v", err)
	}
	q := belenios2048().order.q.FillBytes(make([]byte, 32))
	for _, bad := range [][]byte{nil, b[1:], append(b, 0), make([]byte, 32), q} {
		if _, err := ParseKey(Group2048, bad); !errors.Is(err, ErrKey) {
			t.Errorf("%x: %v", bad, err)
		}
	}
	if _, err := NewKey(rand.Reader, "Ed25519"); !errors.Is(err, ErrUnsupported) {
		t.Errorf("other group: %v", err)
	}
}
