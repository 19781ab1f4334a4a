package belenios

import (
	"fmt"
	"io"
)

// Ceremony is how Size trustees come to a key of which any Threshold of them hold enough (specification, 3.1.1 and
// 4.6; distributed key generation by Pedersen). Each trustee has a seed of their own. The steps, between which
// everything that is not secret may pass through anybody's hands:
//
//  1. each makes a Certificate, and all get all of them;
//  2. each calls Deal and shows the commitment alone;
//  3. when all have all commitments, each shows the dealing: so nobody chooses a polynomial by those of others;
//  4. each gets their Input and calls Accept, which checks everything, and keeps the key;
//  5. whoever sets up the election puts the Parameters together, which checks everything that is not secret once more.
//
// A ceremony in which any step fails is given up; it is begun anew with new seeds.
type Ceremony struct {
	Group           string
	Size, Threshold int
}

func (c Ceremony) group() (group, error) {
	if c.Threshold < 1 || c.Threshold > c.Size {
		return nil, fmt.Errorf("%w: %d of %d trustees", ErrShape, c.Threshold, c.Size)
	}
	if c.Size > maxTrustees {
		return nil, fmt.Errorf("%w: %d trustees together", ErrUnsupported, c.Size)
	}
	return groupNamed(c.Group)
}

// Certificate makes public by which keys the trustee at place index, from 1, is known in this ceremony.
func (c Ceremony) Certificate(rand io.Reader, seed string, index int) ([]byte, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	if index < 1 || index > c.Size {
		return nil, fmt.Errorf("%w: trustee %d of %d", ErrShape, index, c.Size)
	}
	p, err := newPerson(g, seed)
	if err != nil {
		return nil, err
	}
	defer p.erase()
	signed, err := p.sign(rand, string(encode(wireKeys{
		Context:      &wireContext{Group: c.Group, Size: c.Size, Threshold: c.Threshold, Index: index},
		Verification: p.verification.String(), Encryption: p.encryption.String(),
	})))
	if err != nil {
		return nil, err
	}
	return encode(signed), nil
}

// stage is a ceremony whose certificates are known and right.
type stage struct {
	Ceremony
	g     group
	wires []wireSigned
	certs []certificate
}

func (c Ceremony) stage(certs [][]byte) (*stage, error) {
	g, err := c.group()
	if err != nil {
		return nil, err
	}
	if len(certs) != c.Size {
		return nil, fmt.Errorf("%w: %d certificates of %d", ErrShape, len(certs), c.Size)
	}
	s := &stage{Ceremony: c, g: g}
	for i, raw := range certs {
		var w wireSigned
		if err := decode(raw, &w); err != nil {
			return nil, fmt.Errorf("certificate %d: %w", i+1, err)
		}
		s.wires = append(s.wires, w)
	}
	if s.certs, err = openCertificates(g, s.wires, c.Threshold, false); err != nil {
		return nil, err
	}
	return s, nil
}

// person finds who has a seed among the certificates.
func (s *stage) person(seed string) (*person, int, error) {
	p, err := newPerson(s.g, seed)
	if err != nil {
		return nil, 0, err
	}
	for i, c := range s.certs {
		if s.g.same(c.verification, p.verification) && s.g.same(c.encryption, p.encryption) {
			return p, i, nil
		}
	}
	p.erase()
	return nil, 0, ErrStranger
}

// CheckCertificates checks the certificates of all trustees.
func (c Ceremony) CheckCertificates(certs [][]byte) error {
	_, err := c.stage(certs)
	return err
}
