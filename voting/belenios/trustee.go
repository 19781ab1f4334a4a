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
	Pok       wireProof  `json:"pok"`
	PublicKey string     `json:"public_key"`
	Signature *wireProof `json:"signature,omitempty"`
}

// Public is what whoever sets up an election needs of a trustee: the public key, with the proof that its secret is known
// (specification, 4.5).
func (k *Key) Public(rand io.Reader) ([]byte, error) {
	w, err := k.public(rand)
	if err != nil {
		return nil, err
	}
	return encode(w), nil
}

func (k *Key) public(rand io.Reader) (wireTrustee, error) {
	x, err := k.exponent()
	if err != nil {
		return wireTrustee{}, err
	}
	defer wipe(x)
	public := k.g.secretExp(k.g.generator(), x)
	pok, err := proveSecret(k.g, rand, x, possession(k.g, public))
	if err != nil {
		return wireTrustee{}, err
	}
	return wireTrustee{Pok: pok.wire(), PublicKey: public.String()}, nil
}

// CheckPublic says whether what somebody gives as a trustee's Public is one: a key of the group whose
// secret is known to whoever made it.
func CheckPublic(group string, public []byte) error {
	g, err := groupNamed(group)
	if err != nil {
		return err
	}
	if err := compact(public); err != nil {
		return err
	}
	_, err = openSingle(g, public)
	return err
}

// possession is what a proof of possession is about, 4.5.
func possession(g group, public element) string { return "pok|" + g.name() + "|" + public.String() }

// Trustee is one item of an election's list of trustees (specification, 4.7).
type Trustee struct {
	kind string
	data []byte
}

// Single is a trustee without whom nothing can be opened: what their Public gave.
func Single(public []byte) Trustee { return Trustee{kind: "Single", data: public} }

// Pedersen are trustees of whom some are enough: what the Parameters of their ceremony gave.
func Pedersen(parameters []byte) Trustee { return Trustee{kind: "Pedersen", data: parameters} }

// MarshalJSON writes the kind and its data.
func (t Trustee) MarshalJSON() ([]byte, error) {
	return encode([]any{t.kind, json.RawMessage(t.data)}), nil
}

// trustee is an item of the list, checked: one key and a threshold of 1 if it is single.
type trustee struct {
	keys      []element // to which shares are checked
	threshold int       // how many shares are needed
	product   element   // what the item contributes to the election's key
	pedersen  bool
	old       bool // in the dialect before version 2.5.1
}

// openTrustees reads the list of trustees and checks that each knows the secret of their key.
func openTrustees(g group, raw []byte) ([]trustee, error) {
	items, err := trusteeItems(raw)
	if err != nil {
		return nil, err
	}
	trustees := make([]trustee, len(items))
	for i, item := range items {
		open := openSingle
		if item.kind == "Pedersen" {
			open = openPedersen
		}
		if trustees[i], err = open(g, item.data); err != nil {
			return nil, fmt.Errorf("trustees %d: %w", i+1, err)
		}
	}
	return trustees, nil
}

// trusteeItems splits the list.
func trusteeItems(raw []byte) ([]Trustee, error) {
	if err := compact(raw); err != nil {
		return nil, err
	}
	items, err := list(raw)
	if err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("%w: no trustee", ErrShape)
	}
	trustees := make([]Trustee, len(items))
	for i, item := range items {
		pair, err := list(item)
		if err != nil || len(pair) != 2 {
			return nil, fmt.Errorf("%w: a trustee is a kind and its data", ErrShape)
		}
		switch kind := string(pair[0]); kind {
		case `"Single"`, `"Pedersen"`:
			trustees[i] = Trustee{kind: kind[1 : len(kind)-1], data: pair[1]}
		default:
			return nil, fmt.Errorf("%w: unknown kind of trustee", ErrShape)
		}
	}
	return trustees, nil
}

func openSingle(g group, raw []byte) (trustee, error) {
	key, signature, err := openPublic(g, raw)
	if err != nil {
		return trustee{}, err
	}
	if signature != nil {
		return trustee{}, fmt.Errorf("%w: signature of a single trustee", ErrUnsupported)
	}
	return trustee{keys: []element{key}, threshold: 1, product: key}, nil
}

// openPublic reads a trustee's public key and checks that its secret is known. The signature is left to the caller.
func openPublic(g group, raw []byte) (element, *wireProof, error) {
	fields, err := object(raw, "pok", "public_key", "?signature", "?name")
	if err != nil {
		return nil, nil, err
	}
	var signature *wireProof
	if fields["signature"] != nil {
		signature = new(wireProof)
		if err := decode(fields["signature"], signature); err != nil {
			return nil, nil, fmt.Errorf("signature: %w", err)
		}
	}
	if name := fields["name"]; name != nil {
		if _, err := text(name); err != nil {
			return nil, nil, err
		}
	}
	var wire wireProof
	if err := decode(fields["pok"], &wire); err != nil {
		return nil, nil, err
	}
	key, err := openPossession(g, fields["public_key"], wire)
	return key, signature, err
}

// openPossession checks that somebody knows the secret of a public key.
func openPossession(g group, key json.RawMessage, wire wireProof) (element, error) {
	public, err := openKey(g, key)
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
