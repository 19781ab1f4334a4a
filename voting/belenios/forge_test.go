package belenios

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"filippo.io/bigmod"
)

// lie is an archive in the making. The forger holds every secret and rebuilds everything around what was changed, so
// that only the one check that is meant can notice.
type lie struct {
	setup   Setup
	ballots [][]byte
	sum     []byte
	sized   wireSized
	shares  []wireShare
	owned   []wireOwned
	result  []byte
}

// around makes a consistent archive from ballots that nobody checked.
func (p *poll) around(t testing.TB, ballots ...[]byte) *lie {
	t.Helper()
	last := make(map[string]*ballot)
	for _, raw := range ballots {
		w := wireOf(t, raw)
		b := &ballot{voter: voter{weight: 1}}
		for _, a := range w.Answers {
			var choices []ciphertext
			for _, c := range a.Choices {
				choices = append(choices, ciphertext{alpha: p.unchecked(t, c.Alpha), beta: p.unchecked(t, c.Beta)})
			}
			b.answers = append(b.answers, answer{choices: choices})
		}
		last[w.Credential] = b
	}
	sum := p.election.sum(slices.Collect(maps.Values(last)))
	l := &lie{setup: p.setup, ballots: ballots}
	l.sized = wireSized{NumTallied: sum.Counted, TotalWeight: number(sum.Weight)}
	l.open(t, p, sum)
	return l
}

// open decrypts a sum with the trustees' keys and writes down whatever comes out.
func (l *lie) open(t testing.TB, p *poll, sum *Sum) {
	t.Helper()
	l.sum, l.shares, l.owned = sum.raw, nil, nil
	c := p.election.newCombiner(sum)
	for _, key := range p.keys {
		share := must(p.election.Decrypt(rand.Reader, sum, key))(t)
		var w wireShare
		if err := decode(share.Body, &w); err != nil {
			t.Fatal(err)
		}
		l.shares, l.owned = append(l.shares, w), append(l.owned, wireOwned{Owner: share.Owner})
		if err := c.take(share); err != nil && !errors.Is(err, ErrNotInGroup) && !errors.Is(err, ErrShare) {
			t.Fatal(err)
		}
	}
	powers, err := c.powers()
	if err != nil { // with elements outside of the group there are no factors
		l.result = []byte(`{"result":[[1,1,1]]}`)
		return
	}
	var w struct {
		Result [][]int `json:"result"`
	}
	for _, all := range powers {
		var sums []int
		for _, power := range all {
			sums = append(sums, logarithm(t, p.election.g, power))
		}
		w.Result = append(w.Result, sums)
	}
	l.result = encode(w)
}

func logarithm(t testing.TB, g group, x element) int {
	t.Helper()
	for m := -20; m <= 20; m++ {
		e := new(big.Int).Mod(big.NewInt(int64(m)), g.scalars().q)
		if g.same(power(g, g.generator(), e), x) {
			return m
		}
	}
	t.Fatal("the forged sum has no small logarithm")
	return 0
}

// chain writes the records; references follow what was changed.
func (l *lie) chain() *chain {
	c := new(chain)
	c.add("Setup", l.setup.Election, l.setup.Trustees, l.setup.Credentials, encode(wireSetup{
		Election: hexHash(l.setup.Election), Trustees: hexHash(l.setup.Trustees), Credentials: hexHash(l.setup.Credentials),
	}))
	for _, b := range l.ballots {
		c.add("Ballot", b)
	}
	c.add("EndBallots")
	l.sized.EncryptedTally = hexHash(l.sum)
	c.add("EncryptedTally", l.sum, encode(l.sized))
	for i, w := range l.shares {
		share := encode(w)
		l.owned[i].Payload = hexHash(share)
		c.add("PartialDecryption", share, encode(l.owned[i]))
	}
	c.add("Result", l.result)
	return c
}

func (l *lie) archive() []byte { return written(l.chain()) }

