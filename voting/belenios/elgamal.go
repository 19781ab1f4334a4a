package belenios

import (
	"fmt"
	"io"
	"math/big"

	"filippo.io/bigmod"
)

// ciphertext is the encryption (g^r, y^r·g^m) of a number m (specification, 4.11.1).
type ciphertext struct{ alpha, beta element }

// String is the form that goes into hashes.
func (c ciphertext) String() string { return c.alpha.String() + "," + c.beta.String() }

// encrypt seals 0 or 1 under the key y and returns the randomness with it.
func encrypt(g group, rand io.Reader, y element, m *bigmod.Nat) (ciphertext, *bigmod.Nat, error) {
	r, err := g.scalars().random(rand)
	if err != nil {
		return ciphertext{}, nil, err
	}
	return encryptWith(g, y, m, r), r, nil
}

// add is the encryption of the sum.
func add(g group, a, b ciphertext) ciphertext {
	return ciphertext{alpha: g.mul(a.alpha, b.alpha), beta: g.mul(a.beta, b.beta)}
}

// subtract is the encryption of the difference.
func subtract(g group, a, b ciphertext) ciphertext {
	return ciphertext{alpha: g.div(a.alpha, b.alpha), beta: g.div(a.beta, b.beta)}
}

// times is the encryption of so many times the number.
func times(g group, c ciphertext, n int64) ciphertext {
	if n == 1 {
		return c
	}
	x := big.NewInt(n)
	return ciphertext{alpha: power(g, c.alpha, x), beta: power(g, c.beta, x)}
}

// zero is an encryption of zero with no randomness: the start of a sum.
func zero(g group) ciphertext { return ciphertext{alpha: g.identity(), beta: g.identity()} }

type wireCiphertext struct {
	Alpha string `json:"alpha"`
	Beta  string `json:"beta"`
}

// wires are the written forms of many, which cost less at once.
func wires(g group, cs []ciphertext) []wireCiphertext {
	all := make([]element, 0, 2*len(cs))
	for _, c := range cs {
		all = append(all, c.alpha, c.beta)
	}
	w, s := make([]wireCiphertext, len(cs)), g.write(all)
	for i := range cs {
		w[i] = wireCiphertext{Alpha: s[2*i], Beta: s[2*i+1]}
	}
	return w
}

// sealed is a ciphertext from outside, of which nobody has shown yet that it lies in the group.
type sealed struct{ alpha, beta claim }

func readCiphertext(g group, w wireCiphertext) (sealed, error) {
	alpha, err := g.read(w.Alpha)
	if err != nil {
		return sealed{}, fmt.Errorf("alpha: %w", err)
	}
	beta, err := g.read(w.Beta)
	if err != nil {
		return sealed{}, fmt.Errorf("beta: %w", err)
	}
	return sealed{alpha: alpha, beta: beta}, nil
}
