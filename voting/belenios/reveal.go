package belenios

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"

	"filippo.io/bigmod"
)

// revealedKind names what a test envelope is, and revealedFormat its form.
const (
	revealedKind   = "stimmbote-test-envelope"
	revealedFormat = 1
)

// wireRevealed is a test envelope: a sealed ballot without its signature, with what it takes to see what is in it. It is
// a form of ours, the protocol knows none.
type wireRevealed struct {
	Format     int        `json:"format"`
	Kind       string     `json:"kind"`
	Election   string     `json:"election"`
	Ballot     string     `json:"ballot"`
	Tracker    string     `json:"tracker"`
	Vote       [][]int    `json:"vote"`
	Randomness [][]string `json:"randomness"`
}

// Test is what a voter is told of a sealed ballot before it is cast or opened, and what opens it.
type Test struct {
	// Tracker is the hash of the ballot without its signature, which the signature is about: named beforehand, it ties
	// whoever sealed to what was sealed, whether it is opened or cast.
	Tracker string
	// Envelope shows to everybody what is in the ballot. It has no signature in it: nobody can cast what was opened.
	Envelope []byte
}

// SealTest is Seal for a voter who may want to see, before anything is cast, that what was chosen is what was sealed
// (Benaloh's challenge). A ballot whose envelope was shown must never be cast.
func (e *Election) SealTest(rand io.Reader, credential string, vote [][]int) (ballot []byte, test *Test, err error) {
	w := wireRevealed{Format: revealedFormat, Kind: revealedKind, Election: string(e.setup.Election), Vote: vote}
	ballot, err = e.sealKeeping(rand, credential, vote, func(known []opening) {
		row := make([]string, len(known))
		for i, o := range known {
			row[i] = e.g.scalars().spellSecret(o.randomness)
		}
		w.Randomness = append(w.Randomness, row)
	})
	if err != nil {
		return nil, nil, err
	}
	var b wireBallot
	if err := decode(ballot, &b); err != nil {
		return nil, nil, err
	}
	w.Tracker = b.Signature.Hash
	b.Signature = nil
	w.Ballot = string(encode(b))
	return ballot, &Test{Tracker: w.Tracker, Envelope: encode(w)}, nil
}

// Revealed is what a test envelope shows.
type Revealed struct {
	Fingerprint string // of the election
	Tracker     string // of the ballot without its signature
	Questions   []Question
	Vote        [][]int // a number for each slot of each question
}

// Reveal seals once more what a test envelope says was sealed, and compares every ciphertext with those of the ballot.
// It says nothing about who may vote, or whether the ballot would be taken. The envelope may be spaced as one likes;
// election and ballot in it are what counts, byte for byte.
func Reveal(envelope []byte) (*Revealed, error) {
	var w wireRevealed
	if err := json.Unmarshal(envelope, &w); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrShape, err)
	}
	if w.Kind != revealedKind || w.Format != revealedFormat {
		return nil, fmt.Errorf("%w: no test envelope of format %d", ErrShape, revealedFormat)
	}
	e, err := openElection([]byte(w.Election))
	if err != nil {
		return nil, fmt.Errorf("election: %w", err)
	}
	e.setup.Election = []byte(w.Election)
	var b wireBallot
	if err := decode([]byte(w.Ballot), &b); err != nil {
		return nil, fmt.Errorf("ballot: %w", err)
	}
	if b.ElectionUUID != e.uuid || b.ElectionHash != e.hash {
		return nil, ErrOtherElection
	}
	if b.Signature != nil {
		return nil, fmt.Errorf("%w: the ballot is signed and could still be cast", ErrShape)
	}
	if w.Tracker != Tracker([]byte(w.Ballot)) {
		return nil, fmt.Errorf("%w: tracker", ErrPayload)
	}
	n := len(e.questions)
	if len(b.Answers) != n || len(w.Vote) != n || len(w.Randomness) != n {
		return nil, fmt.Errorf("%w: %d answers, %d votes and %d random numbers for %d questions",
			ErrShape, len(b.Answers), len(w.Vote), len(w.Randomness), n)
	}
	for i, q := range e.questions {
		if err := q.check(w.Vote[i]); err != nil {
			return nil, fmt.Errorf("question %d: %w", i+1, err)
		}
		if err := e.reseal(b.Answers[i], w.Vote[i], w.Randomness[i]); err != nil {
			return nil, fmt.Errorf("question %d: %w", i+1, err)
		}
	}
	return &Revealed{Fingerprint: e.Fingerprint(), Tracker: w.Tracker, Questions: e.Questions(), Vote: w.Vote}, nil
}

// reseal seals a vote with the given random numbers and compares.
func (e *Election) reseal(a wireAnswer, vote []int, randomness []string) error {
	if len(a.Choices) != len(vote) || len(randomness) != len(vote) {
		return fmt.Errorf("%w: %d choices and %d random numbers for %d", ErrShape, len(a.Choices), len(randomness), len(vote))
	}
	s := e.g.scalars()
	for i, text := range randomness {
		x, err := s.parse(text)
		if err != nil {
			return fmt.Errorf("random number %d: %w", i+1, err)
		}
		r := s.secret(x)
		c := encryptWith(e.g, e.key, s.small(vote[i]), r)
		wire := wires(e.g, []ciphertext{c})[0]
		if subtle.ConstantTimeCompare([]byte(wire.Alpha+","+wire.Beta), []byte(a.Choices[i].Alpha+","+a.Choices[i].Beta)) != 1 {
			return fmt.Errorf("choice %d: %w", i+1, ErrOtherVote)
		}
	}
	return nil
}

// encryptWith seals m under the key y with this randomness.
func encryptWith(g group, y element, m, r *bigmod.Nat) ciphertext {
	return ciphertext{
		alpha: g.secretExp(g.generator(), r),
		beta:  g.secretExp2(y, r, g.generator(), m),
	}
}