func written(c *chain) []byte {
	var b bytes.Buffer
	if err := c.write(&b, at.Unix()); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func wireOf(t testing.TB, raw []byte) wireBallot {
	t.Helper()
	var w wireBallot
	if err := json.Unmarshal(raw, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// unchecked takes anything that is written well for an element.
func (p *poll) unchecked(t testing.TB, s string) element {
	t.Helper()
	g := p.election.g
	if f, ok := g.(*integers); ok {
		n := decimal(s)
		return residue{n: n.Mod(n, f.p)}
	}
	c, err := g.read(s)
	if err != nil {
		return g.identity()
	}
	return c.unproved
}

func (p *poll) secret(t testing.TB, voter int) *bigmod.Nat {
	t.Helper()
	return must(secretOf(p.election.g, p.election.UUID(), p.credentials[voter]))(t)
}

func (p *poll) public(t testing.TB, voter int) element {
	t.Helper()
	return p.election.g.secretExp(p.election.g.generator(), p.secret(t, voter))
}

// sign makes a ballot whole with a signature by any secret.
func (p *poll) sign(t testing.TB, w wireBallot, secret *bigmod.Nat) []byte {
	t.Helper()
	hash := w.unsignedHash()
	signature := must(proveSecret(p.election.g, rand.Reader, secret, "sig|"+hash))(t)
	w.Signature = &wireSignature{Hash: hash, Proof: signature.wire()}
	return encode(w)
}

// craft makes a ballot with any numbers in it, by a prover who follows the rules all the same.
func (p *poll) craft(t testing.TB, voter int, votes ...[]int) []byte {
	t.Helper()
	e := p.election
	w := wireBallot{ElectionUUID: e.uuid, ElectionHash: e.hash, Credential: p.public(t, voter).String()}
	for i, numbers := range votes {
		w.Answers = append(w.Answers, p.craftAnswer(t, e.questions[i], w.Credential, numbers))
	}
	return p.sign(t, w, p.secret(t, voter))
}

func (p *poll) craftAnswer(t testing.TB, q Question, credential string, numbers []int) wireAnswer {
	t.Helper()
	e, s := p.election, p.election.g.scalars()
	choices, known := make([]ciphertext, len(numbers)), make([]opening, len(numbers))
	for i, m := range numbers {
		known[i].number = s.secret(new(big.Int).Mod(big.NewInt(int64(m)), s.q))
		c, r, err := encrypt(e.g, rand.Reader, e.key, known[i].number)
		if err != nil {
			t.Fatal(err)
		}
		choices[i], known[i].randomness = c, r
	}
	return must(e.proveAnswer(rand.Reader, q, e.hash+"|"+credential, choices, known))(t)
}

// change alters a voter's sealed ballot and lets the voter sign it again.
func (p *poll) change(t testing.TB, raw []byte, voter int, change func(w *wireBallot)) []byte {
	t.Helper()
	w := wireOf(t, raw)
	change(&w)
	return p.sign(t, w, p.secret(t, voter))
}

// minusOne has order two: it is outside of the group of prime order.
func (p *poll) minusOne(t testing.TB) element {
	t.Helper()
	if p.election.g.name() == Ed25519 {
		return p.unchecked(t, "7f"+strings.Repeat("ff", 30)+"ec")
	}
	return residue{n: new(big.Int).Sub(decimal(p2048), big.NewInt(1))}
}

// torsion seals a yes of which one alpha is multiplied by −1: an element outside of the group with which all proofs
// hold, as soon as the challenges happen to be even.
func (p *poll) torsion(t testing.TB, voter int) []byte {
	t.Helper()
	e, s := p.election, p.election.g.scalars()
	public := p.public(t, voter).String()
	choices, known := make([]ciphertext, 3), make([]opening, 3)
	for j := range choices {
		known[j].number = s.small(1 - min(1, j))
		c, r, err := encrypt(e.g, rand.Reader, e.key, known[j].number)
		if err != nil {
			t.Fatal(err)
		}
		choices[j], known[j].randomness = c, r
	}
	choices[0].alpha = e.g.mul(choices[0].alpha, p.minusOne(t))
	for range 500 {
		w := must(e.proveAnswer(rand.Reader, e.questions[0], e.hash+"|"+public, choices, known))(t)
		first, all := w.IndividualProofs[0], w.OverallProof[0]
		if even(first[0].Challenge) && even(first[1].Challenge) && even(all.Challenge) {
			return p.sign(t, wireBallot{
				ElectionUUID: e.uuid, ElectionHash: e.hash, Credential: public, Answers: []wireAnswer{w},
			}, p.secret(t, voter))
		}
	}
	t.Fatal("no such proof in 500 attempts")
	return nil
}

func even(s string) bool { return decimal(s).Bit(0) == 0 }

// notReduced is an element written with the modulus added once more.
func (p *poll) notReduced(s string) string {
	if p.election.g.name() == Ed25519 { // only what is below 19 has room for it
		return "7f" + strings.Repeat("ff", 30) + "ee"
	}
	return plus(s, decimal(p2048))
}

// adds says whether choices can be added up at all.
func (p *poll) adds(choices []wireCiphertext) bool {
	for _, c := range choices {
		for _, s := range []string{c.Alpha, c.Beta} {
			_, err := p.election.g.read(s)
			if s == p.nothing() || p.election.g.name() == Ed25519 && err != nil {
				return false
			}
		}
	}
	return true
}

// nothing is the number 0.
func (p *poll) nothing() string {
	if p.election.g.name() == Ed25519 {
		return strings.Repeat("0", 64)
	}
	return "0"
}

// outside is an element times −1.
func (p *poll) outside(t testing.TB, s string) string {
	t.Helper()
	g := p.election.g
	return g.write([]element{g.mul(p.unchecked(t, s), p.minusOne(t))})[0]
}

// plus adds to a number in decimal form.
func plus(s string, n *big.Int) string { return new(big.Int).Add(decimal(s), n).String() }

func replaced(t testing.TB, raw []byte, old, new string) []byte {
	t.Helper()
	if strings.Count(string(raw), old) != 1 {
		t.Fatalf("%q occurs %d times", old, strings.Count(string(raw), old))
	}
	return bytes.Replace(raw, []byte(old), []byte(new), 1)
}
