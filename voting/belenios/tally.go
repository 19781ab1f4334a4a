package belenios

import (
	"errors"
	"fmt"
	"io"
	"math/big"
)

// Tally is the opened sum of an election's ballots, with all that proves it.
type Tally struct {
	// Sums are the votes for each answer.
	Sums []int
	// Counted is the number of ballots in the sum.
	Counted int

	closed string // the EndBallots event of the ballots that were added up
	sum    []byte // encrypted_tally
	share  []byte // partial_decryption
}

type (
	wireSized struct {
		NumTallied     int    `json:"num_tallied"`
		TotalWeight    int    `json:"total_weight"`
		EncryptedTally string `json:"encrypted_tally"`
	}
	wireShare struct {
		Factors [][]string    `json:"decryption_factors"`
		Proofs  [][]wireProof `json:"decryption_proofs"`
	}
	wireOwned struct {
		Owner   int    `json:"owner"`
		Payload string `json:"payload"`
	}
	wireSums struct {
		Result [][]int `json:"result"`
	}
)

// Tally checks the ballots, one for each credential and in any order, adds them up and opens the sum, nothing else.
func (e *Election) Tally(rand io.Reader, ballots [][]byte, key *Key) (*Tally, error) {
	closed, err := e.ClosedHash(ballots)
	if err != nil {
		return nil, err
	}
	checked, err := parallel(len(ballots), func(i int) (*ballot, error) {
		b, err := e.checkBallot(ballots[i])
		if err != nil {
			return nil, fmt.Errorf("ballot %s: %w", Tracker(ballots[i]), err)
		}
		return b, nil
	})
	if err != nil {
		return nil, err
	}
	sum := e.sum(checked)
	share, factors, err := e.decrypt(rand, sum, key)
	if err != nil {
		return nil, err
	}
	sums, err := e.logarithms(sum, [][]element{factors}, len(checked))
	if err != nil {
		return nil, err
	}
	return &Tally{
		Sums: sums, Counted: len(checked), closed: closed,
		sum: encode([][]wireCiphertext{wires(sum)}), share: encode(share),
	}, nil
}

// sum is the encrypted tally of ballots that count, 4.18.
func (e *Election) sum(counted []*ballot) []ciphertext {
	sum := make([]ciphertext, len(e.question.answers))
	for i := range sum {
		sum[i] = zero(e.g)
		for _, b := range counted {
			sum[i] = add(e.g, sum[i], b.choices[i])
		}
	}
	return sum
}

// decrypt makes the trustee's share of the decryption, with its proofs, 4.20.
func (e *Election) decrypt(rand io.Reader, sum []ciphertext, key *Key) (wireShare, []element, error) {
	x, err := key.exponent()
	if err != nil {
		return wireShare{}, nil, err
	}
	defer wipe(x)
	if key.g.name() != e.g.name() || len(e.trustees) != 1 || !same(e.g.secretExp(e.g.generator(), x), e.key) {
		return wireShare{}, nil, fmt.Errorf("%w: it does not belong to this election", ErrKey)
	}
	factors := make([]element, len(sum))
	numbers, proofs := make([]string, len(sum)), make([]wireProof, len(sum))
	for i, c := range sum {
		factors[i] = e.g.secretExp(c.alpha, x)
		p, err := proveShare(e.g, rand, x, c.alpha, e.decryption(e.key))
		if err != nil {
			return wireShare{}, nil, err
		}
		numbers[i], proofs[i] = factors[i].String(), p.wire()
	}
	return wireShare{Factors: [][]string{numbers}, Proofs: [][]wireProof{proofs}}, factors, nil
}

// decryption is what the proofs of a trustee's share are about.
func (e *Election) decryption(public element) string {
	return "decrypt|" + e.hash + "|" + public.String()
}

var errNoLogarithm = errors.New("the sum is no number of ballots")

// logarithms opens the sum with one factor of each trustee for each answer, 4.21. A sum is at most the number of
// ballots, so that trying is enough.
func (e *Election) logarithms(sum []ciphertext, shares [][]element, most int) ([]int, error) {
	sums, wanted := make([]int, len(sum)), make(map[string][]int)
	for i, power := range e.powers(sum, shares) {
		wanted[power.String()] = append(wanted[power.String()], i)
	}
	power := e.g.identity()
	for m := 0; m <= most && len(wanted) > 0; m++ {
		for _, i := range wanted[power.String()] {
			sums[i] = m
		}
		delete(wanted, power.String())
		power = e.g.mul(power, e.g.generator())
	}
	if len(wanted) > 0 {
		return nil, errNoLogarithm
	}
	return sums, nil
}

// powers are g^m for the sum m of each answer.
func (e *Election) powers(sum []ciphertext, shares [][]element) []element {
	powers := make([]element, len(sum))
	for i, c := range sum {
		powers[i] = c.beta
		for _, factors := range shares {
			powers[i] = e.g.div(powers[i], factors[i])
		}
	}
	return powers
}

// holds says whether a number is what the sum of an answer decrypts to.
func (e *Election) holds(power element, m *big.Int) bool {
	return same(power, e.g.exp(e.g.generator(), m))
}
