package belenios

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"slices"
	"testing"
)

// A test envelope shows what was sealed, to everybody, and only that.
func TestReveal(t *testing.T) {
	for _, group := range bothGroups {
		t.Run(group, func(t *testing.T) {
			several := Question{Text: "Who?", Answers: []string{"Anna", "Bernd", "Clara"}, Min: 0, Max: 2, Blank: true}
			p := pollIn(t, group, 1, motion(), several)
			vote := [][]int{{0, 1, 0}, {0, 1, 0, 1}}
			ballot, test, err := p.election.SealTest(rand.Reader, p.credentials[0], vote)
			if err != nil {
				t.Fatal(err)
			}
			envelope := test.Envelope
			if _, err := p.election.CheckBallot(ballot); err != nil {
				t.Errorf("the ballot is not right: %v", err)
			}
			var spaced bytes.Buffer
			ok(t, json.Indent(&spaced, envelope, "", "  "))
			for _, form := range [][]byte{envelope, spaced.Bytes()} {
				r, err := Reveal(form)
				if err != nil {
					t.Fatal(err)
				}
				if r.Fingerprint != p.election.Fingerprint() || r.Tracker != test.Tracker || test.Tracker != wireOf(t, ballot).Signature.Hash || !slices.EqualFunc(r.Vote, vote, slices.Equal) ||
					len(r.Questions) != 2 || r.Questions[1].Text != "Who?" {
					t.Errorf("revealed %+v", r)
				}
			}
			var right, other wireRevealed
			ok(t, json.Unmarshal(envelope, &right))
			_, second, err := p.election.SealTest(rand.Reader, p.credentials[0], vote)
			ok(t, err)
			ok(t, json.Unmarshal(second.Envelope, &other))
			for name, c := range map[string]struct {
				lie  func(w *wireRevealed)
				want error
			}{
				"another vote":         {func(w *wireRevealed) { w.Vote[0] = []int{1, 0, 0} }, ErrOtherVote},
				"blank":                {func(w *wireRevealed) { w.Vote[1] = []int{1, 0, 0, 0} }, ErrOtherVote},
				"no vote":              {func(w *wireRevealed) { w.Vote[0] = []int{0, 2, 0} }, ErrAnswer},
				"another number":       {func(w *wireRevealed) { w.Randomness[1][0] = "1" }, ErrOtherVote},
				"not reduced":          {func(w *wireRevealed) { w.Randomness[1][0] = plus(w.Randomness[1][0], p.election.g.scalars().q) }, ErrNotReduced},
				"a leading zero":       {func(w *wireRevealed) { w.Randomness[1][0] = "0" + w.Randomness[1][0] }, ErrNotCanonical},
				"too few numbers":      {func(w *wireRevealed) { w.Randomness[1] = w.Randomness[1][1:] }, ErrShape},
				"too few questions":    {func(w *wireRevealed) { w.Randomness = w.Randomness[1:] }, ErrShape},
				"numbers of another":   {func(w *wireRevealed) { w.Randomness = other.Randomness }, ErrOtherVote},
				"another ballot":       {func(w *wireRevealed) { w.Ballot = other.Ballot }, ErrPayload},
				"its tracker too":      {func(w *wireRevealed) { w.Ballot, w.Tracker = other.Ballot, other.Tracker }, ErrOtherVote},
				"a signed ballot":      {func(w *wireRevealed) { w.Ballot, w.Tracker = string(ballot), Tracker(ballot) }, ErrShape},
				"another election":     {func(w *wireRevealed) { w.Election = string(newPoll(t).setup.Election) }, ErrOtherElection},
				"another kind":         {func(w *wireRevealed) { w.Kind = "ballot" }, ErrShape},
				"a format of later on": {func(w *wireRevealed) { w.Format = 2 }, ErrShape},
			} {
				var lie wireRevealed
				ok(t, json.Unmarshal(envelope, &lie))
				c.lie(&lie)
				if r, err := Reveal(encode(lie)); !errors.Is(err, c.want) || r != nil {
					t.Errorf("%s: %v, %v, want %v", name, r, err, c.want)
				}
			}
		})
	}
}

// FuzzReveal: nothing makes it panic.
func FuzzReveal(f *testing.F) {
	p := pollIn(f, Ed25519, 1, motion())
	_, test, err := p.election.SealTest(rand.Reader, p.credentials[0], [][]int{{0, 1, 0}})
	ok(f, err)
	f.Add(test.Envelope)
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := Reveal(b); (r == nil) == (err == nil) {
			t.Errorf("%v, %v", r, err)
		}
	})
}

// Whoever did not sign comes no further than the signature.
func TestSigned(t *testing.T) {
	p := newPoll(t)
	ballot := must(p.election.Seal(rand.Reader, p.credentials[0], [][]int{{0, 1, 0}}))(t)
	if whose, err := p.election.Signed(ballot); err != nil || whose != p.public(t, 0).String() {
		t.Errorf("%s, %v", whose, err)
	}
	foreign := p.change(t, ballot, 1, func(w *wireBallot) {}) // signed by somebody else
	if whose, err := p.election.Signed(foreign); !errors.Is(err, ErrSignature) || whose != "" {
		t.Errorf("signed by somebody else: %q, %v", whose, err)
	}
}

// BenchmarkStranger is what a ballot costs that nobody entitled signed.
func BenchmarkStranger(b *testing.B) {
	for _, group := range bothGroups {
		b.Run(group, func(b *testing.B) {
			p := pollIn(b, group, 1, motion())
			ballot := must(p.election.Seal(rand.Reader, p.credentials[0], [][]int{{0, 1, 0}}))(b)
			foreign := p.change(b, ballot, 1, func(w *wireBallot) {})
			for b.Loop() {
				if _, err := p.election.Signed(foreign); !errors.Is(err, ErrSignature) {
					b.Fatal(err)
				}
			}
		})
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
