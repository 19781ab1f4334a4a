package belenios

import (
	"crypto/rand"
	"encoding/json"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// exponents draws numbers below q, and more often than chance the ones at the edges: 0, 1, −1, powers of two and their
// neighbours.
func exponents(s *scalars) *rapid.Generator[*big.Int] {
	return rapid.Custom(func(t *rapid.T) *big.Int {
		n := new(big.Int)
		switch rapid.IntRange(0, 4).Draw(t, "kind") {
		case 0:
			n.SetInt64(rapid.Int64Range(0, 20).Draw(t, "small"))
		case 1:
			n.Sub(s.q, big.NewInt(rapid.Int64Range(1, 20).Draw(t, "below q")))
		case 2:
			n.Lsh(big.NewInt(1), uint(rapid.IntRange(0, s.q.BitLen()-1).Draw(t, "power")))
			n.Add(n, big.NewInt(rapid.Int64Range(-1, 1).Draw(t, "neighbour")))
		default:
			n.SetBytes(rapid.SliceOfN(rapid.Byte(), 40, 40).Draw(t, "any"))
		}
		return n.Mod(n, s.q)
	})
}

// points draws members of a group, the identity and the generator among them.
func points(g group) *rapid.Generator[element] {
	return rapid.Custom(func(t *rapid.T) element {
		return power(g, g.generator(), exponents(g.scalars()).Draw(t, "logarithm"))
	})
}

// eachGroup checks a property in both groups.
func eachGroup(t *testing.T, property func(t *rapid.T, g group)) {
	for _, g := range []group{ed25519(), belenios2048()} {
		t.Run(g.name(), func(t *testing.T) { rapid.Check(t, func(t *rapid.T) { property(t, g) }) })
	}
}

func TestPropertiesOfPowers(t *testing.T) {
	eachGroup(t, func(t *rapid.T, g group) {
		s, base := g.scalars(), points(g).Draw(t, "base")
		x, y := exponents(s).Draw(t, "x"), exponents(s).Draw(t, "y")
		sum := new(big.Int).Mod(new(big.Int).Add(x, y), s.q)
		shared := g.powers(base, x, y, sum)
		if !g.same(g.mul(shared[0], shared[1]), shared[2]) {
			t.Errorf("a^x·a^y is not a^(x+y)")
		}
		if !g.same(power(g, base, x), shared[0]) || !g.same(g.secretExp(base, s.secret(x)), shared[0]) {
			t.Errorf("powers differ")
		}
		if !g.same(g.table(g.generator()).exp(x), g.secretExp(g.generator(), s.secret(x))) {
			t.Errorf("powers of the generator differ")
		}
		if a := power(g, shared[0], y); !g.same(a, power(g, shared[1], x)) {
			t.Errorf("(a^x)^y is not (a^y)^x")
		}
		if !g.same(g.div(g.mul(base, shared[0]), shared[0]), base) {
			t.Errorf("a·b/b is not a")
		}
	})
}

func TestPropertiesOfWriting(t *testing.T) {
	eachGroup(t, func(t *rapid.T, g group) {
		all := rapid.SliceOfN(points(g), 1, 4).Draw(t, "elements")
		for i, written := range g.write(all) {
			if written != all[i].String() {
				t.Errorf("written %s, alone %s", written, all[i])
			}
			c, err := g.read(written)
			if err != nil {
				t.Fatal(err)
			}
			a, powers, err := g.admit(c, big.NewInt(1), big.NewInt(0))
			if err != nil || !g.same(a, all[i]) || !g.same(powers[0], a) || !g.same(powers[1], g.identity()) {
				t.Errorf("%s is read as another element; error %v", written, err)
			}
		}
	})
}

// TestPropertiesOfCanonicalForm: whatever is read is written so, and nothing else is read.
func TestPropertiesOfCanonicalForm(t *testing.T) {
	eachGroup(t, func(t *rapid.T, g group) {
		s := []byte(points(g).Draw(t, "element").String())
		i := rapid.IntRange(0, len(s)-1).Draw(t, "place")
		s[i] = rapid.SampledFrom([]byte("0123456789abcdefABF-+ ")).Draw(t, "character")
		c, err := g.read(string(s))
		if err != nil {
			return
		}
		if got := g.write([]element{unwritten(g, c)})[0]; got != string(s) {
			t.Errorf("%s is written %s", s, got)
		}
	})
}

// unwritten is what was read, without what it was read from.
func unwritten(g group, c claim) element { return g.mul(c.unproved, g.identity()) }

// TestPropertiesOfProofs: a proof holds if and only if one of its branches is true, and only for what it is about.
func TestPropertiesOfProofs(t *testing.T) {
	p := newPoll(t)
	e, s := p.election, p.election.g.scalars()
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.IntRange(0, 5).Draw(t, "number")
		least := rapid.IntRange(0, 5).Draw(t, "least")
		most := rapid.IntRange(least, 5).Draw(t, "most")
		r := exponents(s).Draw(t, "randomness")
		known := opening{number: s.small(m), randomness: s.secret(r)}
		c := ciphertext{
			alpha: power(e.g, e.g.generator(), r),
			beta:  e.g.mul(power(e.g, e.key, r), power(e.g, e.g.generator(), big.NewInt(int64(m)))),
		}
		ws, err := e.prove(rand.Reader, "a|b", values(c, known, least, most))
		if err != nil {
			t.Fatal(err)
		}
		proofs, err := parseProofs(e.g, ws, most-least+1)
		if err != nil {
			t.Fatal(err)
		}
		holds := func(c ciphertext, prefix string) bool {
			h := &hashes{g: e.g}
			h.expectDisjunction(ErrSumProof, e.bases(), prefix, shownAll(raise(e.g, c, challenges(proofs)), proofs, least))
			return h.check() == nil
		}
		inside := least <= m && m <= most
		if holds(c, "a|b") != inside {
			t.Errorf("%d is proved to be %d to %d: %t", m, least, most, !inside)
		}
		other := ciphertext{alpha: e.g.mul(c.alpha, e.g.generator()), beta: c.beta}
		if holds(c, "a|c") || holds(other, "a|b") {
			t.Error("the proof holds for something else")
		}
		i := rapid.IntRange(0, len(proofs)-1).Draw(t, "branch")
		lie := &proofs[i].response
		if rapid.Bool().Draw(t, "challenge") {
			lie = &proofs[i].challenge
		}
		*lie = new(big.Int).Mod(new(big.Int).Add(*lie, big.NewInt(1)), s.q)
		if holds(c, "a|b") {
			t.Error("a changed proof holds")
		}
	})
}

