package belenios

import (
	"fmt"
	"io"
	"math/big"
)

// owners are the keys to which shares are checked, in the order of the list of trustees: place 0 is owner 1.
func (e *Election) owners() []element {
	var all []element
	for _, t := range e.trustees {
		all = append(all, t.keys...)
	}
	return all
}

// Decrypt makes the share of the trustee to whom the key belongs, with its proofs, 4.20.
func (e *Election) Decrypt(rand io.Reader, s *Sum, key *Key) (Share, error) {
	if s.e != e {
		return Share{}, errOtherSum
	}
	x, err := key.exponent()
	if err != nil {
		return Share{}, err
	}
	defer wipe(x)
	if key.g.name() != e.g.name() {
		return Share{}, fmt.Errorf("%w: it belongs to group %s", ErrKey, key.g.name())
	}
	public := e.g.secretExp(e.g.generator(), x)
	owner := 0
	for i, known := range e.owners() {
		if e.g.same(known, public) {
			owner = i + 1
			break
		}
	}
	if owner == 0 {
		return Share{}, fmt.Errorf("%w: it does not belong to this election", ErrKey)
	}
	w := wireShare{}
	for _, sums := range s.sums {
		factors, proofs := make([]element, len(sums)), make([]wireProof, len(sums))
		for i, c := range sums {
			factors[i] = e.g.secretExp(c.alpha, x)
			p, err := proveShare(e.g, rand, x, c.alpha, e.decryption(public))
			if err != nil {
				return Share{}, err
			}
			proofs[i] = p.wire()
		}
		w.Factors, w.Proofs = append(w.Factors, e.g.write(factors)), append(w.Proofs, proofs)
	}
	return Share{Owner: owner, Body: encode(w)}, nil
}

// decryption is what the proofs of a trustee's share are about.
func (e *Election) decryption(public element) string {
	return "decrypt|" + e.hash + "|" + public.String()
}

// CheckShare says whether a share is what its owner's key makes of the sum.
func (e *Election) CheckShare(s *Sum, share Share) error {
	if s.e != e {
		return errOtherSum
	}
	return e.newCombiner(s).take(share)
}

// openShare reads a share and checks its proofs. There is one factor for each number of the sum.
func (e *Election) openShare(s *Sum, raw []byte, public element) ([][]element, error) {
	var w wireShare
	if err := decode(raw, &w); err != nil {
		return nil, err
	}
	if len(w.Factors) != len(s.sums) || len(w.Proofs) != len(s.sums) {
		return nil, ErrShape
	}
	h := &hashes{g: e.g}
	all := make([][]element, len(s.sums))
	for q, sums := range s.sums {
		if len(w.Factors[q]) != len(sums) {
			return nil, ErrShape
		}
		proofs, err := parseProofs(e.g, w.Proofs[q], len(sums))
		if err != nil {
			return nil, err
		}
		for i, c := range sums {
			factor, err := parse(e.g, w.Factors[q][i])
			if err != nil {
				return nil, fmt.Errorf("factor %d of question %d: %w", i+1, q+1, err)
			}
			h.expectShare(fmt.Errorf("factor %d of question %d: %w", i+1, q+1, ErrShare),
				public, c.alpha, factor, proofs[i], e.decryption(public))
			all[q] = append(all[q], factor)
		}
	}
	return all, h.check()
}

// combiner collects shares until there are enough.
type combiner struct {
	e      *Election
	s      *Sum
	owners []element
	shares [][][]element // by owner, from 0; nil where none was given
}

func (e *Election) newCombiner(s *Sum) *combiner {
	owners := e.owners()
	return &combiner{e: e, s: s, owners: owners, shares: make([][][]element, len(owners))}
}

// take checks a share and keeps it.
func (c *combiner) take(share Share) error {
	i := share.Owner - 1
	if i < 0 || i >= len(c.shares) || c.shares[i] != nil {
		return ErrOwner
	}
	factors, err := c.e.openShare(c.s, share.Body, c.owners[i])
	if err != nil {
		return err
	}
	c.shares[i] = factors
	return nil
}

// enough says whether the group of trustees to which an owner belongs needs no further share.
func (c *combiner) enough(owner int) bool {
	from := 0
	for _, t := range c.e.trustees {
		to := from + len(t.keys)
		if from < owner && owner <= to {
			return len(c.given(from, to)) >= t.threshold
		}
		from = to
	}
	return false
}

// given are the places from..to of which there is a share.
func (c *combiner) given(from, to int) []int {
	var places []int
	for i := from; i < to; i++ {
		if c.shares[i] != nil {
			places = append(places, i)
		}
	}
	return places
}

// missing says whether shares are still needed.
func (c *combiner) missing() bool {
	from := 0
	for _, t := range c.e.trustees {
		if len(c.given(from, from+len(t.keys))) < t.threshold {
			return true
		}
		from += len(t.keys)
	}
	return false
}

// powers are g^m for each number m of the sum, 4.21: what is left of beta without the factors. Those of a threshold
// group are put together by Lagrange's formula, at 0 of the polynomial whose values at 1, 2, … are the secrets.
func (c *combiner) powers() ([][]element, error) {
	if c.missing() {
		return nil, ErrMissingShares
	}
	g := c.e.g
	powers := make([][]element, len(c.s.sums))
	for q, sums := range c.s.sums {
		for j, cipher := range sums {
			factor, from := g.identity(), 0
			for _, t := range c.e.trustees {
				places := c.given(from, from+len(t.keys))[:t.threshold]
				for _, i := range places {
					share := c.shares[i][q][j]
					if t.pedersen {
						share = power(g, share, lagrange(g, i-from, from, places))
					}
					factor = g.mul(factor, share)
				}
				from += len(t.keys)
			}
			powers[q] = append(powers[q], g.div(cipher.beta, factor))
		}
	}
	return powers, nil
}

// lagrange is the coefficient at 0 of the one at place i among these places, which are counted from `from`; the values
// of the polynomial begin at 1.
func lagrange(g group, i, from int, places []int) *big.Int {
	q := g.scalars().q
	above, below := big.NewInt(1), big.NewInt(1)
	for _, other := range places {
		if other-from == i {
			continue
		}
		above.Mul(above, big.NewInt(int64(other-from+1)))
		below.Mul(below, big.NewInt(int64(other-from-i)))
	}
	below.ModInverse(below.Mod(below, q), q)
	return above.Mod(above.Mul(above, below), q)
}
