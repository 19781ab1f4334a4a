package belenios

import (
	"bytes"
	"crypto/rand"
	"errors"
	"math/big"
	"slices"
	"testing"
)

// refused fails unless the archive is refused for exactly this reason.
func refused(t *testing.T, archive []byte, want error) {
	t.Helper()
	report, err := Verify(archive)
	if !errors.Is(err, want) {
		t.Errorf("verify says %v, want %v", err, want)
	}
	if report.Status != Invalid {
		t.Errorf("status is %d, want %d", report.Status, Invalid)
	}
}

// others are honest ballots of two voters; the first is not among them.
func (p *poll) others(t testing.TB) [][]byte { return [][]byte{p.seal(t, 1, 1), p.seal(t, 2, 0)} }

// TestForger shows that what the forger rebuilds is accepted as long as nothing is false.
func TestForger(t *testing.T) {
	p := newPoll(t)
	l := p.around(t, append(p.others(t), p.craft(t, 0, []int{0, 1, 0}))...)
	if report, err := Verify(l.archive()); err != nil || report.Status != Complete {
		t.Errorf("status %d, error %v", report.Status, err)
	}
	if report, err := Verify(rechain(linksOf(t, l.chain()))); err != nil || report.Status != Complete {
		t.Errorf("chained anew: status %d, error %v", report.Status, err)
	}
}

func TestForgedBallots(t *testing.T) {
	for _, group := range bothGroups {
		t.Run(group, func(t *testing.T) { forgedBallots(t, pollIn(t, group, 1, motion())) })
	}
}

