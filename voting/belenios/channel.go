package belenios

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
)

// wireEncrypted is an encrypted message (specification, 4.6.1). Before version 3.1 of the tools there was no algorithm
// and it was AES-CCM.
type wireEncrypted struct {
	Algorithm string `json:"algorithm,omitempty"`
	Alpha     string `json:"alpha"`
	Beta      string `json:"beta"`
	Data      string `json:"data"`
}

type wireChannel struct {
	Recipient string `json:"recipient"`
	Message   string `json:"message"`
}

const algorithmGCM = "AES-GCM"

// send signs a message for the holder of an encryption key, and encrypts it (4.6.3).
func (p *person) send(rand io.Reader, recipient element, message string) (string, error) {
	inner := encode(wireChannel{Recipient: recipient.String(), Message: message})
	defer clear(inner)
	signed, err := p.sign(rand, string(inner))
	if err != nil {
		return "", err
	}
	plain := encode(signed)
	defer clear(plain)
	return seal(p.g, rand, recipient, plain)
}

// seal encrypts with a key that only the holder of the recipient's secret can compute.
func seal(g group, rand io.Reader, recipient element, plain []byte) (string, error) {
	r, err := g.scalars().random(rand)
	if err != nil {
		return "", err
	}
	defer wipe(r)
	s, err := g.scalars().random(rand)
	if err != nil {
		return "", err
	}
	defer wipe(s)
	alpha, shared := g.secretExp(g.generator(), r), g.secretExp(g.generator(), s)
	beta := g.secretMul(g.secretExp(recipient, r), shared)
	gcm, nonce, err := channelGCM(shared, alpha)
	if err != nil {
		return "", err
	}
	data := hex.EncodeToString(gcm.Seal(nil, nonce, plain, nil))
	return string(encode(wireEncrypted{
		Algorithm: algorithmGCM, Alpha: alpha.String(), Beta: beta.String(), Data: data,
	})), nil
}

// receive decrypts what was sent to this person, and checks who sent it.
func (p *person) receive(sender element, text string) (string, error) {
	plain, err := p.unseal(text)
	if err != nil {
		return "", err
	}
	defer clear(plain)
	var signed wireSigned
	if err := decode(plain, &signed); err != nil {
		return "", fmt.Errorf("signed message: %w", err)
	}
	if err := checkSigned(p.g, sender, signed); err != nil {
		return "", err
	}
	var w wireChannel
	if err := decode([]byte(signed.Message), &w); err != nil {
		return "", fmt.Errorf("channel message: %w", err)
	}
	if w.Recipient != p.encryption.String() {
		return "", ErrRecipient
	}
	return w.Message, nil
}

// unseal decrypts. Both elements must be shown to lie in the group first: the answer to others would tell something of
// the secret key.
func (p *person) unseal(text string) ([]byte, error) {
	var w wireEncrypted
	if err := decode([]byte(text), &w); err != nil {
		return nil, fmt.Errorf("encrypted message: %w", err)
	}
	alpha, err := parse(p.g, w.Alpha)
	if err != nil {
		return nil, fmt.Errorf("alpha: %w", err)
	}
	beta, err := parse(p.g, w.Beta)
	if err != nil {
		return nil, fmt.Errorf("beta: %w", err)
	}
	data, err := hex.DecodeString(w.Data)
	if err != nil || hex.EncodeToString(data) != w.Data {
		return nil, fmt.Errorf("data: %w", ErrNotCanonical)
	}
	s := p.g.scalars()
	opposite := s.small(0).Sub(p.reading, s.mod)
	defer wipe(opposite)
	shared := p.g.secretMul(beta, p.g.secretExp(alpha, opposite))
	switch w.Algorithm {
	case algorithmGCM:
		gcm, nonce, err := channelGCM(shared, alpha)
		if err != nil {
			return nil, err
		}
		plain, err := gcm.Open(nil, nonce, data, nil)
		if err != nil {
			return nil, ErrSealed
		}
		return plain, nil
	case "":
		block, nonce, err := channelCipher(shared, alpha)
		if err != nil {
			return nil, err
		}
		return openCCM(block, nonce, data)
	}
	return nil, fmt.Errorf("%w: algorithm %.20q", ErrUnsupported, w.Algorithm)
}

// channelCipher is AES-256 with the key and the initialization vector that come from two elements.
func channelCipher(shared, alpha element) (cipher.Block, []byte, error) {
	key := sha256.Sum256([]byte("key|" + shared.String()))
	defer clear(key[:])
	iv := sha256.Sum256([]byte("iv|" + alpha.String()))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, nil, fmt.Errorf("channel: %w", err)
	}
	return block, iv[:], nil
}

func channelGCM(shared, alpha element) (cipher.AEAD, []byte, error) {
	block, nonce, err := channelCipher(shared, alpha)
	if err != nil {
		return nil, nil, err
	}
	gcm, err := cipher.NewGCMWithNonceSize(block, len(nonce))
	if err != nil {
		return nil, nil, fmt.Errorf("channel: %w", err)
	}
	return gcm, nonce, nil
}
