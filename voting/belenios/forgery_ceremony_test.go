package belenios

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

// TestForgedThreshold forges what is published of a ceremony. The forger has every trustee's seed.
func TestForgedThreshold(t *testing.T) {
	g := ed25519()
	r := begin(t, Ceremony{Group: Ed25519, Size: 3, Threshold: 2})
	honest := r.end(t)
	var people []*person
	for _, seed := range r.seeds {
		people = append(people, must(newPerson(g, seed))(t))
	}
	sign := func(i int, message string) wireSigned { return must(people[i].sign(rand.Reader, message))(t) }
	certify := func(i int, k wireKeys) wireSigned { return sign(i, string(encode(k))) }
	keys := func(i int) wireKeys {
		return wireKeys{
			Context:      &wireContext{Group: Ed25519, Size: 3, Threshold: 2, Index: i + 1},
			Verification: people[i].verification.String(), Encryption: people[i].encryption.String(),
		}
	}
	public := func(i int, key *Key) wireTrustee {
		w := must(key.public(rand.Reader))(t)
		signature := sign(i, w.PublicKey).Signature
		w.Signature = &signature
		return w
	}
	stranger := must(NewKey(rand.Reader, Ed25519))(t)
	for _, c := range []struct {
		name string
		lie  func(w *wireThreshold)
		want error
	}{
		{"nothing", func(*wireThreshold) {}, nil},
		{"certificate for another group", func(w *wireThreshold) {
			k := keys(0)
			k.Context.Group = Group2048
			w.Certs[0] = certify(0, k)
		}, ErrContext},
		{"certificate for a larger ceremony", func(w *wireThreshold) {
			k := keys(0)
			k.Context.Size = 4
			w.Certs[0] = certify(0, k)
		}, ErrContext},
		{"certificate for another threshold", func(w *wireThreshold) {
			k := keys(0)
			k.Context.Threshold = 3
			w.Certs[0] = certify(0, k)
		}, ErrContext},
		{"certificates in another order", func(w *wireThreshold) { w.Certs[0], w.Certs[1] = w.Certs[1], w.Certs[0] }, ErrContext},
		{"certificate of the old dialect", func(w *wireThreshold) {
			k := keys(0)
			k.Context = nil
			w.Certs[0] = certify(0, k)
		}, ErrShape},
		{"certificate signed by another", func(w *wireThreshold) { w.Certs[0] = certify(1, keys(0)) }, ErrSignedMessage},
		{"certificate with the key 1", func(w *wireThreshold) {
			k := keys(0)
			k.Verification = g.identity().String()
			w.Certs[0] = certify(0, k)
		}, ErrIdentity},
		{"certificate with a space", func(w *wireThreshold) {
			w.Certs[0] = sign(0, " "+w.Certs[0].Message)
		}, ErrNotCanonical},
		{"another certificate of the same trustee", func(w *wireThreshold) {
			k := keys(0)
			k.Encryption = people[1].encryption.String()
			w.Certs[0] = certify(0, k)
		}, ErrSignedMessage},
		{"no signatures", func(w *wireThreshold) { w.Signatures = nil }, ErrShape},
		{"a signature less", func(w *wireThreshold) { w.Signatures = w.Signatures[:2] }, ErrShape},
		{"signatures in another order", func(w *wireThreshold) {
			w.Signatures[0], w.Signatures[1] = w.Signatures[1], w.Signatures[0]
		}, ErrSignedMessage},
		{"a coefficient more", func(w *wireThreshold) {
			w.Coefexps[0] = sign(0, replacedText(w.Coefexps[0].Message, `"]`, `","`+g.g.String()+`"]`))
		}, ErrShape},
		{"coefficients signed by another", func(w *wireThreshold) { w.Coefexps[0] = sign(1, w.Coefexps[0].Message) }, ErrSignedMessage},
		{"other coefficients than with the certificates", func(w *wireThreshold) {
			w.Coefexps[0] = sign(0, string(encode(wireCoefexps{[]string{g.g.String(), g.g.String()}})))
		}, ErrSignedMessage},
		{"coefficient outside of the group", func(w *wireThreshold) {
			minusOne := "7f" + strings.Repeat("ff", 30) + "ec"
			w.Coefexps[0] = sign(0, string(encode(wireCoefexps{[]string{g.g.String(), minusOne}})))
		}, ErrNotInGroup},
		{"a verification key less", func(w *wireThreshold) { w.VerificationKeys = w.VerificationKeys[:2] }, ErrShape},
		{"verification key of the trustee's own choice", func(w *wireThreshold) {
			w.VerificationKeys[0] = encode(public(0, stranger))
		}, ErrVerificationKey},
		{"verification keys in another order", func(w *wireThreshold) {
			w.VerificationKeys[0] = encode(public(0, r.keys[1]))
		}, ErrVerificationKey},
		{"verification key signed by another", func(w *wireThreshold) {
			w.VerificationKeys[0] = encode(public(1, r.keys[0]))
		}, ErrSignedMessage},
		{"verification key without a signature", func(w *wireThreshold) {
			k := public(0, r.keys[0])
			k.Signature = nil
			w.VerificationKeys[0] = encode(k)
		}, ErrShape},
		{"verification key without its secret", func(w *wireThreshold) {
			k := public(0, r.keys[0])
			k.Pok = public(0, stranger).Pok
			w.VerificationKeys[0] = encode(k)
		}, ErrPossession},
		{"threshold 0", func(w *wireThreshold) { w.Threshold = 0 }, ErrShape},
		{"threshold 1", func(w *wireThreshold) { w.Threshold = 1 }, ErrContext},
		{"threshold above the number of trustees", func(w *wireThreshold) { w.Threshold = 4 }, ErrShape},
		{"nobody", func(w *wireThreshold) { *w = wireThreshold{Threshold: 1, Signatures: []wireProof{}} }, ErrShape},
	} {
		t.Run(c.name, func(t *testing.T) {
			var w wireThreshold
			if err := decode(honest, &w); err != nil {
				t.Fatal(err)
			}
			w.Certs, w.VerificationKeys = slices.Clone(w.Certs), slices.Clone(w.VerificationKeys)
			c.lie(&w)
			_, err := openTrustees(g, encode([]Trustee{Pedersen(encode(w))}))
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
	for name, raw := range map[string]string{
		"fields swapped":         `[["Pedersen",{"certs":[],"threshold":2,"coefexps":[],"verification_keys":[]}]]`,
		"threshold not a number": `[["Pedersen",{"threshold":"2","certs":[],"coefexps":[],"verification_keys":[]}]]`,
		"keys not a list":        `[["Pedersen",{"threshold":2,"certs":[],"coefexps":[],"verification_keys":{}}]]`,
	} {
		if _, err := openTrustees(g, []byte(raw)); !errors.Is(err, ErrShape) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func replacedText(s, old, new string) string { return strings.Replace(s, old, new, 1) }

// TestForgedDealings: what one trustee deals another is checked before it becomes a part of the key.
func TestForgedDealings(t *testing.T) {
	g := ed25519()
	r := begin(t, Ceremony{Group: Ed25519, Size: 3, Threshold: 2})
	const liar, victim = 1, 0
	from, to := must(newPerson(g, r.seeds[liar]))(t), must(newPerson(g, r.seeds[victim]))(t)
	third := must(newPerson(g, r.seeds[2]))(t)
	number := func(n *big.Int) string { return string(encode(wireSecret{n.String()})) }
	secret := func(t *testing.T) string {
		return must(to.receive(from.verification, inputOf(t, r, victim).Secrets[liar]))(t)
	}
	send := func(p *person, recipient element, message string) string {
		return must(p.send(rand.Reader, recipient, message))(t)
	}
	encrypted := func(t *testing.T, w *wireInput, change func(*wireEncrypted)) {
		var e wireEncrypted
		if err := decode([]byte(w.Secrets[liar]), &e); err != nil {
			t.Fatal(err)
		}
		change(&e)
		w.Secrets[liar] = string(encode(e))
	}
	for _, c := range []struct {
		name string
		lie  func(t *testing.T, w *wireInput)
		want error
	}{
		{"nothing", func(*testing.T, *wireInput) {}, nil},
		{"secret off the polynomial", func(_ *testing.T, w *wireInput) {
			w.Secrets[liar] = send(from, to.encryption, number(big.NewInt(7)))
		}, ErrSecret},
		{"secret not reduced", func(t *testing.T, w *wireInput) {
			var s wireSecret
			if err := json.Unmarshal([]byte(secret(t)), &s); err != nil {
				t.Fatal(err)
			}
			w.Secrets[liar] = send(from, to.encryption, number(new(big.Int).Add(decimal(s.Secret), g.order.q)))
		}, ErrNotReduced},
		{"secret with a leading zero", func(t *testing.T, w *wireInput) {
			w.Secrets[liar] = send(from, to.encryption, `{"secret":"07"}`)
		}, ErrNotCanonical},
		{"secret no number", func(t *testing.T, w *wireInput) {
			w.Secrets[liar] = send(from, to.encryption, `{"secret":"7:"}`)
		}, ErrNotCanonical},
		{"sent by another", func(t *testing.T, w *wireInput) {
			w.Secrets[liar] = send(third, to.encryption, secret(t))
		}, ErrSignedMessage},
		{"made for another", func(t *testing.T, w *wireInput) {
			inner := encode(wireChannel{Recipient: third.encryption.String(), Message: secret(t)})
			w.Secrets[liar] = must(seal(g, rand.Reader, to.encryption, encode(must(from.sign(rand.Reader, string(inner)))(t))))(t)
		}, ErrRecipient},
		{"sealed for another", func(t *testing.T, w *wireInput) {
			w.Secrets[liar] = send(from, third.encryption, secret(t))
		}, ErrSealed},
		{"alpha outside of the group", func(t *testing.T, w *wireInput) {
			encrypted(t, w, func(e *wireEncrypted) { e.Alpha = "7f" + strings.Repeat("ff", 30) + "ec" })
		}, ErrNotInGroup},
		{"beta outside of the group", func(t *testing.T, w *wireInput) {
			encrypted(t, w, func(e *wireEncrypted) { e.Beta = "7f" + strings.Repeat("ff", 30) + "ec" })
		}, ErrNotInGroup},
		{"data cut", func(t *testing.T, w *wireInput) {
			encrypted(t, w, func(e *wireEncrypted) { e.Data = e.Data[2:] })
		}, ErrSealed},
		{"data in capital letters", func(t *testing.T, w *wireInput) {
			encrypted(t, w, func(e *wireEncrypted) { e.Data = strings.ToUpper(e.Data) })
		}, ErrNotCanonical},
		{"called AES-CCM", func(t *testing.T, w *wireInput) {
			encrypted(t, w, func(e *wireEncrypted) { e.Algorithm = "" })
		}, ErrSealed},
		{"unknown algorithm", func(t *testing.T, w *wireInput) {
			encrypted(t, w, func(e *wireEncrypted) { e.Algorithm = "ROT13" })
		}, ErrUnsupported},
		{"another polynomial than committed to", func(t *testing.T, w *wireInput) {
			dealing, _, err := r.Deal(rand.Reader, r.seeds[liar], r.certs)
			if err != nil {
				t.Fatal(err)
			}
			var d wireDealing
			if err := decode(dealing, &d); err != nil {
				t.Fatal(err)
			}
			w.Secrets[liar], w.Coefexps[liar], w.Signatures[liar] = d.Secrets[victim], d.Coefexps, d.Signature
		}, ErrCommitment},
		{"a secret less", func(_ *testing.T, w *wireInput) { w.Secrets = w.Secrets[:2] }, ErrShape},
		{"a polynomial less", func(_ *testing.T, w *wireInput) { w.Coefexps = w.Coefexps[:2] }, ErrShape},
		{"a polynomial more", func(_ *testing.T, w *wireInput) { w.Coefexps = append(w.Coefexps, w.Coefexps[0]) }, ErrCommitment},
		{"a signature less", func(_ *testing.T, w *wireInput) { w.Signatures = w.Signatures[:2] }, ErrShape},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := inputOf(t, r, victim)
			c.lie(t, &w)
			_, key, err := r.Accept(rand.Reader, r.seeds[victim], r.certs, r.commitments, encode(w))
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || (key == nil) != (err != nil) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func inputOf(t testing.TB, r *circle, i int) wireInput {
	t.Helper()
	var w wireInput
	if err := decode(must(r.Input(r.certs, r.dealings, i+1))(t), &w); err != nil {
		t.Fatal(err)
	}
	return w
}
