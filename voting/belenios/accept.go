package belenios

import (
	"crypto/subtle"
	"fmt"
	"io"

	"filippo.io/bigmod"
)

// Accept checks what all dealt for this trustee against the polynomials and these against the commitments, which the
// trustee got from each of the others before the dealings. It returns the trustee's private key, which opens nothing
// alone, and the output, from which KeyOf gives the key to the seed once more.
func (c Ceremony) Accept(rand io.Reader, seed string, certs [][]byte, commitments []string, input []byte) (
	output []byte, key *Key, err error,
) {
	s, err := c.stage(certs)
	if err != nil {
		return nil, nil, err
	}
	p, place, err := s.person(seed)
	if err != nil {
		return nil, nil, err
	}
	defer p.erase()
	var w wireInput
	if err := decode(input, &w); err != nil {
		return nil, nil, fmt.Errorf("input: %w", err)
	}
	if len(commitments) != s.Size {
		return nil, nil, fmt.Errorf("%w: %d commitments of %d", ErrShape, len(commitments), s.Size)
	}
	for i, coefexps := range w.Coefexps {
		if i >= len(commitments) || commit(coefexps) != commitments[i] {
			return nil, nil, fmt.Errorf("trustee %d: %w", i+1, ErrCommitment)
		}
	}
	secret, err := s.accept(p, place, w)
	if err != nil {
		return nil, nil, err
	}
	defer wipe(secret)
	key = &Key{g: s.g, secret: s.g.scalars().bytes(secret)}
	output, err = s.output(rand, p, key)
	return output, key, err
}

// accept adds up the secrets that were dealt, each of which must lie on its sender's polynomial (4.6.5).
func (s *stage) accept(p *person, place int, w wireInput) (*bigmod.Nat, error) {
	if len(w.Secrets) != s.Size || len(w.Coefexps) != s.Size || len(w.Signatures) != s.Size {
		return nil, fmt.Errorf("input: %w", ErrShape)
	}
	order := s.g.scalars()
	sum := order.small(0)
	for i, sealed := range w.Secrets {
		polynomial, err := openPolynomial(s.g, s.certs[i], s.wires, w.Coefexps[i], &w.Signatures[i], s.Threshold)
		if err != nil {
			return nil, fmt.Errorf("polynomial %d: %w", i+1, err)
		}
		secret, err := s.secret(p, i, sealed)
		if err != nil {
			return nil, fmt.Errorf("secret of trustee %d: %w", i+1, err)
		}
		right := s.g.same(s.g.secretExp(s.g.generator(), secret), valueAt(s.g, polynomial, place+1))
		sum.Add(secret, order.mod)
		wipe(secret)
		if !right {
			return nil, fmt.Errorf("trustee %d: %w", i+1, ErrSecret)
		}
	}
	if sum.IsZero() == 1 {
		return nil, ErrIdentity
	}
	return sum, nil
}

// secret is what the trustee at place i sent.
func (s *stage) secret(p *person, i int, sealed string) (*bigmod.Nat, error) {
	message, err := p.receive(s.certs[i].verification, sealed)
	if err != nil {
		return nil, err
	}
	var w wireSecret
	if err := decode([]byte(message), &w); err != nil {
		return nil, err
	}
	return s.g.scalars().readSecret(w.Secret)
}

// output is the trustee's public key, signed, with the private one sealed for the trustee alone (4.6.6).
func (s *stage) output(rand io.Reader, p *person, key *Key) ([]byte, error) {
	x, err := key.exponent()
	if err != nil {
		return nil, err
	}
	defer wipe(x)
	public, err := key.public(rand)
	if err != nil {
		return nil, err
	}
	signed, err := p.sign(rand, public.PublicKey)
	if err != nil {
		return nil, err
	}
	public.Signature = &signed.Signature
	number := encode(wirePrivate{s.g.scalars().spellSecret(x)})
	defer clear(number)
	w := wireOutput{PublicKey: encode(public)}
	if w.PrivateKey, err = p.send(rand, p.encryption, string(number)); err != nil {
		return nil, err
	}
	return encode(w), nil
}

// KeyOf opens the private key in the output of whoever has this seed.
func (c Ceremony) KeyOf(seed string, output []byte) (*Key, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	p, err := newPerson(g, seed)
	if err != nil {
		return nil, err
	}
	defer p.erase()
	var w wireOutput
	if err := decode(output, &w); err != nil {
		return nil, fmt.Errorf("output: %w", err)
	}
	message, err := p.receive(p.verification, w.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	var private wirePrivate
	if err := decode([]byte(message), &private); err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	x, err := g.scalars().readSecret(private.DecryptionKey)
	if err != nil {
		return nil, fmt.Errorf("private key: %w", err)
	}
	defer wipe(x)
	public, _, err := openPublic(g, w.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("public key: %w", err)
	}
	own := g.secretExp(g.generator(), x).String()
	if subtle.ConstantTimeCompare([]byte(own), []byte(public.String())) != 1 {
		return nil, fmt.Errorf("%w: it does not belong to the public one", ErrKey)
	}
	return &Key{g: g, secret: g.scalars().bytes(x)}, nil
}

// Parameters puts together what an election's list of trustees has of them, and checks all of it.
func (c Ceremony) Parameters(certs, dealings, outputs [][]byte) ([]byte, error) {
	s, err := c.stage(certs)
	if err != nil {
		return nil, err
	}
	all, err := s.dealings(dealings)
	if err != nil {
		return nil, err
	}
	w := wireThreshold{Threshold: c.Threshold, Certs: s.wires}
	for _, d := range all {
		w.Coefexps, w.Signatures = append(w.Coefexps, d.Coefexps), append(w.Signatures, d.Signature)
	}
	for i, raw := range outputs {
		var out wireOutput
		if err := decode(raw, &out); err != nil {
			return nil, fmt.Errorf("output %d: %w", i+1, err)
		}
		w.VerificationKeys = append(w.VerificationKeys, out.PublicKey)
	}
	if _, err := w.open(s.g, false); err != nil {
		return nil, err
	}
	return encode(w), nil
}
