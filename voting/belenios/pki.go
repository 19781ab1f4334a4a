package belenios

import (
	"crypto/sha256"
	"fmt"
	"io"

	"filippo.io/bigmod"
)

// seedLength is how many characters of base 58 a seed has (specification, 4.6.1).
const seedLength = 22

// NewSeed draws the secret with which a trustee takes part in a ceremony: whoever has it can read and say everything
// in the trustee's place.
func NewSeed(rand io.Reader) (string, error) { return randomBase58(rand, seedLength) }

// person is a trustee in a ceremony with the keys that come from the seed (4.6.1).
type person struct {
	g                        group
	signing, reading         *bigmod.Nat
	verification, encryption element
}

func newPerson(g group, seed string) (*person, error) {
	if len(seed) != seedLength || !isBase58(seed) {
		return nil, ErrSeed
	}
	p := &person{g: g, signing: hashedKey(g, "sk|"+seed), reading: hashedKey(g, "dk|"+seed)}
	p.verification, p.encryption = g.secretExp(g.generator(), p.signing), g.secretExp(g.generator(), p.reading)
	return p, nil
}

// hashedKey is SHA-256 of a text, modulo q.
func hashedKey(g group, text string) *bigmod.Nat {
	var wide [64]byte
	defer clear(wide[:])
	h := sha256.Sum256([]byte(text))
	copy(wide[32:], h[:])
	clear(h[:])
	return g.scalars().reduce(&wide)
}

func (p *person) erase() {
	wipe(p.signing)
	wipe(p.reading)
}

// wireSigned is a signed message (4.6.1).
type wireSigned struct {
	Message   string    `json:"message"`
	Signature wireProof `json:"signature"`
}

func signedText(message string) string { return "sigmsg|" + message }

// sign signs a message.
func (p *person) sign(rand io.Reader, message string) (wireSigned, error) {
	signature, err := proveSecret(p.g, rand, p.signing, signedText(message))
	if err != nil {
		return wireSigned{}, err
	}
	return wireSigned{Message: message, Signature: signature.wire()}, nil
}

// checkSigned says whether a message was signed with the secret of a verification key.
func checkSigned(g group, key element, w wireSigned) error {
	signature, err := parseProof(g, w.Signature)
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	if !checkSecret(g, key, signature, signedText(w.Message)) {
		return ErrSignedMessage
	}
	return nil
}

// certificate is what a trustee is known by in a ceremony: two public keys.
type certificate struct{ verification, encryption element }

type (
	wireContext struct {
		Group     string `json:"group"`
		Size      int    `json:"size"`
		Threshold int    `json:"threshold"`
		Index     int    `json:"index"`
	}
	wireKeys struct {
		Context      *wireContext `json:"context,omitempty"` // not in the dialect before version 2.5.1
		Verification string       `json:"verification"`
		Encryption   string       `json:"encryption"`
	}
)

// openCertificate checks a certificate (4.6.2): its keys, its signature, and that it is about this place in this group
// of trustees. The context is missing where the dialect is old.
func openCertificate(g group, w wireSigned, context wireContext, old bool) (certificate, error) {
	var keys wireKeys
	if err := decode([]byte(w.Message), &keys); err != nil {
		return certificate{}, err
	}
	if (keys.Context == nil) != old {
		return certificate{}, fmt.Errorf("%w: context", ErrShape)
	}
	if keys.Context != nil && *keys.Context != context {
		return certificate{}, ErrContext
	}
	var c certificate
	var err error
	if c.verification, err = openKey(g, encode(keys.Verification)); err != nil {
		return certificate{}, fmt.Errorf("verification key: %w", err)
	}
	if c.encryption, err = openKey(g, encode(keys.Encryption)); err != nil {
		return certificate{}, fmt.Errorf("encryption key: %w", err)
	}
	return c, checkSigned(g, c.verification, w)
}
