package belenios

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Sum is the encrypted tally of an election: nobody can open it alone who is not all the trustees that it takes.
type Sum struct {
	// Counted is the number of ballots in the sum, Weight what they weigh together.
	Counted int
	Weight  int64

	e      *Election
	closed string // the EndBallots event of the ballots that were added up
	sums   [][]ciphertext
	raw    []byte // encrypted_tally
}

// Share is one trustee's part of the decryption of a sum.
type Share struct {
	Owner int    // the trustee's place among all of the election, from 1
	Body  []byte // partial_decryption, as it stands in an archive
}

// Tally is the opened sum of an election's ballots, with all that proves it.
type Tally struct {
	// Sums are the votes of each question: for blank ballots first where there may be some, then for each answer.
	Sums [][]int
	// Counted is the number of ballots in the sum, Weight what they weigh together.
	Counted int
	Weight  int64

	sum    *Sum
	shares []Share
}

type (
	wireSized struct {
		NumTallied     int    `json:"num_tallied"`
		TotalWeight    number `json:"total_weight"`
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
		Result [][]number `json:"result"`
	}
)

// number is written as a text where it has more than 30 bits.
type number int64

// MarshalJSON writes it as other tools do.
func (n number) MarshalJSON() ([]byte, error) {
	if n < 1<<30 {
		return strconv.AppendInt(nil, int64(n), 10), nil
	}
	return strconv.AppendQuote(nil, strconv.FormatInt(int64(n), 10)), nil
}

// UnmarshalJSON reads both forms; decode compares with the one that is right.
func (n *number) UnmarshalJSON(raw []byte) error {
	s := string(raw)
	if unquoted, err := text(raw); err == nil {
		s = unquoted
	}
	got, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: no number", ErrShape)
	}
	*n = number(got)
	return nil
}

// Sum checks the ballots, one for each credential and in any order, and adds them up as they are, encrypted. Every
// trustee does that for themselves before they give a share of anything.
func (e *Election) Sum(ballots [][]byte) (*Sum, error) {
	all, err := parallel(len(ballots), func(i int) (*Checked, error) {
		b, err := e.Check(ballots[i])
		if err != nil {
			return nil, fmt.Errorf("ballot %s: %w", Tracker(ballots[i]), err)
		}
		return b, nil
	})
	if err != nil {
		return nil, err
	}
	return e.SumOf(all)
}

// Checked is a ballot of which everything was checked. Only Check makes one.
type Checked struct {
	e   *Election
	b   *ballot
	raw []byte
}

// Check is CheckBallot for those who keep the ballot until it is counted, so that it need not be checked once more.
func (e *Election) Check(raw []byte) (*Checked, error) {
	b, err := e.checkBallot(raw)
	if err != nil {
		return nil, err
	}
	for i := range b.answers { // of the proofs nothing is needed any more
		b.answers[i] = answer{choices: b.answers[i].choices}
	}
	return &Checked{e: e, b: b, raw: bytes.Clone(raw)}, nil
}

// Credential is the public credential whose ballot it is.
func (c *Checked) Credential() string { return c.b.voter.credential }

// SumOf adds up ballots that were checked.
func (e *Election) SumOf(all []*Checked) (*Sum, error) {
	raws, ballots := make([][]byte, len(all)), make([]*ballot, len(all))
	for i, c := range all {
		if c.e != e {
			return nil, ErrOtherElection
		}
		raws[i], ballots[i] = c.raw, c.b
	}
	closed, err := e.ClosedHash(raws)
	if err != nil {
		return nil, err
	}
	s := e.sum(ballots)
	s.closed = closed
	return s, nil
}

// sum adds up ballots that count, 4.18.
func (e *Election) sum(counted []*ballot) *Sum {
	a := e.newAdder()
	for _, b := range counted {
		a.add(b)
	}
	return a.sum()
}

// adder adds ballots up, one after another.
type adder struct {
	e       *Election
	counted int
	weight  int64
	sums    [][]ciphertext
}

func (e *Election) newAdder() *adder {
	a := &adder{e: e, sums: make([][]ciphertext, len(e.questions))}
	for i, q := range e.questions {
		for range q.Slots() {
			a.sums[i] = append(a.sums[i], zero(e.g))
		}
	}
	return a
}

func (a *adder) add(b *ballot) {
	for i, answer := range b.answers {
		for j, c := range answer.choices {
			a.sums[i][j] = add(a.e.g, a.sums[i][j], times(a.e.g, c, b.voter.weight))
		}
	}
	a.counted++
	a.weight += b.voter.weight
}

// remove takes a ballot out that was added.
func (a *adder) remove(b *ballot) {
	for i, answer := range b.answers {
		for j, c := range answer.choices {
			a.sums[i][j] = subtract(a.e.g, a.sums[i][j], times(a.e.g, c, b.voter.weight))
		}
	}
	a.counted--
	a.weight -= b.voter.weight
}

func (a *adder) sum() *Sum {
	s := &Sum{Counted: a.counted, Weight: a.weight, e: a.e, sums: a.sums}
	written := make([][]wireCiphertext, len(a.sums))
	for i, one := range a.sums {
		written[i] = wires(a.e.g, one)
	}
	s.raw = encode(written)
	return s
}

// sized is the record that states how many ballots a sum has.
func (s *Sum) sized() []byte {
	return encode(wireSized{NumTallied: s.Counted, TotalWeight: number(s.Weight), EncryptedTally: hexHash(s.raw)})
}

var errOtherSum = errors.New("sum belongs to another election")

// Tally adds ballots up and opens the sum, nothing else, with the keys of as many trustees as it takes.
func (e *Election) Tally(rand io.Reader, ballots [][]byte, keys ...*Key) (*Tally, error) {
	sum, err := e.Sum(ballots)
	if err != nil {
		return nil, err
	}
	var shares []Share
	for _, key := range keys {
		share, err := e.Decrypt(rand, sum, key)
		if err != nil {
			return nil, err
		}
		shares = append(shares, share)
	}
	return e.Combine(sum, shares)
}

// Combine opens a sum with the shares of as many trustees as it takes. A share that was not checked yet is checked; of
// more shares than are needed the first of each group are taken.
func (e *Election) Combine(s *Sum, shares []Share) (*Tally, error) {
	if s.e != e {
		return nil, errOtherSum
	}
	c := e.newCombiner(s)
	t := &Tally{Counted: s.Counted, Weight: s.Weight, sum: s}
	for _, share := range shares {
		if c.enough(share.Owner) {
			continue
		}
		if err := c.take(share); err != nil {
			return nil, fmt.Errorf("share of trustee %d: %w", share.Owner, err)
		}
		t.shares = append(t.shares, share)
	}
	powers, err := c.powers()
	if err != nil {
		return nil, err
	}
	if t.Sums, err = e.logarithms(powers, s.Weight); err != nil {
		return nil, err
	}
	return t, nil
}
