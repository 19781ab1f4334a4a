package belenios

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
)

// FuzzElement: what is read is written as it was read, and what is admitted is a member.
func FuzzElement(f *testing.F) {
	for _, s := range []string{
		"", "0", "1", "2", "01", ed25519().one.s, ed25519().g.s, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec",
		"8000000000000000000000000000000000000000000000000000000000000001", "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffee",
		g2048, p2048, ed25519().order.q.String(),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, g := range []group{ed25519(), belenios2048()} {
			c, err := g.read(s)
			if err != nil {
				continue
			}
			if got := g.write([]element{unwritten(g, c)})[0]; got != s {
				t.Errorf("%s: %q is written %q", g.name(), s, got)
			}
			a, _, err := g.admit(c)
			if member := g.same(power(g, c.unproved, g.scalars().q), g.identity()); member != (err == nil) || member != (a != nil) {
				t.Errorf("%s: %q is a member: %t, error %v", g.name(), s, member, err)
			}
		}
		for _, g := range []group{ed25519(), belenios2048()} {
			if n, err := g.scalars().parse(s); err == nil && n.String() != s {
				t.Errorf("%s: number %q is written %q", g.name(), s, n)
			}
			secret, err := g.scalars().readSecret(s)
			n, public := g.scalars().parse(s)
			if (err == nil) != (public == nil) || err == nil && g.scalars().publish(secret).Cmp(n) != 0 {
				t.Errorf("%s: number %q as a secret: %v, in public: %v", g.name(), s, err, public)
			}
		}
	})
}

// FuzzTrustees: nothing makes the reading of trustees panic, and what a forger changed is noticed.
func FuzzTrustees(f *testing.F) {
	honest := fixtureSetup(f, "threshold-ed25519").Trustees
	f.Add(honest)
	f.Add(fixtureSetup(f, "weights-ed25519").Trustees)
	f.Add([]byte(`[["Pedersen",{"threshold":1,"certs":[],"coefexps":[],"verification_keys":[]}]]`))
	f.Add([]byte(`[["Pedersen",{"threshold":1,"certs":[null],"coefexps":[null],"signatures":[null],"verification_keys":[null]}]]`))
	f.Add([]byte(`[["Single",{"pok":null,"public_key":null,"signature":null,"name":null}]]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		trustees, err := openTrustees(ed25519(), raw)
		if err != nil {
			if trustees != nil {
				t.Error("trustees and an error")
			}
			return
		}
		for _, one := range trustees {
			if one.threshold < 1 || one.threshold > len(one.keys) || one.product == nil {
				t.Errorf("trustees are %+v", one)
			}
		}
	})
}

// FuzzChannel: whatever is sent instead of a message, it is refused without a panic, and never read as something else.
func FuzzChannel(f *testing.F) {
	tr := transcripts(f)
	for _, name := range []string{"threshold-ed25519", "questions-ed25519"} {
		f.Add(tr[name].Trustees[0].Sealed)
	}
	f.Add(`{"alpha":"","beta":"","data":""}`)
	f.Add(`{"algorithm":"AES-GCM","alpha":"` + ed25519().g.s + `","beta":"` + ed25519().one.s + `","data":"00"}`)
	f.Add(`{"alpha":"` + ed25519().g.s + `","beta":"` + ed25519().one.s + `","data":"0000000000000000"}`)
	first := must(newPerson(ed25519(), tr["threshold-ed25519"].Trustees[0].Seed))(f)
	second := must(newPerson(ed25519(), tr["questions-ed25519"].Trustees[0].Seed))(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range []*person{first, second} {
			message, err := p.receive(p.verification, text)
			known := text == tr["threshold-ed25519"].Trustees[0].Sealed || text == tr["questions-ed25519"].Trustees[0].Sealed
			if err == nil && !known {
				t.Errorf("read as %q", message)
			}
		}
	})
}

// FuzzInput: whatever a trustee is given in a ceremony, it is refused unless it is what was dealt.
func FuzzInput(f *testing.F) {
	tr := transcripts(f)["threshold-ed25519"]
	c := Ceremony{Group: Ed25519, Size: 3, Threshold: 2}
	var commitments []string
	for _, raw := range asBytes(tr.Dealings) {
		var w wireDealing
		if err := decode(raw, &w); err != nil {
			f.Fatal(err)
		}
		commitments = append(commitments, commit(w.Coefexps))
	}
	f.Add([]byte(tr.Inputs[0]), 0)
	f.Add([]byte(tr.Dealings[0]), 1)
	f.Add([]byte(tr.Outputs[0]), 2)
	f.Add([]byte(tr.Certs[0]), 0)
	f.Add([]byte(`{"polynomial":"","secrets":null,"coefexps":null,"signatures":null}`), 0)
	certs, dealings := asBytes(tr.Certs), asBytes(tr.Dealings)
	f.Fuzz(func(t *testing.T, raw []byte, place int) {
		if place < 0 || place > 2 {
			return
		}
		seed := tr.Trustees[place].Seed
		_, key, err := c.Accept(rand.Reader, seed, certs, commitments, raw)
		if honest := string(raw) == tr.Inputs[place]; (err == nil) != honest || (key != nil) != honest {
			// the sealed polynomial is the trustee's own, and not looked at again
			var w, h wireInput
			if err != nil || decode(raw, &w) != nil || decode([]byte(tr.Inputs[place]), &h) != nil {
				t.Fatalf("accepted: %t, error %v", key != nil, err)
			}
			if w.Polynomial = h.Polynomial; !bytes.Equal(encode(w), []byte(tr.Inputs[place])) {
				t.Error("something else than what was dealt is accepted")
			}
		}
		number := decimal(tr.Trustees[place].Key).FillBytes(make([]byte, 32))
		if key, err := c.KeyOf(seed, raw); err == nil && !bytes.Equal(key.Bytes(), number) {
			t.Error("another key is read")
		}
		var changed [3][]byte
		copy(changed[:], dealings)
		changed[place] = raw
		if _, err := c.Input(certs, changed[:], 1); err != nil && errors.Is(err, ErrUnsupported) {
			t.Error(err)
		}
		copy(changed[:], certs)
		changed[place] = raw
		if err := c.CheckCertificates(changed[:]); err == nil && string(raw) != tr.Certs[place] {
			t.Error("another certificate is accepted")
		}
	})
}
