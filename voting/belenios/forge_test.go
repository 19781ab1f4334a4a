package belenios

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"math/big"
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
	share   wireShare
	owned   wireOwned
	result  []byte
}

// around makes a consistent archive from ballots that nobody checked.
func (p *poll) around(t testing.TB, ballots ...[]byte) *lie {
	t.Helper()
	last := make(map[string][]ciphertext)
	for _, raw := range ballots {
		w := wireOf(t, raw)
		var choices []ciphertext
		for _, c := range w.Answers[0].Choices {
			choices = append(choices, ciphertext{alpha: unchecked(c.Alpha), beta: unchecked(c.Beta)})
		}
		last[w.Credential] = choices
	}
	var counted []*ballot
	for _, choices := range last {
		counted = append(counted, &ballot{choices: choices})
	}
	l := &lie{setup: p.setup, ballots: ballots, owned: wireOwned{Owner: 1}}
	l.sized = wireSized{NumTallied: len(counted), TotalWeight: len(counted)}
	l.open(t, p, p.election.sum(counted))
	return l
}

// open decrypts a sum with the trustee's key and writes down whatever comes out.
func (l *lie) open(t testing.TB, p *poll, sum []ciphertext) {
	t.Helper()
	l.sum = encode([][]wireCiphertext{wires(sum)})
	share, factors, err := p.election.decrypt(rand.Reader, sum, p.key)
	if err != nil {
		t.Fatal(err)
	}
	l.share = share
	var sums []int
	for _, power := range p.election.powers(sum, [][]element{factors}) {
		sums = append(sums, logarithm(t, p.election.g, power))
	}
	l.result = encode(wireSums{Result: [][]int{sums}})
}

func logarithm(t testing.TB, g group, power element) int {
	t.Helper()
	for m := -20; m <= 20; m++ {
		e := new(big.Int).Mod(big.NewInt(int64(m)), g.scalars().q)
		if same(g.exp(g.generator(), e), power) {
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
	share := encode(l.share)
	l.owned.Payload = hexHash(share)
	c.add("PartialDecryption", share, encode(l.owned))
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

// link is an event with its data, as a forger sees it.
type link struct {
	kind    string
	data    [][]byte
	parent  *string
	height  *int
	payload *string
}

func linksOf(t testing.TB, c *chain) []link {
	t.Helper()
	events := must(readEvents(c.records))(t)
	links := make([]link, len(events))
	for i, e := range events {
		links[i] = link{kind: e.kind, data: e.data}
	}
	return links
}

// rechain builds a chain in which each event follows the one before, except for what a link says otherwise.
func rechain(links []link) []byte {
	c := new(chain)
	for i, l := range links {
		w := wireEvent{Parent: c.parent, Height: i, Type: l.kind}
		for _, body := range l.data {
			w.Payload = hexHash(body)
			c.records = append(c.records, record{name: w.Payload + dataSuffix, body: body})
		}
		if l.parent != nil {
			w.Parent = *l.parent
		}
		if l.height != nil {
			w.Height = *l.height
		}
		if l.payload != nil {
			w.Payload = *l.payload
		}
		body := encode(w)
		c.parent = hexHash(body)
		c.records = append(c.records, record{name: c.parent + eventSuffix, body: body})
	}
	return written(c)
}

func wireOf(t testing.TB, raw []byte) wireBallot {
	t.Helper()
	var w wireBallot
	if err := json.Unmarshal(raw, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// unchecked takes any number for an element.
func unchecked(s string) element {
	n := decimal(s)
	return newResidue(n.Mod(n, decimal(p2048)))
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

// craft makes a ballot with any numbers in it. Proofs are made as if they were 0 or 1 and one in all.
func (p *poll) craft(t testing.TB, voter int, numbers ...int) []byte {
	t.Helper()
	e, s := p.election, p.election.g.scalars()
	public, sum := p.public(t, voter), s.bit(0)
	var choices []ciphertext
	var a wireAnswer
	for _, m := range numbers {
		r := must(s.random(rand.Reader))(t)
		sum.Add(r, s.mod)
		power := e.g.exp(e.g.generator(), new(big.Int).Mod(big.NewInt(int64(m)), s.q))
		c := ciphertext{alpha: e.g.secretExp(e.g.generator(), r), beta: e.g.mul(e.g.secretExp(e.key, r), power)}
		choices = append(choices, c)
		proofs := must(e.choiceProof(public, c).prove(rand.Reader, r, max(0, min(1, m))))(t)
		a.IndividualProofs = append(a.IndividualProofs, wireProofs(proofs))
	}
	a.Choices = wires(choices)
	a.OverallProof = wireProofs(must(e.sumProof(public, choices).prove(rand.Reader, sum, 0))(t))
	return p.sign(t, wireBallot{
		ElectionUUID: e.uuid, ElectionHash: e.hash, Credential: public.String(), Answers: []wireAnswer{a},
	}, p.secret(t, voter))
}

// change alters a voter's sealed ballot and lets the voter sign it again.
func (p *poll) change(t testing.TB, raw []byte, voter int, change func(w *wireBallot)) []byte {
	t.Helper()
	w := wireOf(t, raw)
	change(&w)
	return p.sign(t, w, p.secret(t, voter))
}

// torsion seals a yes of which one alpha is multiplied by −1: a number outside the group with which all proofs hold,
// as soon as the challenges happen to be even.
func (p *poll) torsion(t testing.TB, voter int) []byte {
	t.Helper()
	e, s := p.election, p.election.g.scalars()
	public, sum := p.public(t, voter), s.bit(0)
	minusOne := newResidue(new(big.Int).Sub(decimal(p2048), big.NewInt(1)))
	var choices []ciphertext
	var a wireAnswer
	for j := range e.question.answers {
		m := 0
		if j == 0 {
			m = 1
		}
		c, r, err := encrypt(e.g, rand.Reader, e.key, m)
		if err != nil {
			t.Fatal(err)
		}
		if j == 0 {
			c.alpha = e.g.mul(c.alpha, minusOne)
		}
		sum.Add(r, s.mod)
		choices = append(choices, c)
		a.IndividualProofs = append(a.IndividualProofs, wireProofs(untilItHolds(t, e.choiceProof(public, c), r, m)))
	}
	a.Choices = wires(choices)
	a.OverallProof = wireProofs(untilItHolds(t, e.sumProof(public, choices), sum, 0))
	return p.sign(t, wireBallot{
		ElectionUUID: e.uuid, ElectionHash: e.hash, Credential: public.String(), Answers: []wireAnswer{a},
	}, p.secret(t, voter))
}

func untilItHolds(t testing.TB, v interval, r *bigmod.Nat, i int) []proof {
	t.Helper()
	for range 200 {
		if proofs := must(v.prove(rand.Reader, r, i))(t); v.check(proofs) {
			return proofs
		}
	}
	t.Fatal("no such proof in 200 attempts")
	return nil
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
