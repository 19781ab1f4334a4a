package belenios

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"os"
	"testing"
)

// transcript is a ceremony that the other implementation kept, with its secrets.
type transcript struct {
	Single   string
	Trustees []struct{ Seed, Sealed, Key string }
	Certs    []string
	Dealings []string
	Inputs   []string
	Outputs  []string
}

func transcripts(t testing.TB) map[string]transcript {
	t.Helper()
	var all map[string]transcript
	if err := json.Unmarshal(must(os.ReadFile("testdata/ceremonies.json"))(t), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func asBytes(all []string) [][]byte {
	var raws [][]byte
	for _, s := range all {
		raws = append(raws, []byte(s))
	}
	return raws
}

// TestTheirSealedKeys opens what tools sealed with AES-CCM and with AES-GCM.
func TestTheirSealedKeys(t *testing.T) {
	for name, tr := range transcripts(t) {
		for i, trustee := range tr.Trustees {
			p := must(newPerson(ed25519(), trustee.Seed))(t)
			got, err := p.receive(p.verification, trustee.Sealed)
			if want := `{"decryption_key":"` + trustee.Key + `"}`; err != nil || got != want {
				t.Errorf("%s: key %d is %s, want %s; error %v", name, i+1, got, want, err)
			}
			other := must(newPerson(ed25519(), tr.Trustees[(i+1)%3].Seed))(t)
			if _, err := other.receive(p.verification, trustee.Sealed); !errors.Is(err, ErrSealed) {
				t.Errorf("%s: another trustee opens key %d: %v", name, i+1, err)
			}
			if _, err := p.receive(other.verification, trustee.Sealed); !errors.Is(err, ErrSignedMessage) {
				t.Errorf("%s: key %d is taken from another: %v", name, i+1, err)
			}
		}
	}
}

// TestTheirCeremony goes through a ceremony of the tools, in the place of each of its trustees.
func TestTheirCeremony(t *testing.T) {
	tr := transcripts(t)["threshold-ed25519"]
	c := Ceremony{Group: Ed25519, Size: 3, Threshold: 2}
	certs, dealings := asBytes(tr.Certs), asBytes(tr.Dealings)
	var commitments []string
	for _, raw := range dealings {
		var w wireDealing
		if err := decode(raw, &w); err != nil {
			t.Fatal(err)
		}
		commitments = append(commitments, commit(w.Coefexps))
	}
	for i, trustee := range tr.Trustees {
		input := must(c.Input(certs, dealings, i+1))(t)
		if string(input) != tr.Inputs[i] {
			t.Errorf("input %d differs", i+1)
		}
		_, key, err := c.Accept(rand.Reader, trustee.Seed, certs, commitments, input)
		if err != nil {
			t.Fatal(err)
		}
		again := must(c.KeyOf(trustee.Seed, []byte(tr.Outputs[i])))(t)
		number := decimal(trustee.Key).FillBytes(make([]byte, 32))
		if !bytes.Equal(key.Bytes(), number) || !bytes.Equal(again.Bytes(), number) {
			t.Errorf("key %d differs", i+1)
		}
	}
	params := must(c.Parameters(certs, dealings, asBytes(tr.Outputs)))(t)
	if list := fixtureSetup(t, "threshold-ed25519").Trustees; !bytes.Contains(list, params) {
		t.Error("parameters differ")
	}
}

func fixtureSetup(t testing.TB, name string) Setup {
	t.Helper()
	raw := must(os.ReadFile("testdata/" + name + ".bel"))(t)
	data := must(readEvents(must(readRecords(raw))(t)))(t)[0].data
	return Setup{Election: data[0], Trustees: data[1], Credentials: data[2]}
}

// circle is a ceremony of our own up to its end.
type circle struct {
	Ceremony
	seeds           []string
	certs, dealings [][]byte
	commitments     []string
	outputs         [][]byte
	keys            []*Key
}

// begin goes as far as everybody has everybody's dealing.
func begin(t testing.TB, c Ceremony) *circle {
	t.Helper()
	r := &circle{Ceremony: c}
	for i := range c.Size {
		r.seeds = append(r.seeds, must(NewSeed(rand.Reader))(t))
		r.certs = append(r.certs, must(c.Certificate(rand.Reader, r.seeds[i], i+1))(t))
	}
	for _, seed := range r.seeds {
		dealing, commitment, err := c.Deal(rand.Reader, seed, r.certs)
		if err != nil {
			t.Fatal(err)
		}
		r.dealings, r.commitments = append(r.dealings, dealing), append(r.commitments, commitment)
	}
	return r
}

// end returns the parameters.
func (r *circle) end(t testing.TB) []byte {
	t.Helper()
	for i, seed := range r.seeds {
		input := must(r.Input(r.certs, r.dealings, i+1))(t)
		output, key, err := r.Accept(rand.Reader, seed, r.certs, r.commitments, input)
		if err != nil {
			t.Fatal(err)
		}
		r.outputs, r.keys = append(r.outputs, output), append(r.keys, key)
		if again := must(r.KeyOf(seed, output))(t); !bytes.Equal(again.Bytes(), key.Bytes()) {
			t.Error("the key is another the second time")
		}
	}
	return must(r.Parameters(r.certs, r.dealings, r.outputs))(t)
}

// mixed is a poll with a single trustee and two of three others.
func mixed(t testing.TB, group string, questions ...Question) (*poll, *circle) {
	t.Helper()
	r := begin(t, Ceremony{Group: group, Size: 3, Threshold: 2})
	params := r.end(t)
	key := must(NewKey(rand.Reader, group))(t)
	p := (&poll{keys: append([]*Key{key}, r.keys...)}).open(t, group,
		[]Trustee{Single(must(key.Public(rand.Reader))(t)), Pedersen(params)}, questions...)
	return p, r
}

func TestThreshold(t *testing.T) {
	for _, group := range bothGroups {
		t.Run(group, func(t *testing.T) {
			p, _ := mixed(t, group, motion())
			ballots := p.ballots(t)
			sum := must(p.election.Sum(ballots))(t)
			var shares []Share
			for i, key := range p.keys {
				shares = append(shares, must(p.election.Decrypt(rand.Reader, sum, key))(t))
				if shares[i].Owner != i+1 {
					t.Errorf("share %d is of trustee %d", i+1, shares[i].Owner)
				}
			}
			for _, c := range []struct {
				owners []int
				opens  bool
			}{
				{[]int{1, 2, 3}, true},
				{[]int{1, 2, 4}, true},
				{[]int{4, 3, 1}, true},
				{[]int{1, 2, 3, 4}, true},
				{[]int{2, 3, 4}, false},
				{[]int{1, 3}, false},
				{[]int{1}, false},
				{nil, false},
			} {
				var given []Share
				for _, owner := range c.owners {
					given = append(given, shares[owner-1])
				}
				tally, err := p.election.Combine(sum, given)
				if !c.opens {
					if !errors.Is(err, ErrMissingShares) {
						t.Errorf("shares of %v: %v", c.owners, err)
					}
					continue
				}
				if err != nil {
					t.Errorf("shares of %v: %v", c.owners, err)
					continue
				}
				report, err := Verify(p.archive(t, ballots, tally))
				if err != nil || !sameSums(report.Sums, [][]int{{3, 1, 1}}) || len(tally.shares) != 3 {
					t.Errorf("shares of %v: report %+v, error %v", c.owners, report, err)
				}
			}
		})
	}
}

func TestOurThresholdElectionInTheirTool(t *testing.T) {
	withTools(t, func(t *testing.T, b *tool) {
		p, _ := mixed(t, b.group, everything()...)
		ballots := p.sealAll(t, votesOnEverything())
		tally := must(p.election.Tally(rand.Reader, ballots, p.keys[0], p.keys[1], p.keys[3]))(t)
		if err := b.accepts(p.election.UUID(), p.archive(t, ballots, tally)); err != nil {
			t.Error(err)
		}
	})
}
