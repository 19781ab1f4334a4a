package belenios

import (
	"encoding/json"
	"fmt"
	"io"

	"filippo.io/bigmod"
)

// wireDealing is a trustee's polynomial, as it is passed on (4.6.4).
type wireDealing struct {
	Polynomial string     `json:"polynomial"`
	Secrets    []string   `json:"secrets"`
	Coefexps   wireSigned `json:"coefexps"`
	Signature  wireProof  `json:"signature"`
}

type (
	wirePolynomial struct {
		Polynomial []string `json:"polynomial"`
	}
	wireSecret struct {
		Secret string `json:"secret"`
	}
	wirePrivate struct {
		DecryptionKey string `json:"decryption_key"`
	}
	wireInput struct {
		Polynomial string       `json:"polynomial"`
		Secrets    []string     `json:"secrets"`
		Coefexps   []wireSigned `json:"coefexps"`
		Signatures []wireProof  `json:"signatures"`
	}
	wireOutput struct {
		PrivateKey string          `json:"private_key"`
		PublicKey  json.RawMessage `json:"public_key"`
	}
)

// Deal draws the trustee's polynomial and seals its value at each trustee's place for that trustee alone. The
// commitment is shown before the dealing is.
func (c Ceremony) Deal(rand io.Reader, seed string, certs [][]byte) (dealing []byte, commitment string, err error) {
	s, err := c.stage(certs)
	if err != nil {
		return nil, "", err
	}
	p, _, err := s.person(seed)
	if err != nil {
		return nil, "", err
	}
	defer p.erase()
	w, err := s.deal(rand, p)
	if err != nil {
		return nil, "", err
	}
	return encode(w), commit(w.Coefexps), nil
}

// commit is a hash that fixes a polynomial without showing it.
func commit(coefexps wireSigned) string { return hexHash(encode(coefexps)) }

func (s *stage) deal(rand io.Reader, p *person) (w wireDealing, err error) {
	order := s.g.scalars()
	coefficients := make([]*bigmod.Nat, s.Threshold)
	defer func() {
		for _, a := range coefficients {
			wipe(a)
		}
	}()
	var spelled []string
	var shown []element
	for k := range coefficients {
		if coefficients[k], err = order.random(rand); err != nil {
			return w, err
		}
		spelled = append(spelled, order.spellSecret(coefficients[k]))
		shown = append(shown, s.g.secretExp(s.g.generator(), coefficients[k]))
	}
	if w.Polynomial, err = p.send(rand, p.encryption, string(encode(wirePolynomial{spelled}))); err != nil {
		return w, err
	}
	for j, c := range s.certs {
		value := secretValueAt(order, coefficients, j+1)
		message := encode(wireSecret{order.spellSecret(value)})
		wipe(value)
		sealed, err := p.send(rand, c.encryption, string(message))
		clear(message)
		if err != nil {
			return w, err
		}
		w.Secrets = append(w.Secrets, sealed)
	}
	coefexps := s.g.write(shown)
	if w.Coefexps, err = p.sign(rand, string(encode(wireCoefexps{coefexps}))); err != nil {
		return w, err
	}
	whole, err := p.sign(rand, certsText(s.wires, coefexps))
	w.Signature = whole.Signature
	return w, err
}

// secretValueAt is the value of a secret polynomial at a small number.
func secretValueAt(s *scalars, coefficients []*bigmod.Nat, x int) *bigmod.Nat {
	value, at := s.small(0), s.small(x)
	for k := len(coefficients) - 1; k >= 0; k-- {
		value.Mul(at, s.mod).Add(coefficients[k], s.mod)
	}
	return value
}

// dealings reads those of all trustees and checks what is not secret.
func (s *stage) dealings(raws [][]byte) ([]wireDealing, error) {
	if len(raws) != s.Size {
		return nil, fmt.Errorf("%w: %d dealings of %d", ErrShape, len(raws), s.Size)
	}
	all := make([]wireDealing, len(raws))
	for i, raw := range raws {
		w := &all[i]
		if err := decode(raw, w); err != nil {
			return nil, fmt.Errorf("dealing %d: %w", i+1, err)
		}
		if len(w.Secrets) != s.Size {
			return nil, fmt.Errorf("dealing %d: %w: %d secrets", i+1, ErrShape, len(w.Secrets))
		}
		if _, err := openPolynomial(s.g, s.certs[i], s.wires, w.Coefexps, &w.Signature, s.Threshold); err != nil {
			return nil, fmt.Errorf("dealing %d: %w", i+1, err)
		}
	}
	return all, nil
}

// Input collects what all trustees dealt for the one at place index.
func (c Ceremony) Input(certs, dealings [][]byte, index int) ([]byte, error) {
	s, err := c.stage(certs)
	if err != nil {
		return nil, err
	}
	all, err := s.dealings(dealings)
	if err != nil {
		return nil, err
	}
	if index < 1 || index > c.Size {
		return nil, fmt.Errorf("%w: trustee %d of %d", ErrShape, index, c.Size)
	}
	w := wireInput{Polynomial: all[index-1].Polynomial}
	for _, d := range all {
		w.Secrets = append(w.Secrets, d.Secrets[index-1])
		w.Coefexps, w.Signatures = append(w.Coefexps, d.Coefexps), append(w.Signatures, d.Signature)
	}
	return encode(w), nil
}
