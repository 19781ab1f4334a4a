package belenios

import (
	"io"
	"math/big"

	"filippo.io/bigmod"
)

// disjunction is the statement that at least one of its branches is true, under the key y. All proofs of a homomorphic
// answer are of this kind: that a number is one of several (specification, 4.12), and what a blank vote excludes (4.13).
type disjunction struct {
	g        group
	y        element
	prefix   string // of the hash: what is stated, of which election, by whom
	branches []branch
}

// branch claims that a ciphertext contains a number.
type branch struct {
	c     ciphertext
	value int
}

// opening is what whoever made a ciphertext knows of it.
type opening struct{ number, randomness *bigmod.Nat }

func (o opening) wipe() {
	wipe(o.number)
	wipe(o.randomness)
}

// prove needs the opening of each branch's ciphertext. It does the same work whichever branch is true, the first of
// them if there are several: for all of them it draws a challenge c and the exponent e of the commitments g^e and
// y^e·g^(d·c), where d is how far the number is from the claimed one. With c and the response e − r·c the commitments
// come out of the verifier's equations. In the true branch d is 0, so that c may still become what the hash demands.
func (d disjunction) prove(rand io.Reader, known []opening) ([]proof, error) {
	g, s := d.g, d.g.scalars()
	n := len(d.branches)
	challenges, exponents, chosen := make([]*bigmod.Nat, n), make([]*bigmod.Nat, n), make([]*bigmod.Nat, n)
	defer func() {
		for _, secrets := range [][]*bigmod.Nat{challenges, exponents, chosen} {
			for _, secret := range secrets {
				wipe(secret)
			}
		}
	}()
	commitments := make([]element, 0, 2*n)
	total, none := s.small(0), uint(1) // the sum of the challenges; 1 until a branch is true
	for j, b := range d.branches {
		var err error
		if challenges[j], err = s.random(rand); err != nil {
			return nil, err
		}
		if exponents[j], err = s.random(rand); err != nil {
			return nil, err
		}
		off := s.copy(known[j].number).Sub(s.small(b.value), s.mod)
		isTrue := off.IsZero() & none
		none &^= isTrue
		chosen[j] = s.small(int(isTrue))
		commitments = append(commitments,
			g.secretExp(g.generator(), exponents[j]),
			g.secretExp2(d.y, exponents[j], g.generator(), off.Mul(challenges[j], s.mod)))
		wipe(off)
		total.Add(challenges[j], s.mod)
	}
	missing := s.secret(hashOf(g, d.prefix, g.write(commitments))).Sub(total, s.mod)
	defer wipe(missing)
	proofs := make([]proof, n)
	for j := range d.branches {
		c := s.publish(chosen[j].Mul(missing, s.mod).Add(challenges[j], s.mod))
		proofs[j] = proof{challenge: c, response: s.response(exponents[j], known[j].randomness, c)}
	}
	return proofs, nil
}

// raised is a ciphertext with powers of both its parts, one of each for every branch that is about it.
type raised struct {
	ciphertext
	alphas, betas []element
}

// from leaves the first n powers out.
func (r raised) from(n int) raised {
	return raised{ciphertext: r.ciphertext, alphas: r.alphas[n:], betas: r.betas[n:]}
}

// raise computes the powers that the proofs of a ciphertext need.
func raise(g group, c ciphertext, xs []*big.Int) raised {
	return raised{ciphertext: c, alphas: g.powers(c.alpha, xs...), betas: g.powers(c.beta, xs...)}
}

// admit shows that a ciphertext from outside lies in the group, and raises it.
func admit(g group, c sealed, xs []*big.Int) (raised, error) {
	var r raised
	var err error
	if r.alpha, r.alphas, err = g.admit(c.alpha, xs...); err != nil {
		return raised{}, err
	}
	if r.beta, r.betas, err = g.admit(c.beta, xs...); err != nil {
		return raised{}, err
	}
	return r, nil
}

// challenges are the exponents of raise and admit.
func challenges(proofs []proof) []*big.Int {
	xs := make([]*big.Int, len(proofs))
	for i, p := range proofs {
		xs[i] = p.challenge
	}
	return xs
}

// shown is a branch as its verifier sees it: the claimed number, the proof, and the ciphertext's parts raised to the
// proof's challenge.
type shown struct {
	value       int
	p           proof
	alpha, beta element
}

// shownAll claims one value after another of a ciphertext that was raised to the proofs' challenges.
func shownAll(r raised, proofs []proof, from int) []shown {
	all := make([]shown, len(proofs))
	for j, p := range proofs {
		all[j] = shown{value: from + j, p: p, alpha: r.alphas[j], beta: r.betas[j]}
	}
	return all
}

// bases are the generator and an election's key, prepared for the powers that all proofs need.
type bases struct{ g, y table }

// expectDisjunction adds what must come out if one of the branches is true: their challenges add up to the hash over
// g^z·alpha^c and y^z·(beta/g^M)^c, where z is the response.
func (h *hashes) expectDisjunction(failure error, b bases, prefix string, branches []shown) {
	s := h.g.scalars()
	sum, commitments := new(big.Int), make([]element, 0, 2*len(branches))
	for _, br := range branches {
		left := h.g.mul(b.g.exp(br.p.response), br.alpha)
		right := h.g.mul(b.y.exp(br.p.response), br.beta)
		if br.value > 0 {
			off := new(big.Int).Mul(big.NewInt(-int64(br.value)), br.p.challenge)
			right = h.g.mul(right, b.g.exp(off.Mod(off, s.q)))
		}
		commitments = append(commitments, left, right)
		sum.Add(sum, br.p.challenge)
	}
	h.expect(failure, sum.Mod(sum, s.q), prefix, commitments...)
}
