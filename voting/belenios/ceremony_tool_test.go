package belenios

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
)

// TestMixedCeremony has a trustee with a newer tool among ours, and the tool put the parameters together.
func TestMixedCeremony(t *testing.T) {
	withTools(t, func(t *testing.T, b *tool) {
		if b.old || strings.HasPrefix(b.run("--version"), "3.0 ") {
			t.Log("it does not know AES-GCM")
			return
		}
		c := Ceremony{Group: b.group, Size: 3, Threshold: 2}
		r := &circle{Ceremony: c, seeds: []string{must(NewSeed(rand.Reader))(t), "", must(NewSeed(rand.Reader))(t)}}
		b.ceremony("1", "--threshold-context", "2/2/3")
		seed := strings.TrimSpace(string(b.read(".key")))
		theirs := b.name(".key")
		for i, own := range r.seeds {
			if own == "" {
				r.seeds[i] = seed
				r.certs = append(r.certs, bytes.TrimSpace(b.read(".cert")))
				continue
			}
			r.certs = append(r.certs, must(c.Certificate(rand.Reader, own, i+1))(t))
		}
		b.write("certs", lines(r.certs))
		b.ceremony("2", "--certs", "certs")
		for i := range r.seeds {
			if i == 1 {
				dealing := b.ceremony("3", "--certs", "certs", "--key", theirs)
				r.dealings = append(r.dealings, []byte(strings.TrimSpace(dealing)))
				var w wireDealing
				if err := decode(r.dealings[1], &w); err != nil {
					t.Fatal(err)
				}
				r.commitments = append(r.commitments, commit(w.Coefexps))
				continue
			}
			dealing, commitment, err := c.Deal(rand.Reader, r.seeds[i], r.certs)
			if err != nil {
				t.Fatal(err)
			}
			r.dealings, r.commitments = append(r.dealings, dealing), append(r.commitments, commitment)
		}
		b.write("polynomials", lines(r.dealings))
		b.ceremony("4", "--certs", "certs", "--polynomials", "polynomials")
		var outputs [][]byte
		for i := range r.seeds {
			input := must(c.Input(r.certs, r.dealings, i+1))(t)
			if i == 1 {
				out, err := b.try(string(input)+"\n", "setup", "generate-trustee-key-threshold", "--group", b.group,
					"--step", "5", "--certs", "certs", "--key", theirs)
				if err != nil {
					t.Fatal(err)
				}
				outputs = append(outputs, []byte(strings.TrimSpace(out)))
				continue
			}
			output, key, err := c.Accept(rand.Reader, r.seeds[i], r.certs, r.commitments, input)
			if err != nil {
				t.Fatal(err)
			}
			outputs, r.keys = append(outputs, output), append(r.keys, key)
		}
		ours := must(c.Parameters(r.certs, r.dealings, outputs))(t)
		out, err := b.try(string(lines(outputs)), "setup", "generate-trustee-key-threshold", "--group", b.group,
			"--step", "6", "--certs", "certs", "--polynomials", "polynomials")
		if err != nil || strings.TrimSpace(out) != string(ours) {
			t.Errorf("parameters differ; error %v", err)
		}
		openTogether(t, b, ours, r.keys[0], theirs)
	})
}

// openTogether has an election of ours opened by a single trustee, one of ours in the circle, and the tool in place 2.
func openTogether(t *testing.T, b *tool, circle []byte, own *Key, theirs string) {
	t.Helper()
	single := must(NewKey(rand.Reader, b.group))(t)
	p := (&poll{keys: []*Key{single, own}}).open(t, b.group,
		[]Trustee{Single(must(single.Public(rand.Reader))(t)), Pedersen(circle)}, everything()...)
	ballots := p.sealAll(t, votesOnEverything())
	sum := must(p.election.Sum(ballots))(t)
	b.write(p.election.UUID()+".bel", p.archive(t, ballots, nil))
	b.addEvent("EncryptedTally", b.run("election", "compute-encrypted-tally"))
	body, _, _ := strings.Cut(b.run("election", "decrypt-threshold", "--key", theirs,
		"--decryption-key", strings.TrimSuffix(theirs, ".key")+".dkey", "--trustee-id", "3"), "\n")
	shares := []Share{{Owner: 3, Body: []byte(body)}}
	for _, key := range p.keys {
		shares = append(shares, must(p.election.Decrypt(rand.Reader, sum, key))(t))
	}
	tally := must(p.election.Combine(sum, shares))(t)
	if !sameSums(tally.Sums, sumsOfEverything()) {
		t.Errorf("sums are %v", tally.Sums)
	}
	if err := b.accepts(p.election.UUID(), p.archive(t, ballots, tally)); err != nil {
		t.Error(err)
	}
}

func lines(raws [][]byte) []byte { return append(bytes.Join(raws, []byte("\n")), '\n') }
