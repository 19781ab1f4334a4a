package belenios

import (
	"crypto/rand"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestCeremonyRefusals(t *testing.T) {
	c := Ceremony{Group: Ed25519, Size: 3, Threshold: 2}
	r := begin(t, c)
	stranger := must(NewSeed(rand.Reader))(t)
	if _, _, err := c.Deal(rand.Reader, stranger, r.certs); !errors.Is(err, ErrStranger) {
		t.Errorf("stranger deals: %v", err)
	}
	if _, err := c.Certificate(rand.Reader, "short", 1); !errors.Is(err, ErrSeed) {
		t.Errorf("short seed: %v", err)
	}
	for _, index := range []int{0, 4} {
		if _, err := c.Certificate(rand.Reader, stranger, index); !errors.Is(err, ErrShape) {
			t.Errorf("certificate %d of 3: %v", index, err)
		}
	}
	for _, bad := range []Ceremony{{Ed25519, 3, 0}, {Ed25519, 3, 4}, {Ed25519, 0, 0}} {
		if _, err := bad.Certificate(rand.Reader, stranger, 1); !errors.Is(err, ErrShape) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := c.CheckCertificates(r.certs[:2]); !errors.Is(err, ErrShape) {
		t.Errorf("two of three certificates: %v", err)
	}
	forged := slices.Clone(r.certs)
	var mine wireSigned
	if err := decode(forged[0], &mine); err != nil {
		t.Fatal(err)
	}
	other := must(newPerson(ed25519(), stranger))(t)
	forged[0] = encode(must(other.sign(rand.Reader, mine.Message))(t))
	if err := c.CheckCertificates(forged); !errors.Is(err, ErrSignedMessage) {
		t.Errorf("a certificate signed by a stranger: %v", err)
	}
	if err := (Ceremony{Ed25519, 3, 3}).CheckCertificates(r.certs); !errors.Is(err, ErrContext) {
		t.Errorf("certificates for another threshold: %v", err)
	}
	if _, _, err := c.Accept(rand.Reader, r.seeds[0], r.certs, r.commitments[:2], encode(inputOf(t, r, 0))); !errors.Is(err, ErrShape) {
		t.Errorf("two of three commitments: %v", err)
	}
	params := r.end(t)
	if _, err := c.Parameters(r.certs, r.dealings, slices.Concat(r.outputs[:2], r.outputs[:1])); err == nil {
		t.Error("an output twice is taken")
	}
	if _, err := c.KeyOf(r.seeds[1], r.outputs[0]); !errors.Is(err, ErrSealed) {
		t.Errorf("another's output: %v", err)
	}
	if _, err := openTrustees(ed25519(), encode([]Trustee{Pedersen(params)})); err != nil {
		t.Error(err)
	}
}

// TestSecretNumbers compares the decimal form in constant time with the usual one.
func TestSecretNumbers(t *testing.T) {
	for _, s := range []*scalars{ed25519().order, belenios2048().order} {
		numbers := []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(9), big.NewInt(10), new(big.Int).Sub(s.q, big.NewInt(1))}
		for range 20 {
			numbers = append(numbers, must(rand.Int(rand.Reader, s.q))(t))
		}
		for _, n := range numbers {
			if got := s.spellSecret(s.secret(n)); got != n.String() {
				t.Errorf("%v is spelled %s", n, got)
			}
			if got := s.publish(must(s.readSecret(n.String()))(t)); got.Cmp(n) != 0 {
				t.Errorf("%v is read as %v", n, got)
			}
		}
		for text, want := range map[string]error{
			"": ErrNotCanonical, "00": ErrNotCanonical, "01": ErrNotCanonical, "-1": ErrNotCanonical, "1 ": ErrNotCanonical,
			"1a": ErrNotCanonical, ":": ErrNotCanonical, "\x80": ErrNotCanonical, "\xff1": ErrNotCanonical,
			s.q.String(): ErrNotReduced, strings.Repeat("9", 200): ErrNotReduced,
		} {
			if _, err := s.readSecret(text); !errors.Is(err, want) {
				t.Errorf("%.20q: %v, want %v", text, err, want)
			}
		}
	}
}
