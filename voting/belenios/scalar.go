package belenios

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/big"

	"filippo.io/bigmod"
)

// scalars are the exponents of a group: integers modulo its order q. Secret ones are bigmod.Nat and take constant
// time, public ones are big.Int.
type scalars struct {
	q    *big.Int
	mod  *bigmod.Modulus
	wide *bigmod.Modulus // room for 512 bits before they are reduced modulo q
}

func newScalars(q *big.Int) *scalars {
	mod, err := bigmod.NewModulus(q.Bytes())
	if err != nil {
		panic("belenios: group order: " + err.Error())
	}
	w := make([]byte, 65)
	w[0], w[64] = 1, 1
	wide, err := bigmod.NewModulus(w)
	if err != nil {
		panic("belenios: wide modulus: " + err.Error())
	}
	return &scalars{q: q, mod: mod, wide: wide}
}

// random draws a scalar; 512 bits leave no bias that could be seen.
func (s *scalars) random(rand io.Reader) (*bigmod.Nat, error) {
	var b [64]byte
	defer clear(b[:])
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return nil, fmt.Errorf("drawing a random number: %w", err)
	}
	return s.reduce(&b), nil
}

// reduce takes 512 bits, big-endian, modulo q.
func (s *scalars) reduce(b *[64]byte) *bigmod.Nat {
	n, err := bigmod.NewNat().SetBytes(b[:], s.wide)
	if err != nil {
		panic("belenios: 512 bits do not fit") // they always do
	}
	defer wipe(n)
	return bigmod.NewNat().Mod(n, s.mod)
}

// secret brings a public scalar below q into the constant-time form.
func (s *scalars) secret(x *big.Int) *bigmod.Nat {
	n, err := bigmod.NewNat().SetBytes(x.FillBytes(make([]byte, s.mod.Size())), s.mod)
	if err != nil {
		panic("belenios: scalar is not reduced") // public scalars are parsed or hashed, both reduced
	}
	return n
}

// small is a small natural number in constant-time form.
func (s *scalars) small(n int) *bigmod.Nat {
	v := make([]byte, s.mod.Size())
	binary.BigEndian.PutUint64(v[len(v)-8:], uint64(n))
	x, err := bigmod.NewNat().SetBytes(v, s.mod)
	if err != nil {
		panic("belenios: a small number is not reduced") // q is large
	}
	return x
}

// copy is the same number once more.
func (s *scalars) copy(x *bigmod.Nat) *bigmod.Nat { return s.small(0).Add(x, s.mod) }

// bytes is the big-endian form, always as long as q.
func (s *scalars) bytes(n *bigmod.Nat) []byte { return n.Bytes(s.mod) }

// publish leaves the constant-time form: for values that go into a proof.
func (s *scalars) publish(n *bigmod.Nat) *big.Int { return new(big.Int).SetBytes(s.bytes(n)) }

// response is w − x·c, the answer to the challenge c of a proof of x with nonce w.
func (s *scalars) response(w, x *bigmod.Nat, c *big.Int) *big.Int {
	xc := s.secret(c).Mul(x, s.mod)
	defer wipe(xc)
	r := s.copy(w)
	defer wipe(r)
	return s.publish(r.Sub(xc, s.mod))
}

// hash is SHA-256, read as a big-endian number, modulo q.
func (s *scalars) hash(preimage string) *big.Int {
	h := sha256.Sum256([]byte(preimage))
	n := new(big.Int).SetBytes(h[:])
	return n.Mod(n, s.q)
}

// parse accepts a scalar in canonical form below q.
func (s *scalars) parse(text string) (*big.Int, error) { return parseNatural(text, s.q) }

// parseNatural accepts a decimal number below the limit without sign or leading zero.
func parseNatural(text string, limit *big.Int) (*big.Int, error) {
	if text == "" || len(text) > 1 && text[0] == '0' {
		return nil, fmt.Errorf("number %.20q: %w", text, ErrNotCanonical)
	}
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return nil, fmt.Errorf("number %.20q: %w", text, ErrNotCanonical)
		}
	}
	// one decimal digit is more than three bits: longer numbers need not be converted to know that they are too large
	if len(text) > limit.BitLen()/3+1 {
		return nil, ErrNotReduced
	}
	n, ok := new(big.Int).SetString(text, 10)
	if !ok {
		return nil, fmt.Errorf("number %.20q: %w", text, ErrNotCanonical)
	}
	if n.Cmp(limit) >= 0 {
		return nil, ErrNotReduced
	}
	return n, nil
}

// wipe overwrites a secret number.
func wipe(n *bigmod.Nat) {
	if n != nil {
		clear(n.Bits())
	}
}
