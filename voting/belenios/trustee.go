package belenios

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"filippo.io/bigmod"
)

// Key is a trustee's private key. Every election has one of its own.
type Key struct {
	g      group
	secret []byte // big-endian, as long as the group's order; nil once erased
}

// NewKey draws a private key.
func NewKey(rand io.Reader, group string) (*Key, error) {
	g, err := groupNamed(group)
	if err != nil {
		return nil, err
	}
	x, err := g.scalars().random(rand)
	if err != nil {
		return nil, err
	}
	defer wipe(x)
	return &Key{g: g, secret: g.scalars().bytes(x)}, nil
}

// ParseKey reads what Bytes gave.
func ParseKey(group string, b []byte) (*Key, error) {
	g, err := groupNamed(group)
	if err != nil {
		return nil, err
	}
	if len(b) != g.scalars().mod.Size() {
		return nil, ErrKey
	}
	n, err := bigmod.NewNat().SetBytes(b, g.scalars().mod)
	if err != nil || n.IsZero() == 1 {
		return nil, ErrKey
	}
	defer wipe(n)
	return &Key{g: g, secret: bytes.Clone(b)}, nil
}

// Bytes is the private key itself, big-endian; whoever has it can open the tally, or any single ballot.
func (k *Key) Bytes() []byte { return bytes.Clone(k.secret) }

// Erase overwrites the key; it is of no use afterwards.
func (k *Key) Erase() {
	clear(k.secret)
	k.secret = nil
}

// exponent is the key as a number; the caller wipes it.
func (k *Key) exponent() (*bigmod.Nat, error) {
	if k.secret == nil {
		return nil, fmt.Errorf("%w: it was erased", ErrKey)
	}
	x, err := bigmod.NewNat().SetBytes(k.secret, k.g.scalars().mod)
	if err != nil {
		return nil, ErrKey
	}
	return x, nil
}

type wireTrustee struct {
	Pok       wireProof `json:"pok"`
	PublicKey string    `json:"public_key"`
}

// trustees is the list with this key's owner alone in it, and the public key (specification, 4.5 and 4.7).
func (k *Key) trustees(rand io.Reader) ([]byte, element, error) {
	x, err := k.exponent()
	if err != nil {
		return nil, nil, err
	}
	defer wipe(x)
	public := k.g.secretExp(k.g.generator(), x)
	pok, err := proveSecret(k.g, rand, x, possession(k.g, public))
	if err != nil {
		return nil, nil, err
	}
	single := wireTrustee{Pok: pok.wire(), PublicKey: public.String()}
	return encode([]any{[]any{"Single", single}}), public, nil
}

// possession is what a proof of possession is about, 4.5.
func possession(g group, public element) string { return "pok|" + g.name() + "|" + public.String() }

// openTrustees reads the list of trustees, checks that each knows the secret of their key, and returns the keys.
func openTrustees(g group, raw []byte) ([]element, error) {
	singles, threshold, err := trusteeKinds(raw)
	if err != nil {
		return nil, err
	}
	keys := make([]element, len(singles))
	for i, single := range singles {
		if keys[i], err = openSingle(g, single); err != nil {
			return nil, fmt.Errorf("single trustee %d: %w", i+1, err)
		}
	}
	if threshold {
		return nil, fmt.Errorf("%w: threshold trustees (Pedersen)", ErrUnsupported)
	}
	return keys, nil
}

// trusteeKinds splits the list into the single trustees, and says whether there are others.
func trusteeKinds(raw []byte) (singles []json.RawMessage, threshold bool, err error) {
	if err := compact(raw); err != nil {
		return nil, false, err
	}
	items, err := list(raw)
	if err != nil {
		return nil, false, err
	}
	if len(items) == 0 {
		return nil, false, fmt.Errorf("%w: no trustee", ErrShape)
	}
	for _, item := range items {
		pair, err := list(item)
		if err != nil || len(pair) != 2 {
			return nil, false, fmt.Errorf("%w: a trustee is a kind and its data", ErrShape)
		}
		switch string(pair[0]) {
		case `"Single"`:
			singles = append(singles, pair[1])
		case `"Pedersen"`:
			if _, err := object(pair[1], "threshold", "certs", "coefexps", "?signatures", "verification_keys"); err != nil {
				return nil, false, err
			}
			threshold = true
		default:
			return nil, false, fmt.Errorf("%w: unknown kind of trustee", ErrShape)
		}
	}
	return singles, threshold, nil
}

func openSingle(g group, raw json.RawMessage) (element, error) {
	fields, err := object(raw, "pok", "public_key", "?signature", "?name")
	if err != nil {
		return nil, err
	}
	if fields["signature"] != nil {
		return nil, fmt.Errorf("%w: signature of a single trustee", ErrUnsupported)
	}
	if name := fields["name"]; name != nil {
		if _, err := text(name); err != nil {
			return nil, err
		}
	}
	var wire wireProof
	if err := decode(fields["pok"], &wire); err != nil {
		return nil, err
	}
	public, err := openKey(g, fields["public_key"])
	if err != nil {
		return nil, err
	}
	pok, err := parseProof(g, wire)
	if err != nil {
		return nil, err
	}
	if !checkSecret(g, public, pok, possession(g, public)) {
		return nil, ErrPossession
	}
	return public, nil
}