func forgedBallots(t *testing.T, p *poll) {
	honest, others := p.seal(t, 0, 0), p.others(t)
	q := p.election.g.scalars().q
	signed := func(change func(w *wireBallot)) func(testing.TB) []byte {
		return func(t testing.TB) []byte { return p.change(t, honest, 0, change) }
	}
	spelled := func(old, new string) func(testing.TB) []byte {
		return func(t testing.TB) []byte { return replaced(t, honest, old, new) }
	}
	for _, c := range []struct {
		name   string
		ballot func(testing.TB) []byte
		want   error
	}{
		{"a choice encrypts 2", func(t testing.TB) []byte { return p.craft(t, 0, []int{2, -1, 0}) }, ErrChoiceProof},
		{"two choices", func(t testing.TB) []byte { return p.craft(t, 0, []int{1, 1, 0}) }, ErrSumProof},
		{"no choice", func(t testing.TB) []byte { return p.craft(t, 0, []int{0, 0, 0}) }, ErrSumProof},
		{"false sum proof", signed(func(w *wireBallot) {
			r := &w.Answers[0].OverallProof[0].Response
			*r = new(big.Int).Mod(decimal(plus(*r, big.NewInt(1))), q).String()
		}), ErrSumProof},
		{"false choice proof", signed(func(w *wireBallot) {
			ps := w.Answers[0].IndividualProofs[1]
			ps[0].Response, ps[1].Response = ps[1].Response, ps[0].Response
		}), ErrChoiceProof},
		{"another's answers signed again", signed(func(w *wireBallot) {
			w.Answers = wireOf(t, others[0]).Answers
		}), ErrChoiceProof},
		{"without the voter's key", func(t testing.TB) []byte {
			return p.sign(t, wireOf(t, honest), must(p.election.g.scalars().random(rand.Reader))(t))
		}, ErrSignature},
		{"signature of the voter's other ballot", func(t testing.TB) []byte {
			w := wireOf(t, p.seal(t, 0, 1))
			w.Signature = wireOf(t, honest).Signature
			return encode(w)
		}, ErrSignedHash},
		{"unknown credential", p.stranger, ErrUnknownCredential},
		{"another election's hash", signed(func(w *wireBallot) { w.ElectionHash = compactHash(nil) }), ErrOtherElection},
		{"another election's uuid", signed(func(w *wireBallot) { w.ElectionUUID += "x" }), ErrOtherElection},
		{"response not reduced", signed(func(w *wireBallot) {
			r := &w.Answers[0].IndividualProofs[2][1].Response
			*r = plus(*r, q)
		}), ErrNotReduced},
		{"challenge not reduced", signed(func(w *wireBallot) {
			c := &w.Answers[0].OverallProof[0].Challenge
			*c = plus(*c, q)
		}), ErrNotReduced},
		{"element not reduced", signed(func(w *wireBallot) {
			a := &w.Answers[0].Choices[0].Alpha
			*a = p.notReduced(*a)
		}), ErrNotReduced},
		{"number with a leading zero", signed(func(w *wireBallot) {
			r := &w.Answers[0].IndividualProofs[0][0].Response
			*r = "0" + *r
		}), ErrNotCanonical},
		{"element with a leading zero", signed(func(w *wireBallot) {
			b := &w.Answers[0].Choices[1].Beta
			*b = "0" + *b
		}), ErrNotCanonical},
		{"number with a sign", signed(func(w *wireBallot) {
			r := &w.Answers[0].OverallProof[0].Response
			*r = "+" + *r
		}), ErrNotCanonical},
		{"zero is no element", signed(func(w *wireBallot) { w.Answers[0].Choices[0].Beta = p.nothing() }), ErrNotInGroup},
		{"signature's response not reduced", func(t testing.TB) []byte {
			w := wireOf(t, honest)
			w.Signature.Proof.Response = plus(w.Signature.Proof.Response, q)
			return encode(w)
		}, ErrNotReduced},
		{"signature's challenge with a leading zero", func(t testing.TB) []byte {
			w := wireOf(t, honest)
			w.Signature.Proof.Challenge = "0" + w.Signature.Proof.Challenge
			return encode(w)
		}, ErrNotCanonical},
		{"a space", spelled(`,"answers":`, `, "answers":`), ErrNotCanonical},
		{"a field more", spelled(`{"election_uuid"`, `{"weight":1,"election_uuid"`), ErrNotCanonical},
		{"a field twice", spelled(`{"election_uuid"`, `{"election_uuid":"x","election_uuid"`), ErrNotCanonical},
		{"a field in other letters", spelled(`"election_uuid"`, `"Election_uuid"`), ErrNotCanonical},
		{"an empty blank proof", spelled(`}],"signature"`, `,"blank_proof":[]}],"signature"`), ErrNotCanonical},
		{"a blank proof", signed(func(w *wireBallot) {
			w.Answers[0].BlankProof = append(w.Answers[0].OverallProof, w.Answers[0].OverallProof[0])
		}), ErrShape},
		{"no signature", func(t testing.TB) []byte {
			w := wireOf(t, honest)
			w.Signature = nil
			return encode(w)
		}, ErrShape},
		{"signature's fields swapped", func(t testing.TB) []byte {
			w := wireOf(t, honest)
			sig := encode(w.Signature)
			proof, hash := encode(w.Signature.Proof), encode(w.Signature.Hash)
			return replaced(t, honest, string(sig), `{"proof":`+string(proof)+`,"hash":`+string(hash)+`}`)
		}, ErrNotCanonical},
		{"choice's fields swapped", func(t testing.TB) []byte {
			c := wireOf(t, honest).Answers[0].Choices[0]
			return replaced(t, honest, string(encode(c)), `{"beta":"`+c.Beta+`","alpha":"`+c.Alpha+`"}`)
		}, ErrNotCanonical},
		{"a number in place of a text", func(t testing.TB) []byte {
			c := wireOf(t, honest).Answers[0].OverallProof[0].Challenge
			return replaced(t, honest, `"`+c+`"`, c)
		}, ErrShape},
		{"a choice less", func(t testing.TB) []byte { return p.craft(t, 0, []int{1, 0}) }, ErrShape},
		{"a choice more", func(t testing.TB) []byte { return p.craft(t, 0, []int{1, 0, 0, 0}) }, ErrShape},
		{"a branch more in a choice proof", signed(func(w *wireBallot) {
			ps := &w.Answers[0].IndividualProofs[0]
			*ps = append(*ps, (*ps)[0])
		}), ErrShape},
		{"a branch less in a choice proof", signed(func(w *wireBallot) {
			ps := &w.Answers[0].IndividualProofs[0]
			*ps = (*ps)[:1]
		}), ErrShape},
		{"a branch more in the sum proof", signed(func(w *wireBallot) {
			ps := &w.Answers[0].OverallProof
			*ps = append(*ps, (*ps)[0])
		}), ErrShape},
		{"no sum proof", signed(func(w *wireBallot) { w.Answers[0].OverallProof = nil }), ErrShape},
		{"two answers", signed(func(w *wireBallot) { w.Answers = append(w.Answers, w.Answers[0]) }), ErrShape},
	} {
		t.Run(c.name, func(t *testing.T) {
			forged := c.ballot(t)
			if _, err := p.election.CheckBallot(forged); !errors.Is(err, c.want) {
				t.Errorf("when it is cast: %v, want %v", err, c.want)
			}
			refused(t, p.aroundForged(t, others, honest, forged).archive(), c.want)
		})
	}
}

