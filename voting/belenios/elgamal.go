package belenios

import (
	"fmt"
	"io"

	"filippo.io/bigmod"
)

// ciphertext is the encryption (g^r, y^r·g^m) of a number m (specification, 4.11.1).
type ciphertext struct{ alpha, beta element }

// String is the form that goes into hashes.
func (c ciphertext) String() string { return c.alpha.String() + "," + c.beta.String() }

// encrypt seals 0 or 1 under the key y and returns the randomness with it.
func encrypt(g group, rand io.Reader, y element, m int) (ciphertext, *bigmod.Nat, error) {
	s := g.scalars()
	r, err := s.random(rand)
	if err != nil {
		return ciphertext{}, nil, err
	}
	return ciphertext{
		alpha: g.secretExp(g.generator(), r),
		beta:  g.secretMul(g.secretExp(y, r), g.secretExp(g.generator(), s.bit(m))),
	}, r, nil
}

// add is the encryption of the sum.
func add(g group, a, b ciphertext) ciphertext {
	return ciphertext{alpha: g.mul(a.alpha, b.alpha), beta: g.mul(a.beta, b.beta)}
}

// zero is an encryption of zero with no randomness: the start of a sum.
func zero(g group) ciphertext { return ciphertext{alpha: g.identity(), beta: g.identity()} }

type wireCiphertext struct {
	Alpha string `json:"alpha"`
	Beta  string `json:"beta"`
}

func (c ciphertext) wire() wireCiphertext {
	return wireCiphertext{Alpha: c.alpha.String(), Beta: c.beta.String()}
}

func wires(cs []ciphertext) []wireCiphertext {
	w := make([]wireCiphertext, len(cs))
	for i, c := range cs {
		w[i] = c.wire()
	}
	return w
}

func parseCiphertext(g group, w wireCiphertext) (ciphertext, error) {
	alpha, err := g.parse(w.Alpha)
	if err != nil {
		return ciphertext{}, fmt.Errorf("alpha: %w", err)
	}
	beta, err := g.parse(w.Beta)
	if err != nil {
		return ciphertext{}, fmt.Errorf("beta: %w", err)
	}
	return ciphertext{alpha: alpha, beta: beta}, nil
}
