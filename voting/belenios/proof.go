package belenios

import (
	"fmt"
	"io"
	"math/big"
	"strings"

	"filippo.io/bigmod"
)

// proof answers a challenge (specification, 4.3).
type proof struct{ challenge, response *big.Int }

type wireProof struct {
	Challenge string `json:"challenge"`
	Response  string `json:"response"`
}

func (p proof) wire() wireProof {
	return wireProof{Challenge: p.challenge.String(), Response: p.response.String()}
}

func parseProof(g group, w wireProof) (proof, error) {
	c, err := g.scalars().parse(w.Challenge)
	if err != nil {
		return proof{}, fmt.Errorf("challenge: %w", err)
	}
	r, err := g.scalars().parse(w.Response)
	if err != nil {
		return proof{}, fmt.Errorf("response: %w", err)
	}
	return proof{challenge: c, response: r}, nil
}

// proveSecret shows that x with X = g^x is known, over the hash of a text and the commitment. The proof of possession
// (4.5) and the ballot's signature (4.16) differ only in that text.
func proveSecret(g group, rand io.Reader, x *bigmod.Nat, prefix string) (proof, error) {
	s := g.scalars()
	w, err := s.random(rand)
	if err != nil {
		return proof{}, err
	}
	defer wipe(w)
	c := s.hash(prefix + "|" + g.secretExp(g.generator(), w).String())
	return proof{challenge: c, response: s.response(w, x, c)}, nil
}

func checkSecret(g group, x element, p proof, prefix string) bool {
	a := exp2(g, g.generator(), p.response, x, p.challenge)
	return g.scalars().hash(prefix+"|"+a.String()).Cmp(p.challenge) == 0
}

// proveShare shows that factor = alpha^x for the x of X = g^x (4.20). The prefix names election and X.
func proveShare(g group, rand io.Reader, x *bigmod.Nat, alpha element, prefix string) (proof, error) {
	s := g.scalars()
	w, err := s.random(rand)
	if err != nil {
		return proof{}, err
	}
	defer wipe(w)
	a, b := g.secretExp(g.generator(), w), g.secretExp(alpha, w)
	c := s.hash(prefix + "|" + a.String() + "," + b.String())
	return proof{challenge: c, response: s.response(w, x, c)}, nil
}

func checkShare(g group, x, alpha, factor element, p proof, prefix string) bool {
	a := exp2(g, g.generator(), p.response, x, p.challenge)
	b := exp2(g, alpha, p.response, factor, p.challenge)
	return g.scalars().hash(prefix+"|"+a.String()+","+b.String()).Cmp(p.challenge) == 0
}

// interval is the statement of a proof that a ciphertext under the key y contains one of some values, bound to a
// context (4.12).
type interval struct {
	g       group
	y       element
	context string
	c       ciphertext
	values  []int
}

// without is beta/g^M for each value M: encryptions of zero where the value is right.
func (v interval) without() []element {
	all := make([]element, len(v.values))
	for j, m := range v.values {
		all[j] = v.g.div(v.c.beta, v.g.exp(v.g.generator(), big.NewInt(int64(m))))
	}
	return all
}

// hash is H_iprove over the commitments A0,B0,…,Ak,Bk.
func (v interval) hash(commitments []string) *big.Int {
	return v.g.scalars().hash("prove|" + v.context + "|" + v.c.String() + "|" + strings.Join(commitments, ","))
}

// prove shows that the ciphertext with randomness r contains values[i]. It does the same work in the same order
// whichever i is: first the true branch, then the invented ones.
func (v interval) prove(rand io.Reader, r *bigmod.Nat, i int) ([]proof, error) {
	s := v.g.scalars()
	w, err := s.random(rand)
	if err != nil {
		return nil, err
	}
	defer wipe(w)
	commitments := make([]string, 2*len(v.values))
	commitments[2*i] = v.g.secretExp(v.g.generator(), w).String()
	commitments[2*i+1] = v.g.secretExp(v.y, w).String()
	proofs, without := make([]proof, len(v.values)), v.without()
	invented := s.bit(0)
	for k := 1; k < len(v.values); k++ {
		j := (i + k) % len(v.values)
		c, err := s.random(rand)
		if err != nil {
			return nil, err
		}
		z, err := s.random(rand)
		if err != nil {
			return nil, err
		}
		a := v.g.mul(v.g.secretExp(v.g.generator(), z), v.g.secretExp(v.c.alpha, c))
		b := v.g.mul(v.g.secretExp(v.y, z), v.g.secretExp(without[j], c))
		commitments[2*j], commitments[2*j+1] = a.String(), b.String()
		proofs[j] = proof{challenge: s.publish(c), response: s.publish(z)}
		invented.Add(c, s.mod)
	}
	h := v.hash(commitments)
	c := s.publish(s.secret(h).Sub(invented, s.mod))
	proofs[i] = proof{challenge: c, response: s.response(w, r, c)}
	return proofs, nil
}

// check verifies one proof for each value.
func (v interval) check(proofs []proof) bool {
	if len(proofs) != len(v.values) {
		return false
	}
	s := v.g.scalars()
	sum, commitments := new(big.Int), make([]string, 0, 2*len(proofs))
	for j, without := range v.without() {
		p := proofs[j]
		a := exp2(v.g, v.g.generator(), p.response, v.c.alpha, p.challenge)
		b := exp2(v.g, v.y, p.response, without, p.challenge)
		commitments = append(commitments, a.String(), b.String())
		sum.Add(sum, p.challenge)
	}
	return v.hash(commitments).Cmp(sum.Mod(sum, s.q)) == 0
}

// parseProofs reads exactly n proofs.
func parseProofs(g group, ws []wireProof, n int) ([]proof, error) {
	if len(ws) != n {
		return nil, fmt.Errorf("%d proofs instead of %d: %w", len(ws), n, ErrShape)
	}
	proofs := make([]proof, n)
	for i, w := range ws {
		var err error
		if proofs[i], err = parseProof(g, w); err != nil {
			return nil, err
		}
	}
	return proofs, nil
}