// TestForgedBallotThatIsReplaced: a ballot that does not count is checked like one that does.
func TestForgedBallotThatIsReplaced(t *testing.T) {
	p := newPoll(t)
	ballots := p.ballots(t)
	w := wireOf(t, ballots[0])
	for name, c := range map[string]struct {
		forged []byte
		want   error
	}{
		"two choices":             {p.craft(t, 0, []int{1, 1, 0}), ErrSumProof},
		"a choice encrypts 2":     {p.craft(t, 0, []int{2, -1, 0}), ErrChoiceProof},
		"without the voter's key": {p.sign(t, w, p.secret(t, 1)), ErrSignature},
	} {
		t.Run(name, func(t *testing.T) {
			l := p.around(t, ballots...)
			l.ballots = append([][]byte{c.forged}, ballots...)
			refused(t, l.archive(), c.want)
		})
	}
}

// aroundForged rebuilds the tally with the forged ballot, or, where its shape forbids to add it up, with the honest
// one in its place.
func (p *poll) aroundForged(t testing.TB, others [][]byte, honest, forged []byte) *lie {
	t.Helper()
	var w wireBallot
	counts := decode(forged, &w) == nil && len(w.Answers) == len(p.election.questions)
	for i, a := range w.Answers {
		counts = counts && len(a.Choices) == p.election.questions[i].Slots() && p.adds(a.Choices)
	}
	if counts {
		return p.around(t, append([][]byte{forged}, others...)...)
	}
	l := p.around(t, append([][]byte{honest}, others...)...)
	l.ballots[0] = forged
	return l
}

func copied(all [][]byte) [][]byte { return slices.Clone(all) }

// stranger votes with a credential that is not listed: the election's hash does not depend on the list.
func (p *poll) stranger(t testing.TB) []byte {
	t.Helper()
	c := must(NewCredential(rand.Reader))(t)
	public := must(PublicCredential(p.election.Group(), p.election.UUID(), c))(t)
	setup := p.setup
	setup.Credentials = encode([]string{public})
	return must(must(Open(setup))(t).Seal(rand.Reader, c, [][]int{{1, 0, 0}}))(t)
}

// TestElementOutsideTheGroup: two voters use −alpha. All equations hold and the signs cancel in the sum, so that only
// the check of membership stands against it.
func TestElementOutsideTheGroup(t *testing.T) {
	for _, group := range bothGroups {
		t.Run(group, func(t *testing.T) {
			p := pollIn(t, group, 1, motion())
			first, second := p.torsion(t, 0), p.torsion(t, 1)
			if _, err := p.election.CheckBallot(first); !errors.Is(err, ErrNotInGroup) {
				t.Errorf("when it is cast: %v", err)
			}
			refused(t, p.around(t, append(p.ballots(t)[2:], first, second)...).archive(), ErrNotInGroup)
		})
	}
}

func TestBallotsRepeatedRemovedOrReplaced(t *testing.T) {
	p := newPoll(t)
	ballots := p.ballots(t)
	older, newer := p.seal(t, 5, 0), p.seal(t, 5, 1)

	t.Run("repeated", func(t *testing.T) {
		refused(t, p.around(t, append(copied(ballots), ballots[1])...).archive(), ErrRepeated)
	})
	t.Run("repeated without its record", func(t *testing.T) {
		links := linksOf(t, p.around(t, ballots...).chain())
		hash := hexHash(ballots[0])
		again := link{kind: "Ballot", payload: &hash}
		refused(t, rechain(append(links[:6:6], append([]link{again}, links[6:]...)...)), ErrStray)
	})
	t.Run("older one restored", func(t *testing.T) {
		refused(t, p.around(t, append(copied(ballots), older, newer, older)...).archive(), ErrRepeated)
	})
	t.Run("removed", func(t *testing.T) {
		l := p.around(t, ballots...)
		l.ballots = ballots[1:]
		refused(t, l.archive(), ErrCount)
		l.sized.NumTallied, l.sized.TotalWeight = 4, 4
		refused(t, l.archive(), ErrTally)
	})
	t.Run("replaced by the voter's older one", func(t *testing.T) {
		l := p.around(t, append(copied(ballots), newer)...)
		l.ballots = append(copied(ballots), older)
		refused(t, l.archive(), ErrTally)
	})
	t.Run("older and newer in the wrong order", func(t *testing.T) {
		l := p.around(t, append(copied(ballots), older, newer)...)
		l.ballots = append(copied(ballots), newer, older)
		refused(t, l.archive(), ErrTally)
	})
	t.Run("replaced in good order", func(t *testing.T) {
		l := p.around(t, append(copied(ballots), older, newer)...)
		report, err := Verify(l.archive())
		if err != nil || report.Counted != 6 || report.Sums[0][1] != 2 {
			t.Errorf("report %+v, error %v", report, err)
		}
		if bytes.Contains(l.result, []byte("4")) {
			t.Errorf("the older ballot counted: %s", l.result)
		}
	})
}