// TestPropertiesOfThresholds: any set of trustees that is large enough has the same secret, and no other number helps.
func TestPropertiesOfThresholds(t *testing.T) {
	g := ed25519()
	s := g.scalars()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 9).Draw(t, "trustees")
		threshold := rapid.IntRange(1, n).Draw(t, "threshold")
		coefficients := rapid.SliceOfN(exponents(s), threshold, threshold).Draw(t, "polynomial")
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		from := rapid.IntRange(0, 3).Draw(t, "before")
		places := rapid.Permutation(all).Draw(t, "order")[:threshold]
		slices.Sort(places)
		for i := range places {
			places[i] += from
		}
		sum := new(big.Int)
		for _, place := range places {
			value := new(big.Int)
			for k := threshold - 1; k >= 0; k-- {
				value.Mul(value, big.NewInt(int64(place-from+1))).Add(value, coefficients[k])
			}
			sum.Add(sum, value.Mul(value, lagrange(g, place-from, from, places)))
		}
		if sum.Mod(sum, s.q).Cmp(coefficients[0]) != 0 {
			t.Errorf("trustees %v of %d have %v, want %v", places, n, sum, coefficients[0])
		}
	})
}

func TestPropertiesOfNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.OneOf(rapid.Int64Range(0, maxWeight), rapid.Int64Range(1<<30-3, 1<<30+3)).Draw(t, "number")
		raw, err := json.Marshal(number(n))
		if err != nil {
			t.Fatal(err)
		}
		read, err := readNumber(raw)
		if err != nil || read.Int64() != n {
			t.Errorf("%d is read as %v, error %v", n, read, err)
		}
		var again number
		if err := decode(raw, &again); err != nil || int64(again) != n {
			t.Errorf("%d is decoded as %d, error %v", n, again, err)
		}
	})
}

// TestPropertiesOfLogarithms: every sum that can be is found, and none beyond.
func TestPropertiesOfLogarithms(t *testing.T) {
	e := newPoll(t).election
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.Int64Range(0, 3000).Draw(t, "most")
		m := rapid.Int64Range(0, most+5).Draw(t, "sum")
		found, err := e.logarithms([][]element{{power(e.g, e.g.generator(), big.NewInt(m))}}, most)
		if m > most {
			if err == nil {
				t.Errorf("%d is found below %d", m, most)
			}
			return
		}
		if err != nil || found[0][0] != int(m) {
			t.Errorf("%d is found as %v, error %v", m, found, err)
		}
	})
}
